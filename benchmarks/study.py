"""The study behind the defaults: settings by books by seeds, into docs/study.csv.

    python -m benchmarks.study BOOK [BOOK ...]

trains each network of `trials` on each book for as many epochs as params.yaml has and writes a row
a training. What is in the file already is not trained again, so that it may be stopped and started.
Two trainings run at once; the default book takes some fifteen minutes, Moby-Dick an hour.
"""

import csv
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np

from rnn.settings import AdaGrad, Rule
from rnn.storage.rows import LongArray
from rnn.training import summary
from rnn.training.trainer import Training
from stages.common import params
from sweep import books
from sweep.books import Prepared

RESULTS = Path(__file__).parent.parent / "docs/study.csv"
SEEDS = range(5)
HOLDOUT = 0.05  # share of the book, where the network is measured on text that it has not read
# The settings of the original report: G from zero, one constant rate for all.
ORIGINAL = AdaGrad(
    learning_rate=0.1, base_width=1e6, fall=0.0, epsilon=1e-8, initial_accumulator=0.0
)
ORIGINAL_STD = 0.01


@dataclass(frozen=True)
class Trial:
    """One training of the study."""

    book: str
    settings: str  # original, adagrad or adam
    hidden_size: int
    holdout: float
    seed: int


@dataclass(frozen=True)
class Result(Trial):
    """What came of it: nats a window, bits a character."""

    min_smooth_loss: float
    epoch_mean_loss: float
    held_out_bits: float | None


def trials(book: str) -> Iterator[Trial]:
    """Yield the trainings on a book, those that take long last."""
    for settings in ("adagrad", "adam", "original"):
        for seed in SEEDS:
            yield Trial(book, settings, 100, 0.0, seed)
    for settings in ("adam", "adagrad"):
        yield Trial(book, settings, 100, HOLDOUT, 0)
    for settings in ("adam", "adagrad"):
        for seed in SEEDS:
            yield Trial(book, settings, 200, 0.0, seed)
    yield Trial(book, "adam", 200, HOLDOUT, 0)
    yield Trial(book, "adam", 512, HOLDOUT, 0)


def train(trial: Trial, path: Path) -> Result:
    """Run one training to its end, and keep nothing of it but its figures."""
    values = params.load()
    rules: dict[str, Rule] = {
        "original": ORIGINAL,
        "adagrad": values.adagrad,
        "adam": values.adam,
    }
    std = ORIGINAL_STD if trial.settings == "original" else values.model.init_std
    changes = {"hidden_size": trial.hidden_size, "init_std": std, "seed": trial.seed}
    with read_book(path) as (vocabulary, indices):
        run = Training(
            values.model.model_copy(update=changes),
            values.train,
            rules[trial.settings],
            trial.holdout,
            vocabulary,
            indices,
        ).begin(in_memory)
        while run.update < run.updates:
            run.advance()
        figures = summary.metrics(run, run.best())
    return Result(
        *astuple(trial),
        round(figures["min_smooth_loss"], 4),
        round(figures["epoch_mean_loss"], 4),
        round(figures["held_out_bits"], 4) if trial.holdout else None,
    )


@contextmanager
def read_book(path: Path) -> Iterator[Prepared]:
    """Yield the vocabulary and the indices of a book in UTF-8, which lie in a temporary file."""
    with tempfile.TemporaryDirectory() as folder:
        yield books.read(path, "utf-8", Path(folder) / "indices.npy")


def in_memory(name: str, dtype: np.dtype) -> LongArray:
    """Open a row of a training that nobody will go on with."""
    return LongArray(tempfile.TemporaryFile(), dtype)


def known() -> list[Result]:
    """Return the results that are in the file."""
    if not RESULTS.exists():
        return []
    kinds = (str, str, int, float, int, float, float, lambda text: float(text) if text else None)
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return [
            Result(*(kind(cell) for kind, cell in zip(kinds, row, strict=True)))
            for row in list(csv.reader(file))[1:]
        ]


def write(results: list[Result]) -> None:
    """Write the results, sorted."""
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([field.name for field in fields(Result)])
        order = sorted(results, key=lambda each: astuple(each)[:5])
        writer.writerows(["" if cell is None else cell for cell in astuple(each)] for each in order)


def main() -> None:
    """Train what is not in the file yet, and write each result as it comes."""
    results = known()
    there = {astuple(each)[:5] for each in results}
    with ProcessPoolExecutor(2) as pool:
        running = [
            pool.submit(train, trial, path)
            for path in map(Path, sys.argv[1:])
            for trial in trials(path.stem)
            if astuple(trial) not in there
        ]
        for done in as_completed(running):
            results.append(done.result())
            write(results)
            print(done.result(), flush=True)


if __name__ == "__main__":
    main()
