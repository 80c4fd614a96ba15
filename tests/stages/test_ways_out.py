"""Each fact that the package states about what a user gave it comes with what to do about it."""

from pathlib import Path

import pytest

from rnn import errors
from stages.common import paths
from stages.common.ways_out import WAYS_OUT, explained


def subclasses(kind):
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_kind_of_fact_has_a_way_out():
    kinds = {each for each in subclasses(errors.InputError) if each.__module__ == "rnn.errors"}
    assert kinds == set(WAYS_OUT)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            errors.Damaged(paths.BEST, "cut"),
            "data/train/best.npz: is damaged or not written by this project (cut); "
            "delete it and run `dvc repro` to make it anew",
        ),
        (errors.UnfitBook("b.txt: is empty"), "b.txt: is empty; set corpus.path to another text"),
        (
            errors.WrongEncoding("b.txt: byte 7 is not utf-8 (0x96)", "cp1252"),
            "b.txt: byte 7 is not utf-8 (0x96); set corpus.encoding to cp1252",
        ),
        (errors.InputError("train: mend it"), "train: mend it"),
    ],
)
def test_a_fact_and_its_way_out_make_one_line(error, said):
    assert explained(error) == said


@pytest.mark.parametrize(
    ("path", "way_out"),
    [
        (paths.PARAMS, "run this in the project's folder"),
        (paths.PIPELINE, "run this in the project's folder"),
        (paths.INDICES, "run `dvc repro` to make it"),
        (paths.snapshot(100), "run `dvc repro` to make it"),
        (Path("data/raw/tide-clock.txt"), "set corpus.path to a text file"),
        (Path("/books/nell.txt"), "set corpus.path to a text file"),
    ],
    ids=str,
)
def test_what_to_do_about_a_missing_file_depends_on_whose_it_is(path, way_out):
    assert explained(errors.Unreadable(path, "no such file")) == f"{path}: no such file; {way_out}"


def test_a_long_fact_leaves_room_for_its_way_out():
    said = explained(errors.UnfitBook("x" * 10**6 + "\n"))
    assert said.endswith("; set corpus.path to another text")
    assert said.isprintable() and len(said) <= 1000
