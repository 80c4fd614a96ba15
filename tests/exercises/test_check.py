"""The checks pass what is right, and tell what is wrong."""

import inspect
import os
import pty
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from exercises.check.__main__ import EXERCISES, main
from exercises.check.student import find
from rnn import model
from rnn.optimizers.adagrad import AdaGrad
from tests.exercises.alternatives import RIGHT
from tests.exercises.mistakes import WRONG
from tests.support.networks import network, numbers
from tests.support.project import PROJECT
from tests.support.students import MODULES, changed, handed_in, refusal

CHECKS = {check.__name__: check for check in EXERCISES}
UNTOUCHED = {
    module: (PROJECT / f"exercises/{module}.py").read_text(encoding="utf-8") for module in MODULES
}


@pytest.fixture
def checked(tmp_path, capsys):
    """Return a function that checks what is handed in, and returns exit code and output."""

    def check(changes, *arguments):
        with handed_in(tmp_path, changes):
            code = main(["--updates", "0", *arguments])
        return code, capsys.readouterr().out

    return check


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_mistake_is_named(tmp_path, wrong):
    assert wrong.says in refusal(tmp_path, wrong)


def test_each_exercise_has_three_wrong_solutions_at_least():
    counts = Counter(wrong.function for wrong in WRONG)
    assert set(counts) == set(CHECKS)
    assert min(counts.values()) >= 3


@pytest.mark.parametrize(("module", "function", "old", "new"), RIGHT)
def test_what_is_right_in_another_way_passes(tmp_path, module, function, old, new):
    with handed_in(tmp_path, {module: changed(module, function, old, new)}):
        CHECKS[function]()


def test_the_solutions_pass_and_the_network_learns(checked):
    code, output = checked({}, "--updates", "40")
    assert code == 0
    assert output.count("\n  + ") == len(EXERCISES) - 1  # and one at the beginning
    said = " ".join(output.split())
    assert "All 15 exercises pass." in said
    assert "40 updates on The Tide Clock of Brannock, 517244 characters" in said
    first, last = said.index("What it writes before"), said.index("What it writes after")
    assert first < last < said.index("Loss of its last 40 windows")
    assert "knowing nothing costs 25 log 80 = 109.55" in said


def test_the_untouched_exercises_begin_with_the_first(checked):
    code, output = checked(UNTOUCHED)
    assert code == 1
    assert "0 of 15 exercises pass. Next is exercise 1: distinct_characters, in" in output
    assert "Traceback" not in output and "\n  +" not in output


@pytest.mark.parametrize(("before", "check"), list(pairwise(EXERCISES)))
def test_the_check_stops_at_the_first_exercise_that_is_not_done(checked, before, check):
    name, module = check.__name__, check.__module__.rpartition(".")[2]
    undone = changed(module, name, "    return ", "    raise NotImplementedError\n    return ")
    code, output = checked({module: undone})
    number = EXERCISES.index(check) + 1
    assert code == 1
    assert f"{number - 1} of 15 exercises pass. Next is exercise {number}: {name}, in" in output
    assert f"+ {number - 1:2} {before.__name__}" in output
    assert f"- {number:2} {name}" in output


@pytest.mark.parametrize(
    ("module", "function", "old", "new", "passage"),
    [
        (
            "network", "loss", "return -", "return undefined -",
            "loss stopped at line {} of exercises/network.py: "
            "return undefined -np.log(p[np.arange(len(y)), y]).sum() "
            "NameError: name 'undefined' is not defined",
        ),
        (
            "network", "backward", "T = len(x)", "T = len(x) / 0",
            "backward stopped at line {} of exercises/network.py: T = len(x) / 0 "
            "ZeroDivisionError: division by zero",
        ),
        (
            "learning", "adagrad", "return theta", "return theta / 0",
            "adagrad stopped at line {} of exercises/learning.py",
        ),
        ("learning", "clip", "return ", "exit()\n    return ", "clip stopped at line {} of"),
        (
            "measuring", "bits_a_character", "loss /", "float('inf') * loss /",
            "bits_a_character, at line {def} of exercises/measuring.py, returned a value that is "
            "infinite or not a number.",
        ),
        (
            "network", "softmax", "return e", "return np.nan * e",
            "softmax, at line {def} of exercises/network.py, returned a value that is infinite",
        ),
    ],
)  # fmt: skip
def test_an_error_is_one_passage_that_names_function_and_line(
    checked, module, function, old, new, passage
):
    source = changed(module, function, old, new)
    lines = source.splitlines()
    begins = next(n for n, line in enumerate(lines, 1) if line.startswith(f"def {function}("))
    line = next(
        (n for n, text in enumerate(lines, 1) if n > begins and new.splitlines()[0] in text), 0
    )
    code, output = checked({module: source})
    assert code == 1
    passage = passage.replace("{def}", str(begins)).replace("{}", str(line))
    assert passage in " ".join(output.split())
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\ndef softmax(o)\n", "Python cannot read line 2 of exercises/network.py"),
        ("import nunpy\n", "Reading the exercises stopped at line 1 of exercises/network.py"),
        ("import numpy as np\n", "exercises/network.py has no function named softmax any more"),
        ("def softmax():\n    return 1\n", "softmax cannot be called the way its first line says"),
        ("def softmax(o):\n    while True:\n        raise KeyboardInterrupt\n",
         "softmax stopped at line 3 of exercises/network.py, by Ctrl-C."),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_named(checked, text, words):
    code, output = checked({"network": text})
    assert code == 1
    assert words in " ".join(output.split())
    assert "+  4 window" in output and "Traceback" not in output


def test_a_right_solution_is_refused_for_no_seed(tmp_path, monkeypatch):
    """That draws are right is told by chance, yet no seed but a few in a billion is unlucky."""
    unseeded = np.random.default_rng
    with handed_in(tmp_path, {}):
        for seed in range(8):
            monkeypatch.setattr(
                np.random, "default_rng", lambda number, seed=seed: unseeded([seed, number])
            )
            CHECKS["draw"]()


def test_colours_are_for_terminals(tmp_path, checked, monkeypatch):
    assert "\x1b" not in checked({})[1]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, handed_in(tmp_path, UNTOUCHED):
        monkeypatch.setattr("sys.stdout", terminal)
        main(["--updates", "0"])
        terminal.flush()
        shown = os.read(ours, 100_000)
    os.close(ours)
    assert b"\x1b[" in shown


def test_a_missing_book_is_named(checked, monkeypatch, tmp_path):
    monkeypatch.setattr("exercises.check.__main__.BOOK", tmp_path / "gone.txt")
    code, output = checked({}, "--updates", "1")
    assert code == 1
    assert "The book cannot be read" in output and "gone.txt" in output


def test_the_solutions_are_those_of_the_exercises(tmp_path):
    for module, source in UNTOUCHED.items():
        names = [check.__name__ for check in EXERCISES if f"def {check.__name__}(" in source]
        untouched = [inspect.signature(find(module, name)) for name in names]
        with handed_in(tmp_path, {}):
            assert [inspect.signature(find(module, name)) for name in names] == untouched


def test_the_solutions_are_the_project_s_equations(tmp_path):
    rng = numbers(3)
    parameters = network(7, 5)
    h, x, y = rng.uniform(-1, 1, 5), rng.integers(0, 7, 9), rng.integers(0, 7, 9)
    loss, gradients, after = model.gradients(parameters, h, x, y)
    with handed_in(tmp_path, {}):
        hidden, o = find("network", "forward")(parameters, h, x)
        p = find("network", "softmax")(o)
        theirs = find("network", "backward")(parameters, hidden, p, x, y)
        assert find("network", "loss")(p, y) == pytest.approx(loss, rel=1e-12)
        theta, G = find("learning", "adagrad")(parameters.W, np.ones((5, 5)), theirs.W, 0.1, 1e-8)
    np.testing.assert_allclose(hidden[-1], after, rtol=1e-12)
    assert theirs._fields == gradients._fields
    for ours, other in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(other, ours, rtol=1e-10, atol=1e-13)
    ours, (slot,) = AdaGrad(1.0, 1e-8).step(parameters.W, (np.ones((5, 5)),), gradients.W, 0.1)
    np.testing.assert_allclose(theta, ours, rtol=1e-12)
    np.testing.assert_allclose(G, slot, rtol=1e-10)


def test_a_mistake_is_shown_with_its_numbers(checked):
    source = changed("network", "backward", "W.T @ d_a", "W @ d_a")
    code, output = checked({"network": source})
    assert code == 1
    assert "x  8 backward" in output
    assert "d_c and d_V are right." in output
    assert "\n    yours " in output and "\n    complex step " in output
