"""A sweep on this machine: the same bytes as the train stage, kept, verified, applied."""

import hashlib
import json
import shutil
import subprocess

import pytest

from tests.support import once, params
from tests.support.project import STAGES, Project
from tests.support.sweeps import (
    cluster,
    counts,
    records,
    rows,
    set_sweep,
    started,
    sweep,
    waited_for,
)


@pytest.fixture(scope="module")
def swept(shared, compiled_code):
    """Return a project in which a sweep of eight trials has ended."""

    def make(folder):
        project = Project(folder)
        set_sweep(project)
        assert counts(sweep(project)) == (8, 0)
        done = sweep(project, stage="pick")
        assert done.returncode == 0, done.stderr

    return Project.at(once.made(shared / "swept", make))


@pytest.fixture(scope="module")
def dask(tmp_path_factory, compiled_code):
    """Return the option that names a cluster which is there already: it saves each sweep's own."""
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder) as running:
        yield "--scheduler", running.address


@pytest.fixture
def ended(swept, project):
    """Return a project of this test's own in which a sweep of eight trials has ended."""
    shutil.copytree(swept.root / "sweep", project.root / "sweep", dirs_exist_ok=True)
    return project


@pytest.mark.long
def test_a_trial_is_the_training_of_the_train_stage_to_the_byte(swept, finished):
    best = (finished / "data/train/best.npz").read_bytes()
    metrics = json.loads((finished / "reports/metrics/train.json").read_text())
    (row,) = (r for r in rows(swept) if (r["settings"], r["seed"]) == ("defaults", "0"))
    assert row["best_sha256"] == hashlib.sha256(best).hexdigest()
    assert metrics in [record["metrics"] for record in records(swept).values()]
    assert row["held_out_bits"] == f"{metrics['held_out_bits']:.6f}"


def test_the_table_has_a_row_a_trial_sorted_by_settings_and_seed(swept):
    found = [(row["settings"], row["seed"]) for row in rows(swept)]
    names = ["adam", "defaults", "rates: learning_rate 0.1", "rates: learning_rate 0.4"]
    assert found == [(name, seed) for name in names for seed in "01"]
    adam = rows(swept)[0]
    assert (adam["train.optimizer"], adam["adagrad.learning_rate"]) == ("adam", "0.8")
    assert {row["state"] for row in rows(swept)} == {"finished"}
    assert {row["epochs"] for row in rows(swept)} == {"2"}


def test_the_metrics_name_the_settings_with_the_best_mean_and_their_spread(swept):
    metrics = json.loads((swept.root / "sweep/reports/metrics.json").read_text())
    by_settings = {}
    for row in rows(swept):
        by_settings.setdefault(row["settings"], []).append(float(row["held_out_bits"]))
    best = min(by_settings, key=lambda name: sum(by_settings[name]))
    values = by_settings[best]
    assert metrics["winner"] == best and metrics["seeds"] == 2 and metrics["trials"] == 8
    assert metrics["mean"] == pytest.approx(sum(values) / 2)
    assert metrics["spread"] == pytest.approx(max(values) - min(values))


def test_the_figure_has_a_dot_for_every_trial(swept):
    drawn = (swept.root / "sweep/reports/seeds.svg").read_text()
    assert drawn.count("fill-opacity: 0.8") + drawn.count("opacity: 0.8") >= 16  # in two panels


def test_a_second_sweep_computes_nothing_and_starts_no_worker(ended):
    table = (ended.root / "sweep/reports/trials.csv").read_bytes()
    done = sweep(ended, "--scheduler", "tcp://127.0.0.1:1")
    assert counts(done) == (0, 8)
    assert (ended.root / "sweep/reports/trials.csv").read_bytes() == table


@pytest.mark.long
def test_adding_a_seed_computes_only_the_new_trials(ended, dask):
    set_sweep(ended, seeds=[0, 1, 2])
    assert counts(sweep(ended, *dask)) == (4, 8)
    assert len(rows(ended)) == 12


def test_a_damaged_record_is_made_anew_with_a_warning(ended, dask):
    path = next((ended.root / "sweep/trials").glob("*.json"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    done = sweep(ended, *dask)
    assert counts(done) == (1, 7) and "warning: sweep/trials/" in done.stderr
    assert path.read_bytes() == whole


@pytest.mark.long
def test_verified_trials_are_computed_once_more_from_nothing(ended, dask):
    done = sweep(ended, *dask, "--verify", "1")
    assert counts(done) == (0, 8) and "8 verified" in done.stdout


@pytest.mark.long
def test_a_record_that_says_other_bytes_than_a_worker_stops_the_sweep(ended, dask):
    """A record that is sound but wrong, as a machine that miscomputes would leave it."""
    name, record = next(iter(records(ended).items()))
    forged = ended.script(f"""
        from pathlib import Path
        from sweep.store import Store
        store = Store(Path("sweep/trials"))
        record = store.get({name.removesuffix(".json")!r})
        store.put({name.removesuffix(".json")!r}, record._replace(losses="ab" * 32))
    """)
    assert forged.returncode == 0, forged.stderr
    done = sweep(ended, *dask, "--verify", "1")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "computes other bytes than the store" in done.stderr and "seed" in done.stderr
    assert record["losses"] != "ab" * 32


@pytest.mark.long
def test_halving_gives_up_settings_and_ends_the_others_in_the_same_bytes(ended):
    """From the checkpoints of the first epoch, or from nothing."""
    whole = {row["best_sha256"] for row in rows(ended)}
    shutil.rmtree(ended.root / "sweep/trials")
    set_sweep(ended, halving={"epochs": 1, "factor": 2})
    done = sweep(ended)
    assert counts(done) == (12, 0)  # eight for an epoch, four of them to the end
    by_state = {}
    for row in rows(ended):
        by_state.setdefault((row["state"], row["epochs"]), []).append(row)
    assert {key: len(found) for key, found in by_state.items()} == {
        ("given up", "1"): 4,
        ("finished", "2"): 4,
    }
    assert {row["best_sha256"] for row in by_state["finished", "2"]} < whole
    assert not list((ended.root / ".checkpoints/sweep").iterdir())
    assert sweep(ended, stage="pick").returncode == 0


@pytest.mark.long
def test_two_sweeps_on_one_store_compute_no_trial_twice(tmp_path, dask):
    shared = tmp_path / "shared"
    projects = [Project(tmp_path / name) for name in "ab"]
    for project in projects:
        set_sweep(project, seeds=[0, 1, 2])
    running = [started(project, *dask, "--store", str(shared)) for project in projects]
    computed = sum(counts(waited_for(process))[0] for process in running)
    assert computed == 12
    first, second = ((p.root / "sweep/reports/trials.csv").read_bytes() for p in projects)
    assert first == second
    assert not list((shared / ".claims").iterdir())


@pytest.mark.long
def test_settings_without_the_metric_do_not_win(project, dask):
    grids = {"all read": {"corpus.holdout": 0, "train.best": "smooth_loss"}, "defaults": {}}
    set_sweep(project, seeds=[0], grids=grids)
    assert counts(sweep(project, *dask)) == (2, 0)
    assert [row["held_out_bits"] != "" for row in rows(project)] == [False, True]
    assert sweep(project, stage="pick").returncode == 0
    metrics = json.loads((project.root / "sweep/reports/metrics.json").read_text())
    assert metrics["winner"] == "defaults"


def test_the_winner_is_written_into_params_yaml_and_comments_stay(ended):
    path = ended.root / "sweep/reports/metrics.json"
    metrics = json.loads(path.read_text())
    metrics["params"] = {"train.optimizer": "adam", "adagrad.learning_rate": 0.4}
    path.write_text(json.dumps(metrics))
    before = (ended.root / "params.yaml").read_text()
    done = sweep(ended, stage="apply")
    assert done.returncode == 0, done.stderr
    after = (ended.root / "params.yaml").read_text()
    assert params.value(after, "train.optimizer") == "adam"
    assert params.value(after, "adagrad.learning_rate") == 0.4
    changed = [
        (old, new)
        for old, new in zip(before.splitlines(), after.splitlines(), strict=True)
        if old != new
    ]
    assert len(changed) == 2
    assert all(old.partition("#")[2] == new.partition("#")[2] for old, new in changed)


def test_a_winner_that_params_yaml_cannot_have_changes_nothing(ended):
    path = ended.root / "sweep/reports/metrics.json"
    before = (ended.root / "params.yaml").read_bytes()
    for wrong in ({"train.optimizer": "sgd"}, {"no.param": 1}, {"train": 1}):
        path.write_text(json.dumps({"winner": "x", "params": wrong}))
        done = sweep(ended, stage="apply")
        assert done.returncode == 1 and done.stderr.startswith("error: sweep/reports/metrics.json")
        assert (ended.root / "params.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({"grids": {"g": {"train.learning_rate": 1.0}}}, (), "did you mean"),
        ({"grids": {}}, (), "grids is {}: should be"),
        ({"seeds": []}, (), "seeds is []: should be a list of at least 1"),
        ({"metric": "loss"}, (), "metric is 'loss'"),
        ({"unknown": 1}, (), "unknown is no param"),
        ({"grids": {"g": {"corpus.path": "/etc/hostname"}}}, (), "is outside data/raw"),
        ({"grids": {"g": {"corpus.path": "data/raw/none.txt"}}}, (), "no such file"),
        ({}, ("--scheduler", "tcp://127.0.0.1:1"), "no scheduler answers"),
        ({}, ("--scheduler", "nonsense://"), "is no address; give one such as"),
        ({}, ("--scheduler-file", "none.json"), "none.json: no such file"),
        ({}, ("--store", "params.yaml"), "params.yaml"),
    ],
)
def test_what_a_sweep_cannot_do_is_said_in_a_line(project, values, options, message):
    set_sweep(project, **values)
    done = sweep(project, *options)
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert message in line


def test_a_trial_that_cannot_be_run_is_named(project, dask):
    set_sweep(project, grids={"wide": {"train.batch_size": 1000}})
    done = sweep(project, *dask)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "error: wide, seed " in done.stderr and "the book has" in done.stderr


@pytest.mark.long
def test_a_full_disk_is_said_and_the_sweep_goes_on_when_there_is_room(project, dask):
    store = project.root / "sweep/trials"
    store.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "nr_inodes=4", "tmpfs", str(store)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let a small disk be mounted")
    try:
        set_sweep(project)
        done = sweep(project, *dask)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "No space left on device; make room and run it again" in done.stderr
        subprocess.run(["mount", "-o", "remount,nr_inodes=100", str(store)], check=True)
        computed, kept = counts(sweep(project, *dask))
        assert computed + kept == 8 and kept >= 1
    finally:
        subprocess.run(["umount", str(store)], check=True)


@pytest.mark.long
def test_a_change_of_the_sweep_s_params_stops_it_and_names_them(project):
    set_sweep(project)
    project.set({"train.epochs": 2000})
    running = started(project)
    line = running.stderr.readline()  # how far it is
    set_sweep(project, seeds=[4])
    _, rest = running.communicate(timeout=120)
    assert "of 8 trials" in line, line + rest
    assert running.returncode == 1
    assert "stopped by a change of sweep/params.yaml" in rest


@pytest.mark.long
def test_dvc_runs_the_sweep_shows_it_and_leaves_it_alone_at_the_top(project):
    set_sweep(project, seeds=[0])
    project.git("init", "--quiet")
    project.dvc("repro", "sweep/dvc.yaml")
    assert "Data and pipelines are up to date" in project.dvc("repro", "sweep/dvc.yaml")
    shown = project.dvc("metrics", "show", "sweep/reports/metrics.json")
    assert "held_out_bits" in shown
    project.dvc("plots", "show")
    page = (project.root / "dvc_plots/index.html").read_text()
    assert "Every trial" in page
    assert project.dvc("stage", "list", "--name-only").split() == list(STAGES)  # at the top
    set_sweep(project, seeds=[0, 1])
    project.dvc("repro", "sweep/dvc.yaml")
    assert len(records(project)) == 8
    set_sweep(project, seeds=[0])  # back: what has been added stays
    project.dvc("repro", "sweep/dvc.yaml")
    assert len(records(project)) == 8 and len(rows(project)) == 4
