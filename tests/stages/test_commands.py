"""The stages as a user runs them: as commands, in a folder."""

import html
import json
import math
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager

import pytest
from ruamel.yaml import YAML

from rnn.data.vocabulary import Vocabulary
from rnn.engine import compilation
from stages.common import paths
from tests.support.networks import numbers
from tests.support.project import PROJECT, STAGES, TEXT


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
    assert f"Example: python -m stages.{name}" in done.stdout


def test_the_help_page_of_a_sample_says_where_its_defaults_stand(project):
    said = " ".join(project.stage("synthesize_best", "--help").stdout.split())
    for name in ("prime", "temperature", "top_k", "top_p", "length", "stop", "seed"):
        assert f"[default: (synthesize_best.{name} of params.yaml)]" in said


def test_a_gradient_check_that_passes_says_so_in_one_line(trained):
    done = trained.stage("gradient_check")
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert "1e-08 allowed" in line and "1e-12 allowed" in line


def test_the_stages_make_what_dvc_yaml_promises(trained):
    metrics = {path.name for path in (trained.root / "reports/metrics").iterdir()}
    assert metrics == {"baselines.json", "corpus.json", "text.json", "train.json"}
    corpus = json.loads((trained.root / "reports/metrics/corpus.json").read_text())
    assert corpus == {
        "characters": len(TEXT),
        "vocabulary_size": len(set(TEXT)),
    }
    verdict = (trained.root / "data/gradient_check/verdict.json").read_text()
    assert json.loads(verdict) == {"passed": True}
    evolution = json.loads((trained.root / "data/sample_evolution/evolution.json").read_text())
    assert [entry["update"] for entry in evolution] == [0, 200, 400]
    assert all(len(entry["text"]) == 200 for entry in evolution)
    text = (trained.root / "reports/best_text.txt").read_text()
    assert len(text) == 1000 + 1
    train = json.loads((trained.root / "reports/metrics/train.json").read_text())
    start = len(TEXT) - int(0.05 * len(TEXT))  # of the held-out text
    assert train["updates"] == 2 * train["updates_per_epoch"] == 2 * ((start - 1) // 25)


def test_the_held_out_bits_of_a_snapshot_are_those_that_the_training_would_have_measured(trained):
    """One that is taken at the end of an epoch shows it: the training measures there too."""
    epoch = json.loads((trained.root / "reports/metrics/train.json").read_text())["updates"] // 2
    changes = {"train.snapshot_every": epoch, "train.snapshot_until": 2 * epoch}
    trained.set(changes)
    for name in ("train", "sample_evolution"):
        done = trained.stage(name)
        assert done.returncode == 0, done.stderr
    rows = (trained.root / "reports/plots/epochs.csv").read_text().splitlines()[1:]
    evolution = json.loads((trained.root / "data/sample_evolution/evolution.json").read_text())
    assert [entry["update"] for entry in evolution] == [0, epoch, 2 * epoch]
    start, *ends = (entry["held_out_bits"] for entry in evolution)
    assert [f"{bits:.6f}" for bits in ends] == [row.split(",")[2] for row in rows]
    assert abs(start - math.log2(len(set(TEXT)))) < 0.1  # it guesses
    assert f", {ends[1]:.2f} held out, " in done.stdout.splitlines()[-1]
    train = json.loads((trained.root / "reports/metrics/train.json").read_text())
    assert train["final_held_out_bits"] == ends[1]


def test_every_text_is_assessed_and_the_figures_of_the_best_are_metrics(trained):
    texts = json.loads((trained.root / "data/assess_text/texts.json").read_text())
    temperatures = [entry["temperature"] for entry in texts["temperatures"]]
    assert temperatures == [0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4]
    assert {entry["characters"] for entry in texts["temperatures"]} == {1000}
    assert [entry["update"] for entry in texts["snapshots"]] == [0, 200, 400]
    assert {entry["characters"] for entry in texts["snapshots"]} == {500}
    assert texts["held_out"]["characters"] == len(TEXT) // 20
    assert texts["held_out"]["longest_copied_text"] in TEXT[: -(len(TEXT) // 20)]

    metrics = json.loads((trained.root / "reports/metrics/text.json").read_text())
    names = ("known_word_share", "distinct_4grams", "copied_share", "longest_copied_run")
    assert set(metrics) == {*names, "held_out"} and set(metrics["held_out"]) == set(names)
    rows = (trained.root / "reports/plots/temperature.csv").read_text().splitlines()
    columns, *rows = (row.split(",") for row in rows)
    for row, entry in zip(rows, texts["temperatures"], strict=True):
        assert dict(zip(columns, map(float, row), strict=True)) == {
            name: entry[name] for name in ("temperature", *names)
        }
    assert all(metrics[name] == texts["temperatures"][4][name] for name in names)
    assert all(metrics["held_out"][name] == texts["held_out"][name] for name in names)


def test_why_a_training_learns_or_not_is_written_four_times_an_epoch(trained):
    epoch = json.loads((trained.root / "reports/metrics/train.json").read_text())["updates"] // 2
    rows = (trained.root / "reports/plots/health.csv").read_text().splitlines()
    columns, *rows = (row.split(",") for row in rows)
    names = "update saturated_share clipped_share norm_U norm_W norm_V norm_b norm_c"
    assert columns == names.split()
    quarters = [epoch * quarter // 4 for quarter in range(4)]
    assert [int(row[0]) for row in rows] == quarters + [epoch + each for each in quarters]
    assert all(float(norm) > 0 for row in rows for norm in row[3:])


def test_temperature_one_is_assessed_even_where_it_is_not_asked_for(trained):
    before = json.loads((trained.root / "reports/metrics/text.json").read_text())
    trained.set({"assess_text.temperatures": [1.5, 0.5, 0.5]})
    for name in ("assess_text", "report"):
        assert trained.stage(name).returncode == 0
    rows = (trained.root / "reports/plots/temperature.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["0.5", "1.0", "1.5"]
    assert json.loads((trained.root / "reports/metrics/text.json").read_text()) == before


@pytest.mark.parametrize("share", [0.0001, 0.002])
def test_a_hold_out_shorter_than_a_window_is_refused(trained, share):
    trained.set({"corpus.holdout": share})
    said = ("are held out, but a window is 25 long", "another corpus.holdout")
    assert_refused(trained, "train", *said)


@pytest.mark.long
def test_without_held_out_text_all_stages_run_and_say_nothing_of_it(project):
    project.set({"corpus.holdout": 0.0})
    for name in STAGES:
        done = project.stage(name)
        assert done.returncode == 0, done.stderr
    held_out = json.loads((project.root / "data/assess_text/texts.json").read_text())["held_out"]
    assert (held_out["characters"], held_out["copied_share"]) == (0, None)
    assert json.loads((project.root / "reports/metrics/baselines.json").read_text()) == {}
    train = json.loads((project.root / "reports/metrics/train.json").read_text())
    assert not [name for name in train if "held_out" in name]
    evolution = json.loads((project.root / "data/sample_evolution/evolution.json").read_text())
    assert [entry["held_out_bits"] for entry in evolution] == [None] * 3
    assert "What is a good loss" not in (project.root / "reports/report.md").read_text()


def test_a_model_of_another_book_is_not_held_against_this_one(trained):
    trained.book.write_text(TEXT.replace("Nell", "Noël"), encoding="utf-8")
    assert trained.stage("preprocess").returncode == 0
    said = "has another vocabulary than data/preprocess/vocabulary.json; run"
    assert_refused(trained, "assess_text", f"data/train/best.npz: {said}")
    assert_refused(trained, "sample_evolution", f"data/train/snapshots/000000000.npz: {said}")


@pytest.mark.parametrize("stage", ["assess_text", "sample_evolution"])
def test_a_training_without_snapshots_is_named(trained, stage):
    for path in (trained.root / "data/train/snapshots").iterdir():
        path.unlink()
    said = "data/train/snapshots: holds no snapshots; run `dvc repro train`"
    assert_refused(trained, stage, said)


@pytest.mark.long
def test_a_second_run_gives_the_same_bytes(trained):
    """In processes of their own, each of which has its own order of hashes."""
    before = trained.outputs()
    for name in STAGES:
        assert trained.run(sys.executable, "-m", f"stages.{name}").returncode == 0
    assert trained.outputs() == before


def test_the_report_states_the_minimum_smooth_loss_and_the_page_every_param(trained):
    report = (trained.root / "reports/report.md").read_text()
    metrics = json.loads((trained.root / "reports/metrics/train.json").read_text())
    assert f"**{metrics['min_smooth_loss']:.2f} nats**" in report
    assert f"or {metrics['min_smooth_bits']:.2f} bits" in report
    page = (trained.root / paths.PAGE).read_text(encoding="utf-8")
    (stated,) = re.findall(r'(?s)<pre class="params"[^>]*><code>(.*?)</code>', page)
    yaml = YAML(typ="safe")
    assert yaml.load(html.unescape(stated)) == yaml.load((trained.root / "params.yaml").read_text())
    assert (trained.root / "reports/best_text.txt").read_text().rstrip("\n") in report


def test_the_book_s_line_ends_do_not_matter(trained):
    before = trained.outputs()
    trained.book.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert trained.stage("preprocess").returncode == 0
    changed = {name for name, content in trained.outputs().items() if content != before[name]}
    assert changed == {"data/raw/tide-clock.txt"}


def test_a_training_that_learns_nothing_ends_with_a_warning(trained):
    trained.set({"adagrad.learning_rate": 1e6})
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


def test_a_person_can_draw_from_the_likeliest_only_and_stop_the_text(trained):
    def written(*options):
        done = trained.stage("synthesize_best", "--length", "300", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.removesuffix("\n")

    likeliest = written("--temperature", "0")
    assert written("--top-k", "1") == written("--top-p", "0.000001") == likeliest
    whole = written("--top-k", "20", "--top-p", "0.9")
    assert whole != written()
    stop = whole[100:102]
    stopped = written("--top-k", "20", "--top-p", "0.9", "--stop", stop)
    assert stopped == whole[: whole.index(stop) + 2]


@pytest.mark.long
def test_what_becomes_of_unknown_characters_is_up_to_params(trained):
    trained.set({"corpus.unknown": "skip", "synthesize_best.prime": "Zoë", "train.epochs": 1})
    for name in ("gradient_check", "train", "synthesize_best", "report"):
        done = trained.stage(name)
        assert done.returncode == 0, done.stderr
    assert (trained.root / "reports/best_text.txt").read_text("utf-8").startswith("o")
    assert 'after reading "o"' in (trained.root / "reports/report.md").read_text("utf-8")
    trained.set({"corpus.unknown": "nearest"})
    assert_refused(trained, "synthesize_best", "'Z' (U+005A) at place 1", options=("--seed", "1"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--prime", "Zoë"), "'Z' (U+005A)"),
        (("--prime", "Ночь"), "prime: character 'Н' (U+041D) at place 1"),
        (("--prime", "Zoë"), "; use those only, or set corpus.unknown to nearest or skip"),
        (("--top-k", "0"), "synthesize_best.top_k is 0: should be at least 1"),
        (("--top-k", "65001"), "synthesize_best.top_k is 65001: should be at most 65000"),
        (("--top-p", "1.5"), "synthesize_best.top_p is 1.5: should be at most 1"),
        (("--top-p", "0"), "synthesize_best.top_p is 0.0: should be greater than 0"),
        (("--top-p", "nan"), "synthesize_best.top_p is nan"),
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
        (b"", "is empty; set corpus.path to another text"),
        (b"a" * 100, "one distinct character, 'a', and nothing to learn; set corpus.path to"),
        (b"x" * 50 + b"\x96" + b"y" * 50, "byte 50 is not utf-8 (0x96)"),
        ("Noël, ".encode("latin-1") * 9, "byte 2 is not utf-8 (0xeb); set corpus.encoding"),
        (("Nell, " * 9).encode("utf-16"), "not utf-8; set corpus.encoding to utf-16"),
        (b"ab" * 50 + b"\xed\xa0\x80", "byte 100 is not utf-8 (0xed)"),  # a lone surrogate
    ],
)
def test_a_book_that_cannot_be_used_is_named(trained, content, said):
    trained.book.write_bytes(content)
    assert_refused(trained, "preprocess", "data/raw/tide-clock.txt", said)


@pytest.mark.parametrize("stage", ["gradient_check", "train"])
def test_a_book_shorter_than_a_window_is_refused_where_windows_are_read(trained, stage):
    trained.book.write_text("short")
    assert trained.stage("preprocess").returncode == 0
    assert_refused(trained, stage, "needs 26; take a longer book, a shorter window")


@pytest.mark.long
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


@pytest.mark.long
def test_a_chinese_book_of_5000_characters_goes_through_all_stages(project):
    characters = [chr(0x4E00 + place) for place in numbers().permutation(5000)]
    lines = ["".join(characters[start : start + 70]) + "。\n" for start in range(0, 5000, 70)]
    project.book.write_text("".join(lines), encoding="utf-8")
    project.set({"train.epochs": 1, "train.snapshot_until": 0})
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


@pytest.mark.long
def test_escape_sequences_of_a_book_reach_a_file_but_not_a_terminal(trained):
    trained.book.write_text(TEXT.replace("Nell", "\x1b[1m\x9b"), encoding="utf-8")
    for name in ("preprocess", "train"):
        assert trained.stage(name).returncode == 0
    command = ("-m", "stages.synthesize_best", "--prime", "\x1b[1m\x9btide\n", "--length", "1")
    done = trained.run(sys.executable, *command)
    assert done.stdout.startswith("\x1b[1m\x9btide\n")
    assert on_a_terminal(trained, *command).startswith(rb"\x1b[1m\x9btide" + b"\r\n")
    there = on_a_terminal(trained, *command, "--colour")
    assert there.startswith(rb"\x1b[1m\x9btide" + b"\r\n")


def on_a_terminal(project, *command, **variables):
    """Return what Python, run with `command`, shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    environment = project.environment() | {"TERM": "xterm", "NO_COLOR": ""} | variables
    command = (sys.executable, *command)
    subprocess.run(command, cwd=project.root, env=environment, stdout=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000)
    os.close(ours)
    return shown


@pytest.mark.long
def test_colour_is_for_terminals_whose_user_wants_it(trained):
    command = ("-m", "stages.synthesize_best", "--length", "60", "--prime", "Nell")
    plain = trained.run(sys.executable, *command).stdout
    assert trained.run(sys.executable, *command, "--colour").stdout == plain
    shown = plain.replace("\n", "\r\n").encode()
    assert on_a_terminal(trained, *command) == shown
    assert on_a_terminal(trained, *command, "--colour", NO_COLOR="1") == shown
    assert on_a_terminal(trained, *command, "--colour", TERM="dumb") == shown
    coloured = on_a_terminal(trained, *command, "--colour")
    assert coloured.startswith(b"Nell") and b"\x1b[38;5;16;48;5;" in coloured
    assert re.sub(rb"\x1b\[[0-9;]*m", b"", coloured) == shown


def test_the_page_that_is_there_is_opened_in_the_browser(trained):
    before = trained.outputs()
    page = trained.root / paths.PAGE
    script = trained.root / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {trained.root}/opened\n')
    script.chmod(0o755)
    done = trained.run(
        "env", f"BROWSER={script}", sys.executable, "-m", "stages.report", "--open"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (trained.root / "opened").read_text() == page.as_uri() + "\n"
    assert trained.outputs() == before
    page.unlink()
    done = trained.stage("report", "--open")
    assert done.stderr == f"error: {paths.PAGE}: no such file; run `dvc repro` to make it\n"


def test_an_interrupt_while_imports_go_on_shows_no_traceback(project, tmp_path):
    (tmp_path / "pydantic.py").write_text("import os; os.kill(os.getpid(), 2)")
    path = f"PYTHONPATH={tmp_path}:{PROJECT}"
    done = project.run("env", path, sys.executable, "-m", "stages.preprocess")
    assert done.returncode == -signal.SIGINT
    assert done.stderr == "error: interrupted before it began; run it again\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_any_stage_is_named_and_leaves_no_temporary_file(project, number):
    project.book.write_text(TEXT * 3000, encoding="utf-8")
    command = (sys.executable, "-m", "stages.preprocess")
    process = subprocess.Popen(
        command, cwd=project.root, env=project.environment(), stderr=subprocess.PIPE, text=True
    )
    folder = project.root / "data/preprocess"
    while not list(folder.glob(".indices.npy.*.tmp")):
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    name = signal.Signals(number).name
    assert said == f"error: stopped by {name} before it was done; run it again\n"
    assert process.returncode == 128 + number
    assert list(folder.iterdir()) == []


def test_a_signal_while_llvm_calls_python_is_not_lost(project):
    """As it does while it compiles; an exception that is raised there is only printed."""
    done = project.script("""
        import ctypes, os, time
        from stages.common import command
        kill = ctypes.CFUNCTYPE(None)(lambda: os.kill(os.getpid(), 15))
        def main() -> None:
            kill()
            time.sleep(60)
        command.run(main)
    """)
    assert done.stderr == "error: stopped by SIGTERM before it was done; run it again\n"
    assert done.returncode == 128 + signal.SIGTERM


def shell(project, redirected, *words):
    """Run a stage with redirections, and return the shell's own exit code and standard error."""
    command = f'"$0" -m stages."$@" {redirected}'
    return project.run("bash", "-c", "set -o pipefail; " + command, sys.executable, *words)


@pytest.mark.long
@pytest.mark.parametrize("redirected", [">&-", "<&- >&- 2>&-", "2>&-", "2>/dev/full", "| true"])
def test_what_nobody_listens_to_does_not_end_a_stage(trained, redirected):
    before = trained.outputs()
    shutil.rmtree(trained.root / "data/train")
    shutil.rmtree(trained.root / ".checkpoints", ignore_errors=True)
    for name in ("train", "preprocess", "synthesize_best"):
        done = shell(trained, redirected, name)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
    assert trained.outputs() == before


def test_text_that_a_full_disk_has_no_room_for_is_missed(trained):
    done = shell(trained, ">/dev/full", "synthesize_best", "--prime", "Nell")
    assert done.returncode == 1
    said = "error: standard output: No space left on device; make room and run it again\n"
    assert done.stderr.endswith(said) and "Traceback" not in done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    "odd",
    ["NUMBA_DISABLE_JIT=1", "NUMBA_NUM_THREADS=0", "--unset=HOME"],
)
def test_an_odd_environment_is_no_obstacle_to_sampling(trained, odd):
    command = ("-m", "stages.synthesize_best", "--prime", "N", "--length", "9")
    done = trained.run("env", odd, sys.executable, *command)
    assert done.returncode == 0, done.stderr
    assert done.stdout == trained.run(sys.executable, *command).stdout


@pytest.mark.long
def test_an_odd_environment_is_no_obstacle_to_the_report(trained):
    before = trained.outputs()
    done = trained.run(
        "env", "--unset=HOME", "MPLBACKEND=nonsense", sys.executable, "-m", "stages.report"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert trained.outputs() == before


def test_a_lack_of_memory_is_said_in_one_line(project):
    done = project.script("""
        import numpy
        from stages.common import command
        def main() -> None:
            numpy.zeros(2**50)
        command.run(main)
    """)
    assert done.returncode == 1
    assert re.fullmatch(
        r"error: not enough memory \(Unable to allocate .*\); .* train.batch_size .*\n", done.stderr
    )


def test_a_bug_shows_its_traceback(project):
    done = project.script("from stages.common import command; command.run(lambda: [][0])")
    assert done.returncode == 1
    assert "Traceback" in done.stderr and done.stderr.endswith("list index out of range\n")


@pytest.fixture
def bare(tmp_path):
    """Return the folder of a Python that has no packages."""
    command = (sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare")
    subprocess.run(command, check=True)
    (tmp_path / "bare/bin/python").unlink()  # Debian has no more than python3
    return tmp_path / "bare/bin"


def repro_of_a_bare_python(project, bare):
    """Run DVC by its whole path, in a shell whose Python is another."""
    environment = {
        name: value
        for name, value in project.environment().items()
        if name not in ("PYTHONPATH", "PYTHONSAFEPATH", "VIRTUAL_ENV")
    }
    return subprocess.run(
        [sys.executable, "-m", "dvc", "repro", "preprocess"],
        cwd=project.root,
        env={**environment, "PATH": f"{bare}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_stages_find_the_python_of_the_virtual_environment_themselves(project, bare):
    project.run("dvc", "init", "--quiet", "--no-scm", "--force")
    shutil.copytree(bare.parent, project.root / ".venv", symlinks=True)
    (project.root / ".venv/bin/python").symlink_to("python3")
    done = repro_of_a_bare_python(project, project.root / ".venv/bin")
    assert "has no package" in done.stderr and "make repro" in done.stderr
    assert "Traceback" not in done.stderr

    (packages,) = (project.root / ".venv/lib").glob("python*/site-packages")
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"))
    done = repro_of_a_bare_python(project, bare)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.root / "data/preprocess/indices.npy").exists()


def test_arm64_says_what_is_to_be_installed(tmp_path):
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name))
    command = ["bash", PROJECT / "tests/support/arm64.sh"]
    environment = {"PATH": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "apt-get install debootstrap qemu-user-static" in done.stderr


def test_no_book_and_a_folder_are_named(trained):
    trained.book.unlink()
    assert_refused(
        trained, "preprocess", "tide-clock.txt: no such file; set corpus.path to a text file"
    )
    trained.book.mkdir()
    assert_refused(
        trained, "preprocess", "tide-clock.txt: is a folder, not a file; set corpus.path"
    )


def test_a_book_that_is_a_pipe_is_refused_at_once(trained):
    trained.book.unlink()
    os.mkfifo(trained.book)
    assert_refused(trained, "preprocess", "tide-clock.txt", "is a pipe or a device, not a file")


def test_a_book_at_an_address_says_how_to_fetch_it(trained):
    trained.set({"corpus.path": "https://example.org/b.txt"})
    assert_refused(trained, "preprocess", "dvc import-url https://example.org/b.txt data/raw/")


@pytest.mark.parametrize("exists", [True, False])
def test_a_name_with_an_escape_sequence_does_not_reach_the_terminal(trained, exists):
    name = "data/raw/\x1b[31mred\nbook"
    if exists:
        trained.book.rename(trained.root / name)
    trained.set({"corpus.path": name})
    done = trained.stage("preprocess")
    said, nothing = (done.stdout, done.stderr) if exists else (done.stderr, done.stdout)
    assert done.returncode == (0 if exists else 1) and nothing == ""
    assert "data/raw/\\x1b[31mred\\nbook: " in said and said.removesuffix("\n").isprintable()


def test_a_prime_that_the_book_lacks_is_named_before_the_training(trained):
    trained.set({"synthesize_best.prime": "Zoë"})
    said = "params.yaml: synthesize_best.prime: character 'Z' (U+005A) at place 1"
    for name in ("gradient_check", "train"):
        assert_refused(trained, name, said, "; use those only, or set corpus.unknown")


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
        trained.set({"model.seed": 1})
        assert_refused(trained, "train", ".checkpoints", said)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="root needs mount")
def test_a_repo_that_may_only_be_read_lets_its_model_write(trained):
    """Compiled in memory, or by the code that is there."""
    command = (sys.executable, "-m", "stages.synthesize_best", "--prime", "N", "--length", "9")
    expected = trained.run(*command).stdout
    own_code = ("env", "--unset=PYTHONPATH", "--unset=PYTHONSAFEPATH", *command)
    with read_only(trained.root / "rnn") as said:
        done = trained.run(*own_code)
    assert (done.returncode, done.stdout) == (0, expected), done.stderr
    compiling, not_kept = done.stderr.splitlines()
    assert compiling.startswith("compiling the network")
    assert said in not_kept

    compiled = trained.root / "rnn/engine/__pycache__" / compilation.FOLDER.name
    shutil.copytree(compilation.FOLDER, compiled)
    with read_only(trained.root / "rnn"):
        done = trained.run(*own_code)
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


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


def test_a_path_with_a_nul_is_refused_in_one_line(trained):
    trained.set({"corpus.path": "data/raw/a\0b"})
    assert_refused(trained, "preprocess", "a\\x00b: is no path that a file can have")


def test_bad_params_stop_every_stage_before_anything_runs(trained):
    trained.set({"train.epochs": 0})
    for name in STAGES:
        assert_refused(trained, name, "params.yaml: train.epochs is 0")


def test_a_truncated_index_array_is_named(trained):
    path = trained.root / "data/preprocess/indices.npy"
    path.write_bytes(path.read_bytes()[:-1])
    for name in ("gradient_check", "train", "sample_evolution", "assess_text"):
        said = "data/preprocess/indices.npy: is damaged"
        assert_refused(trained, name, said, "; delete it and run `dvc repro` to make it anew")


def test_a_vocabulary_that_does_not_fit_the_model_is_named(trained):
    path = trained.root / "data/preprocess/vocabulary.json"
    Vocabulary("".join(json.loads(path.read_text())["characters"][:-1])).save(path)
    for name in ("sample_evolution", "train"):
        assert_refused(trained, name, "vocabulary", "; run `dvc repro --force preprocess`, then")


@pytest.mark.long
def test_a_failed_gradient_check_shows_where_and_training_does_not_start(project):
    project.set({"gradient_check.tolerances.central_differences": 1e-12})
    done = project.run("dvc", "init", "--quiet", "--no-scm", "--force")
    done = project.run("dvc", "repro")
    assert done.returncode != 0
    rows = re.findall(r"(?m)^m=.* central_differences .*e-\d+$", done.stdout)
    assert rows and max(map(len, rows)) <= 100
    assert "complex_step" not in done.stdout
    assert "differences exceed gradient_check.tolerances" in done.stderr
    assert "Running stage 'train'" not in done.stdout
    assert not (project.root / "data/train").exists()
