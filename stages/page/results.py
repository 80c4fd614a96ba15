"""What stages hand to the report: the form of each file, and its one reader.

A reader returns plain values, as JSON has them, and raises InputError with the file's name where
they are not what its stage writes. A key more than is listed here does no harm.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from rnn.data.vocabulary import LARGEST
from rnn.data.windows import PASSAGE
from rnn.errors import Damaged
from rnn.evaluation import quality
from rnn.storage import files
from stages.common import paths

Count = Annotated[int, Field(ge=0, lt=2**53)]
Positive = Annotated[int, Field(ge=1, lt=2**53)]
Figure = Annotated[
    float, Field(ge=0, le=1e100, allow_inf_nan=False)
]  # beyond, the axes of a figure overflow
Share = Annotated[float, Field(ge=0, le=1)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Corpus(_Form):
    characters: Positive
    vocabulary_size: Annotated[int, Field(ge=2, le=LARGEST)]


class _Train(_Form):
    updates_per_epoch: Positive
    min_smooth_loss: Figure
    min_smooth_loss_update: Positive
    final_smooth_loss: Figure
    epoch_mean_loss: Figure
    min_smooth_bits: Figure
    epoch_mean_bits: Figure
    best_update: Count
    held_out_bits: Figure | None = None
    final_held_out_bits: Figure | None = None
    updates: Positive
    epochs: Annotated[int, Field(ge=1, le=10_000)]


class _Difference(_Form):
    case: str
    engine: str
    method: str
    parameter: str
    absolute: Figure
    relative: Figure


class _Snapshot(_Form):
    update: Count
    smooth_loss: Figure
    held_out_bits: Figure | None
    known_word_share: Share | None
    held_out_bits: Figure | None = None
    text: str


class _BestText(_Form):
    prime: str
    text: str
    probabilities: list[Share]


class _Quality(_Form):
    characters: Count
    known_word_share: Share | None
    distinct_4grams: Share | None
    copied_share: Share | None
    longest_copied_run: Count
    longest_copied_text: str


class _AtTemperature(_Quality):
    temperature: Annotated[float, Field(ge=0, le=100)]


class _OfSnapshot(_Quality):
    update: Count


class _Texts(_Form):
    held_out: _Quality
    temperatures: Annotated[list[_AtTemperature], Field(min_length=1)]
    snapshots: Annotated[list[_OfSnapshot], Field(min_length=1)]


class _Surprise(_Form):
    order: Annotated[int, Field(ge=0, le=100)]
    bits: Annotated[list[Figure], Field(max_length=PASSAGE)]


class _ByParameter(_Form):
    U: Figure
    W: Figure
    V: Figure
    b: Figure
    c: Figure


@dataclass(frozen=True)
class Results:
    """What the report is made from, as the readers below return it."""

    corpus: dict[str, Any]
    metrics: dict[str, Any]
    curve: tuple[np.ndarray, np.ndarray]
    epochs: list[dict[str, float]]
    baselines: list[float]
    ngram_surprise: dict[str, Any]
    differences: list[dict[str, Any]]
    evolution: list[dict[str, Any]]
    best: dict[str, Any]
    texts: dict[str, Any]


def read() -> Results:
    """Return all of it. Raises InputError where a file is missing, damaged or of another run."""
    metrics = train()
    return Results(
        corpus=corpus(),
        metrics=metrics,
        curve=smooth_loss_curve(metrics),
        epochs=epochs(metrics),
        baselines=baselines(metrics),
        ngram_surprise=ngram_surprise(metrics),
        differences=gradient_table(),
        evolution=evolution(),
        best=best_text(),
        texts=texts(),
    )


def corpus() -> dict[str, Any]:
    """Return the figures of the book."""
    return _read(paths.CORPUS_METRICS, _Corpus)


def train() -> dict[str, Any]:
    """Return the figures of the training: losses in nats a window."""
    values = _read(paths.TRAIN_METRICS, _Train)
    if not values["min_smooth_loss_update"] <= values["updates"] >= values["epochs"]:
        raise Damaged(paths.TRAIN_METRICS, "its updates do not fit together")
    if (values["held_out_bits"] is None) != (values["final_held_out_bits"] is None):
        raise Damaged(paths.TRAIN_METRICS, "one figure of held-out text without the other")
    return values


def baselines(metrics: dict[str, Any]) -> list[float]:
    """Return the bits a character of n-grams, from n = 1 on; none where no text is held out.

    Raises InputError where the training's `metrics` say otherwise.
    """
    values = _read(paths.BASELINES, dict[str, Figure])
    names = [f"{n}_gram_bits" for n in range(1, len(values) + 1)]
    if set(values) != set(names) or bool(values) != (metrics["held_out_bits"] is not None):
        raise Damaged(paths.BASELINES, f"not n-grams from 1 on, or not as in {paths.TRAIN_METRICS}")
    return [values[name] for name in names]


def ngram_surprise(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the order of an n-gram and its bits at each character of a held-out passage.

    Raises InputError where the training's `metrics` say that there is another.
    """
    values = _read(paths.NGRAM_SURPRISE, _Surprise)
    there = metrics["held_out_bits"] is not None
    if not bool(values["order"]) == bool(values["bits"]) == there:
        raise Damaged(paths.NGRAM_SURPRISE, f"it does not fit {paths.TRAIN_METRICS}")
    return values


def gradient_table() -> list[dict[str, Any]]:
    """Return the differences: rows of one case, engine and method, a row a parameter."""
    rows = _read(paths.GRADIENT_TABLE, Annotated[list[_Difference], Field(min_length=1)])
    names = list(_ByParameter.model_fields)
    for start in range(0, len(rows), len(names)):
        part = rows[start : start + len(names)]
        conditions = {(row["case"], row["engine"], row["method"]) for row in part}
        if [row["parameter"] for row in part] != names or len(conditions) != 1:
            raise Damaged(paths.GRADIENT_TABLE, "its rows are not those of a table")
    return rows


def evolution() -> list[dict[str, Any]]:
    """Return what each snapshot wrote, in the order of their updates."""
    entries = _read(paths.EVOLUTION, Annotated[list[_Snapshot], Field(min_length=1)])
    if not _in_order([entry["update"] for entry in entries]):
        raise Damaged(paths.EVOLUTION, "its updates are not in order")
    return entries


def best_text() -> dict[str, Any]:
    """Return what the best model wrote, and the probability of each character."""
    values = _read(paths.BEST_TEXT_PROBABILITIES, _BestText)
    if len(values["text"]) != len(values["probabilities"]):
        raise Damaged(paths.BEST_TEXT_PROBABILITIES, "not a probability a character")
    return values


def texts() -> dict[str, Any]:
    """Return how good each text is: the best model's in the order of their temperatures."""
    values = _read(paths.TEXTS, _Texts)
    temperatures = [entry["temperature"] for entry in values["temperatures"]]
    if not _in_order(temperatures) or quality.OWN_TEMPERATURE not in temperatures:
        raise Damaged(paths.TEXTS, "its temperatures are not in order, or not those of its stage")
    if not _in_order([entry["update"] for entry in values["snapshots"]]):
        raise Damaged(paths.TEXTS, "its updates are not in order")
    for entry in (values["held_out"], *values["temperatures"], *values["snapshots"]):
        run = entry["longest_copied_run"]
        if not entry["characters"] >= run == len(entry["longest_copied_text"]):
            raise Damaged(paths.TEXTS, "a run copied is not as long as it says")
    return values


def _in_order(numbers: list[float]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


def smooth_loss_curve(metrics: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return updates and smooth losses, of which the smallest is that of the training's `metrics`.

    Raises InputError where the file is cut, or of another training.
    """
    path = paths.SMOOTH_LOSS_CURVE
    with files.open_input(path) as file:
        content = file.read(_LONGEST_CURVE)
    header, _, rows = content.partition(b"\n")
    if header != b"update,smooth_loss" or not _ROWS.fullmatch(rows):
        raise Damaged(path, "not rows of an update and a loss")
    numbers = np.array([row.split(b",") for row in rows.splitlines()], dtype=np.float64)
    updates, values = numbers.T
    minimum = metrics["min_smooth_loss_update"], float(f"{metrics['min_smooth_loss']:.6f}")
    if (
        (np.diff(updates) <= 0).any()
        or updates[-1] > metrics["updates"]
        or values.min() != minimum[1]
        or minimum not in zip(updates.tolist(), values.tolist(), strict=True)
    ):
        raise Damaged(path, f"it does not fit {paths.TRAIN_METRICS}")
    return updates, values


def epochs(metrics: dict[str, Any]) -> list[dict[str, float]]:
    """Return each epoch's mean_bits and, where text is held out, held_out_bits.

    Raises InputError where there are not as many as the training's `metrics` say.
    """
    path = paths.EPOCHS
    with files.open_input(path) as file:
        header, *rows = file.read(_LONGEST_CURVE).decode("ascii", "replace").split("\n")
    names = ["epoch", "mean_bits", "held_out_bits"][: 2 if metrics["held_out_bits"] is None else 3]
    if (
        header.split(",") != names
        or rows.pop() != ""
        or not all(_EPOCH.fullmatch(row) and row.count(",") == len(names) - 1 for row in rows)
    ):
        raise Damaged(path, "not rows of an epoch and its losses")
    values = [dict(zip(names, map(float, row.split(",")), strict=True)) for row in rows]
    if [row.pop("epoch") for row in values] != list(range(1, metrics["epochs"] + 1)):
        raise Damaged(path, f"it does not fit {paths.TRAIN_METRICS}")
    return values


_EPOCH = re.compile(r"\d{1,5}(?:,\d{1,101}\.\d{6}){1,2}")
_ROWS = re.compile(rb"(?:\d{1,15},\d{1,101}\.\d{6}\n)+")
_LONGEST_CURVE = 2**22  # bytes; 2,000 rows take 40,000


def _read(path: Path, form: Any) -> Any:
    adapter = TypeAdapter(form)
    try:
        return adapter.dump_python(adapter.validate_python(files.read_json(path), strict=True))
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"])) or "the whole"
        raise Damaged(path, f"{place} is missing or not what it is to be") from None
