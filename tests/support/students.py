"""A student's work: the solutions to the exercises, with a change here and there."""

import importlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

import exercises
from exercises.check.__main__ import EXERCISES
from exercises.check.student import Mistake
from tests.exercises.mistakes import Wrong
from tests.support.project import PROJECT

SOLUTIONS = PROJECT / "tests/exercises/solutions"
MODULES = tuple(sorted(path.stem for path in SOLUTIONS.glob("*.py")))


def solution(module: str) -> str:
    """Return the source of a solved module."""
    return (SOLUTIONS / f"{module}.py").read_text(encoding="utf-8")


def changed(module: str, function: str, old: str, new: str) -> str:
    """Return the source of a solved module in one function of which a text is replaced."""
    source = solution(module)
    begins = source.index(f"def {function}(")
    ends = source.find("\ndef ", begins) if "\ndef " in source[begins:] else len(source)
    text = source[begins:ends]
    assert text.count(old) == 1, f"{function} has {text.count(old)} times: {old}"
    return source[:begins] + text.replace(old, new) + source[ends:]


@contextmanager
def handed_in(folder: Path, changes: Mapping[str, str]) -> Iterator[None]:
    """Let `exercises` be solved, but for the modules whose source is given here."""
    for module in MODULES:
        text = changes.get(module, solution(module))
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    names = [f"exercises.{module}" for module in (*MODULES, "training")]
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    exercises.__path__.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        exercises.__path__.remove(str(folder))
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def refusal(folder: Path, wrong: Wrong) -> str:
    """Return what the check says to a wrong solution."""
    source = changed(wrong.module, wrong.function, wrong.old, wrong.new)
    check = next(check for check in EXERCISES if check.__name__ == wrong.function)
    with handed_in(folder, {wrong.module: source}), pytest.raises(Mistake) as refused:
        check()
    return str(refused.value)
