"""What a killed DVC leaves behind is no obstacle to `make repro`."""

import fcntl
import random
import subprocess
import sys

import pytest

from tests.support import kills
from tests.support.project import PROJECT


@pytest.mark.long
def test_dvc_killed_again_and_again_ends_in_the_same_results(tmp_path):
    kills.compare(tmp_path, 3, random.Random(1), target="train", longest=5)


@pytest.fixture
def project(tmp_path):
    project = kills.prepare(tmp_path / "project")
    (project.root / ".dvc/tmp").mkdir()
    return project


def mend(project):
    done = project.run(sys.executable, kills.MEND)
    assert done.returncode == 0, done.stderr
    return done.stdout.replace("was left cut short by a DVC that was killed; ", "")


@pytest.mark.parametrize("left", ["", '{"write": {"/a": {"pid": 1, '])
def test_a_file_of_locks_cut_short_is_deleted_so_that_dvc_goes_on(project, left):
    locks = project.root / ".dvc/tmp/rwlock"
    locks.write_text(left)
    refused = project.run(sys.executable, "-m", "dvc", "repro", "preprocess")
    assert "JSON structure is corrupted" in refused.stderr
    assert mend(project) == ".dvc/tmp/rwlock: deleted\n"
    assert not locks.exists()


@pytest.mark.parametrize(
    ("name", "guard", "whole"),
    [
        (".dvc/tmp/rwlock", ".dvc/tmp/rwlock.lock", "{}"),
        ("dvc.lock", ".dvc/tmp/lock", "schema: '2.0'\nstages: {}\n"),
    ],
)
def test_a_file_that_dvc_is_writing_is_left_to_it(project, name, guard, whole):
    path = project.root / name
    with (project.root / guard).open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # as DVC does
        path.write_text("")
        mending = subprocess.Popen(
            [sys.executable, kills.MEND], cwd=project.root, stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            mending.wait(1)
        path.write_text(whole)
    assert mending.communicate() == ("", None) and path.read_text() == whole


@pytest.mark.parametrize("kept", ["", "schema: '2.0'\nstages:\n", "    - path"])
def test_a_dvc_lock_cut_short_is_taken_from_git(project, kept):
    lock, whole = project.root / "dvc.lock", (PROJECT / "dvc.lock").read_text()
    lock.write_text(whole)
    project.git("add", "dvc.lock")
    project.git("commit", "--quiet", "--message=results")
    lock.write_text(whole[: whole.index(kept) + len(kept)])
    assert mend(project) == "dvc.lock: taken from the last commit\n"
    assert lock.read_text() == whole


def test_an_empty_dvc_lock_that_git_lacks_is_made_again_without_running(project):
    project.dvc("repro", "preprocess")
    lock = project.root / "dvc.lock"
    whole = lock.read_bytes()
    assert mend(project) == ""
    lock.write_text("")
    assert mend(project) == "dvc.lock: deleted\n"
    assert "Running stage" not in project.dvc("repro", "preprocess")
    assert lock.read_bytes() == whole


def test_a_merge_is_left_to_who_makes_it(project):
    lock = project.root / "dvc.lock"
    merge = "<<<<<<< HEAD\n" + (PROJECT / "dvc.lock").read_text()
    lock.write_text(merge)
    assert mend(project) == "" and lock.read_text() == merge
