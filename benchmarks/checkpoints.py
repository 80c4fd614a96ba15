"""Time a training with checkpoints and without, in turns, and write benchmarks/checkpoints.md.

The training is the default one in size: 10 epochs of a book of half a million characters. With
checkpoints it does all that the stage does: snapshots, checkpoints now and then and one at the end,
each flushed to the disk. Without, it keeps nothing.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.contest import K
from benchmarks.machine import cpu_name
from rnn.data.vocabulary import Vocabulary
from rnn.storage.rows import LongArray
from rnn.training import checkpoint
from rnn.training.run import Run
from rnn.training.trainer import Training
from stages.common import params

CHARACTERS = 517_244
REPEATS = 12
RESULTS = Path(__file__).parent / "checkpoints.md"
PARAMS = params.load()


def start(row: Callable[[str, np.dtype], LongArray]) -> Run:
    """Return a training that has not begun."""
    rng = np.random.Generator(np.random.PCG64(1))
    book = (K * rng.random(CHARACTERS) ** 2).astype(np.uint8)  # as uneven as letters are
    vocabulary = Vocabulary("".join(map(chr, range(32, 32 + K))))
    return Training(
        PARAMS.model, PARAMS.train, PARAMS.rule, PARAMS.corpus.holdout, vocabulary, book
    ).begin(row)


def in_memory(name: str, dtype: np.dtype) -> LongArray:
    """Return a row that is never flushed to a disk."""
    return LongArray(tempfile.TemporaryFile(dir="/dev/shm"), dtype)


def without_checkpoints() -> float:
    """Return the seconds of a training that keeps nothing."""
    run = start(in_memory)
    begin = time.perf_counter()
    while run.update < run.updates:
        run.advance()
    return time.perf_counter() - begin


def with_checkpoints() -> tuple[float, float]:
    """Return the seconds of a training that can be resumed, and those in which it saved."""
    saving = 0.0

    def timed(save: Callable[[Run], None], run: Run) -> None:
        nonlocal saving
        begin = time.perf_counter()
        save(run)
        saving += time.perf_counter() - begin

    with (
        tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder,
        checkpoint.held(Path(folder), "0" * 64) as checkpoints,
    ):
        run = start(checkpoints.row)
        begin = time.perf_counter()
        while run.update < run.updates:
            run.advance()
            timed(checkpoints.save_now_and_then, run)
        timed(checkpoints.finish, run)
        return time.perf_counter() - begin, saving


def main() -> None:
    """Measure, print and write the table."""
    without_checkpoints()  # the first compiles
    repeats = [(without_checkpoints(), *with_checkpoints()) for _ in range(REPEATS)]
    # Whatever else the machine does only ever adds time.
    without, with_them, saving = (min(times) for times in zip(*repeats, strict=True))
    share = f"{saving:.3f} ({saving / with_them:.2%})"
    ratios = sorted(with_them / without for without, with_them, _ in repeats)
    text = f"""# The cost of checkpoints

Seconds of the default training, {PARAMS.train.epochs} epochs of {CHARACTERS:,} characters, with and
without checkpoints: the shortest of {REPEATS} repeats in turns. Written by `make bench`.

CPU: {cpu_name()}.

| without | with | with / without | spent on saving |
|---:|---:|---:|---:|
| {without:.2f} | {with_them:.2f} | {with_them / without:.3f} | {share} |

The ratio repeat by repeat: {", ".join(f"{ratio:.3f}" for ratio in ratios)}.
"""
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
