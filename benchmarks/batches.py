"""What a batch costs in loss and gains in time: Adam on the default book, by B.

    python -m benchmarks.batches

trains a network of 100 units for ten epochs with each number of streams, on all cores, and writes
docs/batches.csv: a row an epoch, with the seconds that all training took until its end.
benchmarks/study_report.py makes the table in docs/training.md of it.
"""

import csv
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import study
from rnn.training import losses
from rnn.training.trainer import Training
from stages.common import params

RESULTS = study.RESULTS.with_name("batches.csv")
# The best of some rates that were tried for each B, on this book and with seed 0.
RATES = {1: 0.01, 8: 0.02, 32: 0.06}


class Epoch(NamedTuple):
    """What has been reached by the end of an epoch."""

    batch_size: int
    learning_rate: float
    epoch: int
    seconds: float  # since the first update, what is measured on the way included
    mean_loss: float  # of the epoch's updates, nats a window
    held_out_bits: float


def train(batch_size: int, learning_rate: float) -> list[Epoch]:
    """Train a network, and return what each epoch comes to."""
    values = params.load()
    with study.read_book(Path(values.corpus.path)) as (vocabulary, indices):
        training = Training(
            values.model,
            values.train.model_copy(update={"batch_size": batch_size}),
            values.adam.model_copy(update={"learning_rate": learning_rate}),
            study.HOLDOUT,
            vocabulary,
            indices,
        )
        first = training.begin(study.in_memory)  # so that nothing is compiled on the clock
        first.advance()
        first.held_out_loss(first.final())
        run = training.begin(study.in_memory)
        seconds, start = [], time.perf_counter()
        while run.update < run.updates:
            run.advance()
            if run.windows.position(run.update) == 0:
                seconds.append(time.perf_counter() - start)
    n = run.windows.updates_per_epoch
    return [
        Epoch(
            batch_size,
            learning_rate,
            epoch + 1,
            round(each, 2),
            round(float(run.losses[epoch * n : (epoch + 1) * n].mean()), 4),
            round(losses.bits(float(run.held_out_losses[epoch : epoch + 1][0]), 1), 4),
        )
        for epoch, each in enumerate(seconds)
    ]


def known() -> list[Epoch]:
    """Return the epochs that are in the file."""
    with RESULTS.open(encoding="utf-8", newline="") as file:
        kinds = Epoch.__annotations__.values()
        return [
            Epoch(*(kind(cell) for kind, cell in zip(kinds, row, strict=True)))
            for row in list(csv.reader(file))[1:]
        ]


def main() -> None:
    """Train one network after another, and write what comes of them."""
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Epoch._fields)
        for batch_size, learning_rate in RATES.items():
            epochs = train(batch_size, learning_rate)
            writer.writerows(epochs)
            print(epochs[-1])


if __name__ == "__main__":
    main()
