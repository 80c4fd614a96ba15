"""The report reads what fits together, and refuses all else with the file's name."""

import copy
import json

import pytest

from rnn.errors import InputError
from stages import report
from stages.common import paths
from stages.common.ways_out import explained
from tests.support import handed


def test_the_report_is_written_from_what_fits_together(folder):
    report.main()
    written = paths.REPORT.read_text()
    assert "**6.00 nats**" in written and "```text\nabc\n```" in written


def test_the_report_does_not_change_with_how_params_are_written(folder):
    report.main()
    before = paths.REPORT.read_bytes()
    text = paths.PARAMS.read_text()
    other = text.replace("  # passes through the book", " # passes").replace("''", '""')
    other = other.replace("clip: 5 ", "clip: 5.0 ").replace("step: 1e-5", "step: 0.00001")
    assert other != text
    paths.PARAMS.write_text(other)
    report.main()
    assert paths.REPORT.read_bytes() == before


def places(value, *place):
    """Yield the place of every value inside another."""
    yield place
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], *place, key)


def changed(value, place, change):
    """Return a copy of a value in which what stands at a place has changed."""
    if not place:
        return change(value)
    copied = copy.deepcopy(value)
    inner = copied
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = change(inner[place[-1]])
    return copied


def assert_refused(path):
    with pytest.raises(InputError) as error:
        report.main()
    said = explained(error.value)
    assert said.startswith(f"{path}: ") and "; delete it and run" in said
    assert said.isprintable()
    assert not paths.REPORT.exists() and not paths.SMOOTH_LOSS_FIGURE.exists()


@pytest.mark.long
@pytest.mark.parametrize("path", handed.VALUES, ids=str)
def test_json_of_another_shape_is_refused_with_the_file_s_name(folder, path):
    value = handed.VALUES[path]
    if path == paths.GRADIENT_TABLE:
        value = value[:5]
    for place in places(value):
        for other in ({}, [], "\ud800", True, -1, float("nan"), 1e101, 10**400):
            path.write_text(json.dumps(changed(value, place, lambda _, other=other: other)))
            assert_refused(path)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (paths.TRAIN_METRICS, lambda value: {**value, "updates": 2}),
        (paths.TRAIN_METRICS, lambda value: {**value, "epochs": 5}),
        (paths.TRAIN_METRICS, lambda value: {**value, "final_held_out_bits": None}),
        (paths.GRADIENT_TABLE, lambda value: value[:-1]),
        (paths.GRADIENT_TABLE, lambda value: value[1:] + value[:1]),
        (paths.EVOLUTION, lambda value: value[::-1]),
        (paths.EVOLUTION, lambda value: value[:1] * 2),
        (paths.TEXTS, lambda value: {**value, "temperatures": value["temperatures"][::-1]}),
        (paths.TEXTS, lambda value: {**value, "temperatures": value["temperatures"][:1]}),
        (paths.TEXTS, lambda value: {**value, "snapshots": value["snapshots"][:1] * 2}),
        (paths.TEXTS, lambda value: {**value, "held_out": {**handed.QUALITY, "characters": 0}}),
        (
            paths.TEXTS,
            lambda value: {**value, "held_out": {**handed.QUALITY, "longest_copied_text": ""}},
        ),
        (paths.BEST_TEXT_PROBABILITIES, lambda value: {**value, "text": "b"}),
        (paths.BEST_TEXT_PROBABILITIES, lambda value: {"text": value["text"]}),
    ],
)
def test_values_that_do_not_fit_together_are_refused(folder, path, change):
    path.write_text(json.dumps(change(handed.VALUES[path])))
    assert_refused(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"update,smooth_loss\n",
        handed.CURVE.encode()[:-1],
        handed.CURVE.encode()[:31],
        handed.CURVE.encode() * 2,
        handed.CURVE.encode()[19:],
        handed.CURVE.replace("4,", "2,").encode(),
        handed.CURVE.replace("4,6.5", "9,6.5").encode(),
        handed.CURVE.replace("4,6.5", "4,5.5").encode(),
        handed.CURVE.replace("4,6.5", "4,nan").encode(),
        handed.CURVE.encode("utf-16"),
        b"\xff\0garbage",
    ],
)
def test_a_curve_that_is_empty_cut_garbage_or_of_another_training_is_refused(folder, content):
    paths.SMOOTH_LOSS_CURVE.write_bytes(content)
    assert_refused(paths.SMOOTH_LOSS_CURVE)


def test_a_figure_that_is_new_does_no_harm(folder):
    values = handed.VALUES[paths.TRAIN_METRICS] | {"bits_a_character": 1.9}
    paths.TRAIN_METRICS.write_text(json.dumps(values))
    report.main()
    assert paths.REPORT.exists()


def test_a_missing_file_is_named(folder):
    paths.EVOLUTION.unlink()
    with pytest.raises(InputError) as error:
        report.main()
    said = explained(error.value)
    assert said == f"{paths.EVOLUTION}: no such file; run `dvc repro` to make it"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        handed.EPOCHS.encode()[:-1],
        handed.EPOCHS.encode()[:40],
        handed.EPOCHS.encode() + b"3,1.000000,1.000000\n",
        handed.EPOCHS.replace("\n2,", "\n3,").encode(),
        handed.EPOCHS.replace(",held_out_bits", "").encode(),
        handed.EPOCHS.replace(",2.250000", "").encode(),
        handed.EPOCHS.replace("2.5", "nan").encode(),
        handed.EPOCHS.encode("utf-16"),
    ],
)
def test_epochs_that_are_cut_garbage_or_of_another_training_are_refused(folder, content):
    paths.EPOCHS.write_bytes(content)
    assert_refused(paths.EPOCHS)


def test_the_surprise_of_another_passage_is_refused(folder):
    value = {**handed.VALUES[paths.NGRAM_SURPRISE], "bits": [1.0, 2.0]}
    paths.NGRAM_SURPRISE.write_text(json.dumps(value))
    with pytest.raises(InputError, match="it is of another passage"):
        report.main()
