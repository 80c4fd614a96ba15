"""A sweep on a Dask cluster: the same bytes, whoever dies."""

import hashlib
import re
import subprocess
from contextlib import contextmanager

import pytest
from distributed import CancelledError, Future

from sweep.cluster import Done, connected
from tests.support import once
from tests.support.project import PROJECT, Project
from tests.support.sweeps import (
    Cluster,
    cluster,
    counts,
    records,
    rows,
    set_sweep,
    started,
    sweep,
    wait_until,
    waited_for,
)

pytestmark = pytest.mark.long

EPOCHS = 120  # a second or so for each trial


@pytest.fixture(scope="module")
def one_by_one(shared, compiled_code):
    """Return the table of eight trials that one worker has computed, one after the other."""

    def make(folder):
        project = Project(folder)
        set_sweep(project)
        project.set({"train.epochs": EPOCHS})
        assert counts(waited_for(started(project, RNN_THREADS="1"))) == (8, 0)

    project = Project.at(once.made(shared / "one by one", make))
    return (project.root / "sweep/reports/trials.csv").read_bytes(), rows(project)


@contextmanager
def running(project, **variables):
    process = started(project, **variables)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_a_worker_killed_and_the_scheduler_restarted_change_no_byte(project, one_by_one):
    set_sweep(project)
    project.set({"train.epochs": EPOCHS})
    with (
        cluster(project.root) as dask,
        running(project, DASK_SCHEDULER_ADDRESS=dask.address) as process,
    ):
        wait_until(lambda: len(records(project)) >= 1)
        dask.kill_a_worker()
        wait_until(lambda: len(records(project)) >= 3)
        dask.restart_scheduler()
        out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    assert f"lost {dask.address}; waiting for it" in err
    assert "8 trials, 8 computed" in out
    table, _ = one_by_one
    assert (project.root / "sweep/reports/trials.csv").read_bytes() == table


def test_a_result_that_is_lost_while_it_is_fetched_is_computed_again(tmp_path, monkeypatch):
    fetch, lost = Future.result, []

    def lose_the_first(future, timeout=None):
        if not lost:
            lost.append(future)
            raise CancelledError
        return fetch(future, timeout)

    monkeypatch.setattr(Future, "result", lose_the_first)
    with cluster(tmp_path, workers=1) as dask, connected(dask.address, None) as workers:
        workers.give("a job", abs, -3)
        while not (done := workers.next()):
            pass
    assert done == Done("a job", 3) and len(lost) == 1


def test_a_trial_has_the_bytes_that_dvc_repro_makes_with_its_params(project, one_by_one):
    project.set({"train.epochs": EPOCHS, "adagrad.learning_rate": 0.4, "model.seed": 1})
    project.git("init", "--quiet")
    project.dvc("repro", "train")
    best = hashlib.sha256((project.root / "data/train/best.npz").read_bytes()).hexdigest()
    _, found = one_by_one
    (row,) = (r for r in found if (r["settings"], r["seed"]) == ("rates: learning_rate 0.4", "1"))
    assert row["best_sha256"] == best


def test_a_worker_with_other_code_is_refused_and_both_are_named(project, tmp_path):
    other = Project(tmp_path / "other")
    model = other.root / "rnn/model.py"
    model.write_text(model.read_text() + "# another\n")
    set_sweep(project)
    dask = Cluster(project.root)
    try:
        dask.start_worker("other", code=other.root)
        done = sweep(project, "--scheduler", dask.address)
    finally:
        dask.close()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: worker tcp://127.0.0.1:")
    assert "has code " in last and ", the sweep has " in last and not records(project)


def test_a_worker_without_the_project_is_refused(project, tmp_path):
    set_sweep(project)
    dask = Cluster(project.root)
    try:
        dask.start_worker("bare", code=tmp_path)
        done = sweep(project, "--scheduler", dask.address)
    finally:
        dask.close()
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "cannot run the project" in done.stderr


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True, check=False)


@pytest.fixture
def hosts():
    """Return two network namespaces, which a bridge joins to this host as 10.77.0.1."""
    names = ["rnn-a", "rnn-b"]
    steps = [
        "link add rnn-bridge type bridge",
        "addr add 10.77.0.1/24 dev rnn-bridge",
        "link set rnn-bridge up",
    ]
    for number, name in enumerate(names):
        steps += [
            f"netns add {name}",
            f"link add {name} type veth peer name eth0 netns {name}",
            f"link set {name} master rnn-bridge up",
            f"-n {name} addr add 10.77.0.{2 + number}/24 dev eth0",
            f"-n {name} link set eth0 up",
            f"-n {name} link set lo up",
        ]
    try:
        for step in steps:
            done = ip(*step.split())
            if done.returncode:
                pytest.skip(f"no network namespaces here: ip {step}: {done.stderr.strip()}")
        yield names
    except FileNotFoundError:
        pytest.skip("no network namespaces here: there is no command ip")
    finally:
        for name in names:
            ip("netns", "del", name)
        ip("link", "del", "rnn-bridge")


def test_workers_on_two_hosts_make_the_same_bytes(project, hosts, one_by_one):
    set_sweep(project)
    project.set({"train.epochs": EPOCHS})
    dask = Cluster(project.root, host="10.77.0.1")
    try:
        for name in hosts:
            dask.start_worker(name, code=PROJECT, inside=f"ip netns exec {name}")
        done = sweep(project, "--scheduler", dask.address, "--verify", "0.2")
    finally:
        dask.close()
    assert counts(done) == (8, 0)
    table, _ = one_by_one
    assert (project.root / "sweep/reports/trials.csv").read_bytes() == table


def test_a_sweep_over_tls(project, monkeypatch, tmp_path):
    """With the environment of docs/clusters.md, and with the certificates that it names."""
    made = subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=sweep "
        f"-keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem",
        shell=True,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("there is no openssl to make a certificate with")
    (tmp_path / "ca.pem").write_bytes((tmp_path / "cert.pem").read_bytes())
    document = (PROJECT / "docs/clusters.md").read_text(encoding="utf-8")
    exports = re.findall(r"(?m)^export (\w+)=(\S+)$", document)
    assert len(exports) == 8
    for name, value in exports:
        monkeypatch.setenv(name, value.replace("/etc/sweep", str(tmp_path)))
    set_sweep(project, seeds=[0], grids={"defaults": {}})
    dask = Cluster(project.root, protocol="tls")
    try:
        dask.start_worker("worker")
        assert counts(sweep(project, "--scheduler", dask.address)) == (1, 0)
        monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT", "")
        refused = sweep(project, "--scheduler", dask.address, "--verify", "1")
        assert refused.returncode == 1 and "Traceback" not in refused.stderr
        assert "needs a certificate; name one" in refused.stderr
    finally:
        dask.close()
