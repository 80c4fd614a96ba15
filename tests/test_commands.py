"""The stages as a user runs them: as commands, in a folder."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pytest
from conftest import STAGES, TEXT, numbers

from rnn.vocabulary import Vocabulary


def assert_refused(project, stage, *said, options=()):
    """The command says what is wrong in one line, fails, and changes no file."""
    before = project.outputs()
    done = project.stage(stage, *options)
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("error: ")
    for words in said:
        assert words in last
    assert "Traceback" not in done.stderr
    assert project.outputs() == before


@pytest.mark.parametrize("name", STAGES)
def test_each_stage_has_a_help_page(project, name):
    done = project.stage(name, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout
    assert "Reads" in done.stdout and "rites" in done.stdout and "data/" in done.stdout


def test_the_help_page_of_a_sample_says_where_its_defaults_stand(project):
    said = project.stage("synthesize_best", "--help").stdout
    for name in ("prime", "temperature", "length", "seed"):
        assert f"[default: (synthesize_best.{name}" in said


def test_a_gradient_check_that_passes_says_so_in_one_line(trained):
    done = trained.stage("gradient_check")
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert "1e-08 allowed" in line and "1e-12 allowed" in line


def test_the_stages_make_what_dvc_yaml_promises(trained):
    metrics = {path.name for path in (trained.root / "reports/metrics").iterdir()}
    assert metrics == {"corpus.json", "train.json"}
    corpus = json.loads((trained.root / "reports/metrics/corpus.json").read_text())
    assert corpus == {
        "characters": len(TEXT),
        "vocabulary_size": len(set(TEXT)),
        "updates_per_epoch": (len(TEXT) - 1) // 25,
    }
    verdict = (trained.root / "data/gradient_check/verdict.json").read_text()
    assert json.loads(verdict) == {"passed": True}
    evolution = json.loads((trained.root / "data/sample_evolution/evolution.json").read_text())
    assert [entry["update"] for entry in evolution] == [0, 200, 400]
    assert all(len(entry["text"]) == 200 for entry in evolution)
    text = (trained.root / "reports/best_text.txt").read_text()
    assert len(text) == 1000 + 1
    assert len(np.load(trained.root / "data/train/losses.npy")) == 2 * corpus["updates_per_epoch"]


def test_a_second_run_gives_the_same_bytes(trained):
    before = trained.outputs()
    for name in STAGES:
        assert trained.stage(name).returncode == 0
    assert trained.outputs() == before


def test_the_report_states_the_minimum_smooth_loss_and_every_param(trained):
    report = (trained.root / "reports/report.md").read_text()
    metrics = json.loads((trained.root / "reports/metrics/train.json").read_text())
    assert f"**{metrics['min_smooth_loss']:.2f} nats**" in report
    assert f"or {metrics['min_smooth_bits']:.2f} bits" in report
    assert (trained.root / "params.yaml").read_text().rstrip() in report
    assert (trained.root / "reports/best_text.txt").read_text().rstrip("\n") in report


def test_the_book_s_line_ends_do_not_matter(trained):
    before = trained.outputs()
    trained.book.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert trained.stage("preprocess").returncode == 0
    changed = {name for name, content in trained.outputs().items() if content != before[name]}
    assert changed == {"data/raw/tide-clock.txt"}


def test_a_training_that_learns_nothing_ends_with_a_warning(trained):
    trained.edit("learning_rate: 0.1 ", "learning_rate: 1e6 ")
    done = trained.stage("train")
    assert done.returncode == 0
    last = done.stderr.splitlines()[-1]
    assert last.startswith("warning: the smooth loss ended at") and "guessing" in last


def test_a_person_can_play_with_the_best_model_and_changes_no_file(trained):
    before = trained.outputs()
    options = ("--prime", "Nell", "--temperature", "0.5", "--length", "30")
    done = trained.stage("synthesize_best", *options)
    assert done.returncode == 0
    assert done.stdout.startswith("Nell") and len(done.stdout) == len("Nell") + 30 + 1
    assert trained.stage("synthesize_best", *options).stdout == done.stdout
    assert trained.stage("synthesize_best", *options, "--seed", "9").stdout != done.stdout
    assert trained.outputs() == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--prime", "Zoë"), "'Z' (U+005A)"),
        (("--temperature", "-0.1"), "synthesize_best.temperature is -0.1"),
        (("--temperature", "nan"), "synthesize_best.temperature is nan"),
        (("--length", "0"), "synthesize_best.length is 0"),
    ],
)
def test_a_bad_option_is_named(trained, options, said):
    assert_refused(trained, "synthesize_best", said, options=options)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"short", "needs 26"),
        (b"a" * 100, "one distinct character"),
        (b"x" * 50 + b"\x96" + b"y" * 50, "byte 50 is not utf-8 (0x96)"),
        ("Noël, ".encode("latin-1") * 9, "byte 2 is not utf-8 (0xeb); set corpus.encoding"),
        (("Nell, " * 9).encode("utf-16"), "byte 0 is not utf-8 (0xff); set corpus.encoding"),
        (b"ab" * 50 + b"\xed\xa0\x80", "byte 100 is not utf-8 (0xed)"),  # a lone surrogate
    ],
)
def test_a_book_that_cannot_be_used_is_named(trained, content, said):
    trained.book.write_bytes(content)
    assert_refused(
        trained, "preprocess", "data/raw/tide-clock.txt" if said != "needs 26" else "", said
    )


def test_a_book_of_unusual_characters_goes_through_all_stages(project):
    """NUL and ESC, combining marks, emoji of several characters, right to left, four line ends."""
    sentence = "\0\x1b[1m cafe\u0301 👩\u200d🚀 שלום\u200f ``` |{{ x }}|\r\n\r\u2028\x85\n"
    project.book.write_bytes((sentence * 40).encode())
    for name in STAGES:
        done = project.stage(name)
        assert done.returncode == 0, done.stderr
    characters = set(sentence.replace("\r", "\n"))
    vocabulary = json.loads((project.root / "data/preprocess/vocabulary.json").read_text())
    assert set(vocabulary["characters"]) == characters
    written = (project.root / "reports/best_text.txt").read_bytes().decode()
    assert len(written) == 1000 + 1 and set(written) <= characters


def test_a_chinese_book_of_5000_characters_goes_through_all_stages(project):
    characters = [chr(0x4E00 + place) for place in numbers().permutation(5000)]
    lines = ["".join(characters[start : start + 70]) + "。\n" for start in range(0, 5000, 70)]
    project.book.write_text("".join(lines), encoding="utf-8")
    project.edit("snapshot_until: 400", "snapshot_until: 0")
    project.edit("epochs: 2 ", "epochs: 1 ")
    for name in STAGES:
        done = project.stage(name)
        assert done.returncode == 0, done.stderr
    report = (project.root / "reports/report.md").read_text("utf-8")
    assert "5,002 of them distinct" in report and "1 time from" in report


def test_a_terminal_that_lacks_a_character_is_no_obstacle(trained):
    trained.book.write_text(TEXT.replace("Nell", "Noël"), encoding="utf-8")
    for name in ("preprocess", "train"):
        assert trained.stage(name).returncode == 0
    done = trained.run(
        "env", "PYTHONIOENCODING=ascii",
        sys.executable, "-m", "stages.synthesize_best", "--prime", "Noël",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("No?l")


def test_an_interrupt_while_imports_go_on_shows_no_traceback(project):
    script = "import stages, os, signal; os.kill(os.getpid(), signal.SIGINT)"
    done = project.run(sys.executable, "-c", script)
    assert done.returncode == -signal.SIGINT
    assert done.stderr == "error: interrupted before it began; run it again\n"


def test_no_book_and_a_folder_are_named(trained):
    trained.book.unlink()
    assert_refused(trained, "preprocess", "tide-clock.txt", "no such file")
    trained.book.mkdir()
    assert_refused(trained, "preprocess", "tide-clock.txt", "is a folder")


@contextmanager
def read_only(folder):
    """Make a folder one that may not be written to; root, who may write anywhere, by a mount."""
    folder.mkdir(exist_ok=True)
    if os.getuid():
        folder.chmod(0o500)
        yield "Permission denied"
        folder.chmod(0o700)
        return
    commands = [["mount", "--bind", folder, folder], ["mount", "-o", "remount,ro,bind", folder]]
    if any(subprocess.run(command, check=False).returncode for command in commands):
        pytest.skip("this machine does not let a folder be mounted")
    try:
        yield "Read-only file system"
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="root needs mount")
def test_a_read_only_data_folder_is_named_and_nothing_is_lost(trained):
    with read_only(trained.root / "data/preprocess") as said:
        assert_refused(trained, "preprocess", "data/preprocess/indices.npy", said)
    with read_only(trained.root / "data/train") as said:
        assert_refused(trained, "train", "data/train/", said)
    with read_only(trained.root / "reports") as said:
        assert_refused(trained, "report", "reports/", said)
    with read_only(trained.root / ".checkpoints") as said:
        trained.edit("seed: 0                        # of the init", "seed: 1  # of the init")
        assert_refused(trained, "train", ".checkpoints", said)


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(trained):
    for path, stage in (
        (trained.book, "preprocess"),
        (trained.root / "params.yaml", "train"),
        (trained.root / "data/train/best.npz", "synthesize_best"),
    ):
        path.chmod(0)
        done = trained.stage(stage)
        path.chmod(0o600)
        assert done.returncode == 1
        assert f"{path.relative_to(trained.root)}: permission denied" in done.stderr


def test_bad_params_stop_every_stage_before_anything_runs(trained):
    trained.edit("epochs: 2 ", "epochs: 0 ")
    for name in STAGES:
        assert_refused(trained, name, "params.yaml: train.epochs is 0")


def test_a_truncated_index_array_is_named(trained):
    path = trained.root / "data/preprocess/indices.npy"
    path.write_bytes(path.read_bytes()[:-1])
    for name in ("gradient_check", "train", "sample_evolution"):
        assert_refused(trained, name, "data/preprocess/indices.npy")


def test_a_vocabulary_that_does_not_fit_the_model_is_named(trained):
    path = trained.root / "data/preprocess/vocabulary.json"
    Vocabulary("".join(json.loads(path.read_text())["characters"][:-1])).save(path)
    for name in ("synthesize_best", "sample_evolution", "train"):
        assert_refused(trained, name, "vocabulary")


def test_a_failed_gradient_check_shows_where_and_training_does_not_start(project):
    project.edit("central_differences: 1e-8 ", "central_differences: 1e-12 ")
    done = project.run("dvc", "init", "--quiet", "--no-scm", "--force")
    done = project.run("dvc", "repro")
    assert done.returncode != 0
    rows = re.findall(r"(?m)^m=.* central_differences .*e-\d+$", done.stdout)
    assert rows and max(map(len, rows)) <= 100
    assert "complex_step" not in done.stdout
    assert "differences exceed gradient_check.tolerances" in done.stderr
    assert "Running stage 'train'" not in done.stdout
    assert not (project.root / "data/train").exists()
