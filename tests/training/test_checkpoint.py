"""What an interrupted training survives; the table of docs/survival.md names these tests."""

import errno
import json
import math
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from rnn.engine import reference, team
from rnn.errors import InputError
from rnn.storage import archives, files
from rnn.training import checkpoint, summary
from rnn.training import run as run_module
from rnn.training.snapshot import Schedule
from tests.support import torture
from tests.support.networks import RULE
from tests.support.networks import training as small_training
from tests.support.project import PROJECT, wait_for

TRAINING = "0123456789abcdef" * 4
FALLING = RULE.model_copy(update={"fall": 0.5})


def begin(checkpoints, epochs=4, rule=RULE, **changes):
    changes = {"epochs": epochs, "snapshot_until": 60} | changes
    training = small_training(rule, holdout=0.04, **changes)
    book = np.concatenate([training.indices, training.indices[:5]])  # as much is held out
    return replace(training, indices=book).begin(checkpoints.row)


def train(run, checkpoints, stop_at=math.inf):
    """Train to the end or to an update, saving after every call."""
    while run.update < min(run.updates, stop_at):
        run.advance()
        checkpoints.save(run)


def run_in(folder, stop_at=math.inf, epochs=4, training_name=TRAINING, rule=RULE, **changes):
    """Train in the folder; return the update at which it began, and what came of it."""
    with checkpoint.held(folder, training_name) as checkpoints:
        run = begin(checkpoints, epochs, rule, **changes)
        checkpoints.restore(run, run.updates)
        started_at = run.update
        train(run, checkpoints, stop_at)
        if run.update < run.updates:
            return started_at, None
        checkpoints.finish(run)
        return started_at, results(run)


def results(run):
    """Return all that a training ends in, as bytes."""
    return [
        summary.metrics(run, run.best()),
        summary.epochs(run),
        summary.smooth_loss_curve(run),
        summary.health(run),
        run.losses[0 : run.updates].tobytes(),
        run.best().content(),
        run.final().content(),
        run.snapshots(),
    ]


@pytest.fixture
def one_update_a_call(monkeypatch):
    monkeypatch.setattr(run_module, "_SECONDS_A_CALL", 0.0)


@pytest.fixture
def untouched(tmp_path, one_update_a_call):
    return run_in(tmp_path / "untouched")[1]


@pytest.mark.parametrize("stop_at", [1, 7, 22, 23, 24, 50, 91])
def test_a_training_that_was_stopped_ends_in_the_same_bytes(tmp_path, untouched, stop_at):
    assert run_in(tmp_path / "stopped", stop_at) == (0, None)
    assert run_in(tmp_path / "stopped") == (stop_at, untouched)


def test_a_longer_training_goes_on_where_a_shorter_one_ended(tmp_path, untouched):
    assert run_in(tmp_path / "longer", epochs=2)[0] == 0
    assert run_in(tmp_path / "longer") == (46, untouched)


def test_going_back_to_a_shorter_training_leaves_the_longer_one_to_go_on_from(
    tmp_path, one_update_a_call
):
    shorter = run_in(tmp_path / "shorter", epochs=2)[1]
    longest = run_in(tmp_path / "longest", epochs=5)[1]
    run_in(tmp_path / "there and back", epochs=4)
    assert run_in(tmp_path / "there and back", epochs=2) == (0, shorter)
    assert run_in(tmp_path / "there and back", epochs=5) == (92, longest)


@pytest.mark.parametrize("stop_at", [30, 44, 45, 60])
def test_a_training_stopped_in_the_hold_or_in_the_fall_ends_in_the_same_bytes(
    tmp_path, one_update_a_call, stop_at
):
    _, untouched = run_in(tmp_path / "untouched", rule=FALLING)
    run_in(tmp_path / "stopped", stop_at, rule=FALLING)
    assert run_in(tmp_path / "stopped", rule=FALLING) == (stop_at, untouched)


def test_a_longer_training_goes_on_from_the_last_state_before_a_shorter_one_s_fall(
    tmp_path, one_update_a_call, capsys
):
    """Going back to the shorter begins anew: of the longer, only what is after its hold is kept."""
    longest = run_in(tmp_path / "longest", epochs=6, rule=FALLING)[1]
    shorter = run_in(tmp_path / "shorter", epochs=2, rule=FALLING)[1]
    folder = tmp_path / "folder"
    assert run_in(folder, epochs=2, rule=FALLING)[0] == 0
    assert run_in(folder, epochs=6, rule=FALLING) == (23, longest)
    assert run_in(folder, epochs=6, rule=FALLING) == (138, longest)
    assert run_in(folder, epochs=2, rule=FALLING) == (0, shorter)
    assert run_in(folder, epochs=6, rule=FALLING) == (23, longest)
    assert "warning" not in capsys.readouterr().err


def test_the_checkpoints_of_a_fall_are_the_last_two_and_the_one_before_it(
    tmp_path, one_update_a_call
):
    run_in(tmp_path / "folder", epochs=2, rule=FALLING)
    names = sorted(path.name for path in (tmp_path / "folder").glob("checkpoint-*"))
    assert names == [
        "checkpoint-000000000023.npz",
        "checkpoint-000000000045-of-2.npz",
        "checkpoint-000000000046-of-2.npz",
    ]


def test_the_state_before_the_fall_is_saved_however_short_the_training(tmp_path):
    with checkpoint.held(tmp_path / "run", TRAINING) as checkpoints:
        run = begin(checkpoints, 4, FALLING)
        while run.update < run.updates:
            run.advance()
            checkpoints.save_now_and_then(run)
        checkpoints.finish(run)
    names = sorted(path.name for path in (tmp_path / "run").glob("checkpoint-*"))
    assert names == ["checkpoint-000000000046.npz", "checkpoint-000000000092-of-4.npz"]


def test_the_last_two_checkpoints_are_kept(tmp_path, untouched):
    names = sorted(path.name for path in (tmp_path / "untouched").glob("checkpoint-*"))
    assert names == ["checkpoint-000000000091.npz", "checkpoint-000000000092.npz"]


def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, untouched, capsys):
    folder = tmp_path / "damaged"
    run_in(folder, 50)
    path = folder / "checkpoint-000000000050.npz"
    path.write_bytes(path.read_bytes()[:-1])
    assert run_in(folder) == (49, untouched)
    assert f"warning: {path}" in capsys.readouterr().err


def test_a_training_of_streams_goes_on_with_another_number_of_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(team, "helpful", lambda *sizes: math.inf)
    batches = {"batch_size": 3, "engine": "compiled", "dtype": "float32"}  # 8 updates an epoch
    monkeypatch.setenv(team.VARIABLE, "1")
    started_at, whole = run_in(tmp_path / "whole", **batches)
    assert started_at == 0
    for threads, stop_at in (("3", 5), ("2", 13), ("5", 20)):
        monkeypatch.setenv(team.VARIABLE, threads)
        assert run_in(tmp_path / "pieces", stop_at, **batches)[1] is None
    monkeypatch.setenv(team.VARIABLE, "8")
    started_at, pieces = run_in(tmp_path / "pieces", **batches)
    assert started_at >= 20 and pieces == whole


def test_an_old_format_version_is_not_read(tmp_path, untouched, capsys):
    folder = tmp_path / "old"
    run_in(folder, 50)
    for path in folder.glob("checkpoint-*"):
        arrays = archives.read(path)
        archives.write(path, {**arrays, "format": np.array(0)})
    assert run_in(folder) == (0, untouched)
    assert "has format 0, not 6" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["losses", "health", "snapshots"])
def test_damaged_losses_and_snapshots_are_made_again(tmp_path, untouched, name):
    folder = tmp_path / "damaged"
    run_in(folder, 50)
    content = bytearray((folder / name).read_bytes())
    content[100] ^= 1
    (folder / name).write_bytes(content)
    assert run_in(folder) == (0, untouched)


def test_a_file_of_another_training_is_noticed(tmp_path, untouched, capsys):
    """Of the same shapes even: each checkpoint says to which training it belongs."""
    folder, other = tmp_path / "folder", tmp_path / "other"
    run_in(folder, 50)
    run_in(other, 50, training_name="fedcba9876543210" * 4)
    for path in other.glob("checkpoint-*"):
        shutil.copy(path, folder)
    assert run_in(folder) == (0, untouched)
    assert "belongs to another training" in capsys.readouterr().err


def test_a_whole_folder_of_another_training_under_a_new_name_is_noticed(tmp_path, untouched):
    run_in(tmp_path / "other", 50, training_name="fedcba9876543210" * 4)
    (tmp_path / "other").rename(tmp_path / "folder")
    assert run_in(tmp_path / "folder") == (0, untouched)


def test_a_snapshot_in_another_s_place_is_noticed(tmp_path, untouched, capsys):
    folder = tmp_path / "swapped"
    run_in(folder, 50)
    content = (folder / "snapshots").read_bytes()
    size = len(content) // Schedule(7, 60).count_before(50)
    (folder / "snapshots").write_bytes(content[:size] * 2 + content[2 * size :])
    assert run_in(folder) == (0, untouched)
    assert "snapshots: is not what update 50 has left" in capsys.readouterr().err


def test_what_others_write_into_the_losses_meanwhile_is_noticed(tmp_path, one_update_a_call):
    folder = tmp_path / "run"
    with checkpoint.held(folder, TRAINING) as checkpoints:
        run = begin(checkpoints)
        train(run, checkpoints)
        with (folder / "losses").open("r+b") as losses:
            losses.write(b"12345678")
        with pytest.raises(InputError, match="losses: was written to by others"):
            checkpoints.finish(run)


@pytest.mark.parametrize("deleted", ["", "lock", "losses", "snapshots"])
def test_a_training_whose_folder_is_deleted_goes_on_and_can_be_resumed(
    tmp_path, untouched, deleted
):
    folder = tmp_path / "deleted"
    with checkpoint.held(folder, TRAINING) as checkpoints:
        run = begin(checkpoints)
        train(run, checkpoints, 40)
        files.remove(folder / deleted)
        train(run, checkpoints, 50)
    assert run_in(folder) == (50, untouched)


def test_a_folder_made_anew_by_another_process_is_left_to_it(tmp_path, one_update_a_call):
    folder = tmp_path / "run"
    with checkpoint.held(folder, TRAINING) as checkpoints:
        run = begin(checkpoints)
        shutil.rmtree(folder)
        with (
            checkpoint.held(folder, TRAINING),
            pytest.raises(InputError, match=f"process {os.getpid()} is at work on this training"),
        ):
            train(run, checkpoints)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["link", "loop", "folder", "fifo", "device"])
@pytest.mark.parametrize("name", ["checkpoint-000000000050.npz", "losses", "snapshots", "lock"])
def test_what_is_no_file_of_ours_gives_way(tmp_path, untouched, name, kind):
    folder = tmp_path / "folder"
    run_in(folder, 50)
    path = folder / name
    path.unlink()
    if kind == "folder":
        (path / "in it").mkdir(parents=True)
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to({"link": tmp_path / "outside", "loop": path, "device": "/dev/null"}[kind])
    assert run_in(folder)[1] == untouched
    assert run_in(folder) == (92, untouched)
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"now_W": np.zeros((2, 2))},
        {"now_W": np.full((7, 7), np.nan)},
        {"now_W": np.zeros((7, 7), np.float32)},
        {"update": np.array(10**15)},
        {"update": np.array(-1)},
        {"before_best_update": np.array(51)},
        {"extra": np.zeros(3)},
        {"now_b": np.array([{}] * 7, dtype=object)},
    ],
)
def test_a_hostile_checkpoint_is_refused(tmp_path, untouched, change, capsys):
    folder = tmp_path / "hostile"
    run_in(folder, 50)
    path = folder / "checkpoint-000000000050.npz"
    np.savez(path, **{**archives.read(path), **change})
    assert run_in(folder) == (49, untouched)
    assert f"warning: {path}" in capsys.readouterr().err


def test_a_training_that_diverges_leaves_its_last_good_checkpoint(tmp_path, one_update_a_call):
    run_in(tmp_path / "run", 50)

    class Diverging:
        @staticmethod
        def train(*arguments):
            return reference.train(*arguments) * np.nan

    with checkpoint.held(tmp_path / "run", TRAINING) as checkpoints:
        run = begin(checkpoints)
        run._engine = Diverging
        checkpoints.restore(run, run.updates)
        with pytest.raises(InputError, match="stopped at update 51: the loss is nan"):
            train(run, checkpoints)
    assert (tmp_path / "run/checkpoint-000000000050.npz").exists()
    assert run_in(tmp_path / "run")[0] == 50


def test_two_trainings_at_once_are_not_let_in(tmp_path):
    with (
        checkpoint.held(tmp_path / "run", TRAINING),
        pytest.raises(InputError, match=rf"process {os.getpid()} is at work"),
        checkpoint.held(tmp_path / "run", TRAINING),
    ):
        pass


def test_a_lock_left_by_a_dead_process_is_no_obstacle(tmp_path):
    script = (
        "import os; from pathlib import Path; from rnn.storage import locking\n"
        f"lock = locking.take(Path({str(tmp_path / 'run/lock')!r}), 'it'); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    with checkpoint.held(tmp_path / "run", TRAINING):
        pass


def test_temporary_files_of_a_dead_process_are_cleared_away(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.checkpoint-000000000001.npz.0123.tmp").write_bytes(b"half")
    with checkpoint.held(tmp_path / "run", TRAINING):
        assert not list((tmp_path / "run").glob(".*.tmp"))


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    files.write_text(path, "old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error:
        files.write_text(path, "new")
    assert error.value.filename == str(path)
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["file"]


# What follows runs the stages as commands.


@pytest.mark.long
def test_a_training_killed_again_and_again_ends_in_the_same_bytes(tmp_path):
    untouched = torture.prepare(tmp_path / "untouched", epochs=15)
    assert untouched.stage("train").returncode == 0
    tortured = torture.prepare(tmp_path / "tortured", epochs=15)
    torture.kill_again_and_again(tortured, 6, random.Random(1))
    assert torture.outputs(tortured) == torture.outputs(untouched)


def test_damaged_files_are_noticed_or_harmless(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=1)
    assert project.stage("train").returncode == 0
    results = torture.damage(project, 7, 4, random.Random(1))
    assert results["refused"] > 0 and results["went on without it"] > 0


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_saves_and_says_how_to_go_on(tmp_path, name):
    project = torture.prepare(tmp_path / "project", epochs=100)
    trainer = subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=project.root, env=project.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    trainer.stderr.readline()  # the end of the first epoch
    trainer.send_signal(signal.Signals[name])
    _, said = trainer.communicate(timeout=60)
    assert trainer.returncode == 1
    last = said.strip().splitlines()[-1]
    assert last.startswith(f"error: training stopped by {name} at update ")
    assert "run the same command again" in last and "Traceback" not in said
    assert not (project.root / "data/train").exists()
    again = subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=project.root, env=project.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert again.stderr.readline().startswith("resuming at update ")
    again.kill()
    again.communicate()


@pytest.mark.long
def test_a_training_in_the_background_outlives_its_terminal(tmp_path):
    """On a real terminal: typed into a shell, which then ends."""
    project = torture.prepare(tmp_path / "project", epochs=15)
    shell, terminal = pty.fork()
    if shell == 0:
        os.chdir(project.root)
        os.execvpe("bash", ["bash", "--norc", "-i"], project.environment())
    os.write(terminal, f"nohup {sys.executable} -m stages.train > said 2>&1 &\n".encode())
    wait_for(project.root, ".checkpoints/*/checkpoint-*.npz")
    os.close(terminal)
    os.waitpid(shell, 0)
    wait_for(project.root, "reports/plots/smooth_loss.csv")
    assert "error" not in (project.root / "said").read_text()


@pytest.mark.long
def test_a_training_that_a_script_leaves_behind_goes_on(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=6)
    project.run("bash", "-c", f"{sys.executable} -m stages.train > said 2>&1 & sleep 0.2")
    wait_for(project.root, "reports/plots/smooth_loss.csv")
    assert "error" not in (project.root / "said").read_text()


@pytest.mark.long
def test_a_training_under_nohup_heeds_no_hangup(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=4)
    trainer = subprocess.Popen(
        ["nohup", sys.executable, "-m", "stages.train"],
        cwd=project.root, env=project.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not trainer.stderr.readline().startswith("epoch 1"):
        assert trainer.poll() is None
    trainer.send_signal(signal.SIGHUP)
    _, said = trainer.communicate(timeout=60)
    assert trainer.returncode == 0, said


@pytest.mark.long
@pytest.mark.parametrize(("name", "shell"), [("SIGKILL", "/bin/sh"), ("SIGTERM", "/bin/bash")])
def test_the_trainer_ends_when_dvc_is_killed_and_repro_goes_on(tmp_path, name, shell):
    project = torture.prepare(tmp_path / "project", epochs=100)
    project.git("init", "--quiet")
    repro = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--single-item", "train"],
        cwd=project.root, env={**project.environment(), "SHELL": shell},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    lock = wait_for(project.root, ".checkpoints/*/checkpoint-*.npz").parent / "lock"
    trainer = int(lock.read_text())
    repro.send_signal(signal.Signals[name])
    repro.wait()
    deadline = time.monotonic() + 60
    while torture.is_running(trainer):
        assert time.monotonic() < deadline, "the trainer is an orphan"
        time.sleep(0.05)
    project.set({"train.epochs": 20})
    again = project.run(sys.executable, "-m", "dvc", "repro", "--single-item", "train")
    assert again.returncode == 0, again.stderr
    assert "resuming at update " in again.stderr


def test_a_trainer_whose_parent_is_gone_before_it_could_look_ends_too(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=1000)
    started = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m stages.train 2> said & echo $!"],
        cwd=project.root, env={**project.environment(), "DVC_STAGE": "train"},
        stdout=subprocess.PIPE, start_new_session=True, check=True, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while torture.is_running(int(started.stdout)):
        assert time.monotonic() < deadline, "the trainer is an orphan"
        time.sleep(0.05)
    said = (project.root / "said").read_text()
    assert "training stopped by the end of the DVC that started it at update " in said


def test_a_second_trainer_says_who_is_at_work_and_ends(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=100)
    first = subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=project.root, env=project.environment(), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first.stderr.readline()
    patience = "from stages.common import inputs; inputs._PATIENCE = 0.5"
    second = project.stage_with("train", patience)
    first.kill()
    first.communicate()
    assert second.returncode == 1
    assert f"waiting for process {first.pid}, which is at work on stage train" in second.stderr
    assert f"process {first.pid} is at work on stage train in this folder" in second.stderr


@pytest.mark.long
@pytest.mark.parametrize("kilobytes", [20, 200])
def test_where_there_is_no_room_the_error_is_clear_and_training_goes_on_when_there_is(
    tmp_path, kilobytes
):
    """A limit on the size of files stands for a full disk."""
    project = torture.prepare(tmp_path / "project", epochs=3)
    limited = f"trap '' XFSZ; ulimit -f {kilobytes}; exec {sys.executable} -m stages.train"
    done = project.run("/bin/bash", "-c", limited)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ") and "File too large" in last and "run it again" in last
    assert "Traceback" not in done.stderr
    assert not list((project.root / "data").rglob("train/**/*.npz"))
    assert project.stage("train").returncode == 0
    untouched = torture.prepare(tmp_path / "untouched", epochs=3)
    assert untouched.stage("train").returncode == 0
    assert torture.outputs(project) == torture.outputs(untouched)


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("mount") is None, reason="only root may mount a small disk"
)
def test_on_a_full_disk_the_error_is_clear_and_training_goes_on_when_there_is_room(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=3)
    checkpoints = project.root / ".checkpoints"
    checkpoints.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", checkpoints], check=False
    )
    if mounted.returncode:
        pytest.skip("this machine does not let a small disk be mounted")
    try:
        done = project.stage("train")
        assert done.returncode == 1
        last = done.stderr.strip().splitlines()[-1]
        assert "No space left on device; make room and run it again" in last
        assert last.startswith("error: .checkpoints/") and "Traceback" not in done.stderr
        subprocess.run(["mount", "-o", "remount,size=60m", checkpoints], check=True)
        assert project.stage("train").returncode == 0
    finally:
        subprocess.run(["umount", checkpoints], check=True)
    metrics = json.loads((project.root / "reports/metrics/train.json").read_text())
    assert metrics["epochs"] == 3
