"""How the cost grows, each part beside its law, and write benchmarks/growth.md.

    python -m benchmarks.growth BOOK

is what `read` starts for each length of the book: it reads it and trains a little on it, and prints
what that took.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import contest, machine
from benchmarks.contest import K, T
from benchmarks.speed import table
from rnn import model
from rnn.data import corpus
from rnn.data.windows import Windows
from rnn.engine import compiled
from rnn.storage import rows

BOOK = Path("data/raw/tide-clock.txt")
RESULTS = Path(__file__).parent / "growth.md"
UPDATES = 400  # that are trained at the end of a book
SECONDS, REPEATS = 0.1, 5

Clock = Callable[[], float]
CPU = time.process_time  # while another process has the core, it stands


@dataclass(frozen=True)
class Point:
    """One measurement, and what the law makes of it, in any unit."""

    value: float
    measured: float
    law: float


def update(m: int, B: int = 1, T: int = T, threads: int = 1, clock: Clock = CPU) -> float:
    """Return the microseconds of an update of ours, compiled: the best of some repeats."""
    os.environ["RNN_THREADS"] = str(threads)
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(K, m, m**-0.5, rng).astype("float32")
    prepare = contest.ours(compiled, "AdaGrad")
    few = prepare(parameters, contest.windows(2, B, T))
    few()  # the first compiles
    start = clock()
    few()
    count = max(2, int(2 * SECONDS / (clock() - start)))
    run = prepare(parameters, contest.windows(count, B, T))
    best = np.inf
    for _ in range(REPEATS):
        start = clock()
        run()
        best = min(best, clock() - start)
    return best / count * 1e6


def read(times: int) -> dict[str, float]:
    """Return what the default book, so many times over, takes of a process of its own."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        path = Path(folder) / "book.txt"
        text = BOOK.read_bytes()
        with path.open("wb") as file:
            for _ in range(times):
                file.write(text)
        answer, _ = machine.start("benchmarks.growth", str(path), machine.CORES).communicate()
    return json.loads(answer)


def read_and_train(path: Path) -> dict[str, float]:
    """Return the seconds to read a book, microseconds an update at its end, and MiB at most."""
    start = CPU()
    vocabulary, length = corpus.scan(path, "utf-8")
    indices = path.with_suffix(".npy")
    corpus.write_indices(indices, path, "utf-8", vocabulary, length)
    seconds = CPU() - start
    windows = Windows(rows.open_frozen(indices), T)
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(len(vocabulary), 100, 0.1, rng).astype("float32")
    best = np.inf
    for _ in range(REPEATS):
        start = CPU()
        last = windows.take(windows.updates_per_epoch - UPDATES, UPDATES)
        contest.ours(compiled, "AdaGrad")(parameters, last)()
        best = min(best, CPU() - start)
    return {
        "seconds": seconds,
        "microseconds": best / UPDATES * 1e6,
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def growth_table(name: str, unit: str, points: list[Point]) -> list[str]:
    """Return each value with what was measured, and that in times of what the law says.

    The law's constant is such that it holds at the largest value, where it should hold best.
    """
    constant = points[-1].measured / points[-1].law
    cells = {
        f"{point.value:,}": [
            f"{point.measured:,.0f}" if point.measured >= 100 else f"{point.measured:.2f}",
            f"{point.measured / (constant * point.law):.2f}",
        ]
        for point in points
    }
    return table(name, (unit, "times the law"), cells)


def main() -> None:
    """Measure, print and write the tables; or, for a book, print what it takes."""
    if len(sys.argv) > 1:
        print(json.dumps(read_and_train(Path(sys.argv[1]))))
        return
    update(100)  # compiles, so that the first book's process need not
    books = {times: read(times) for times in (1, 10, 100, 1000)}
    threads = range(1, len(machine.CORES) + 1)
    sections = [
        (
            "The book: CPU seconds to read it, in proportion to its length",
            growth_table("books", "s", [Point(n, r["seconds"], n) for n, r in books.items()]),
        ),
        (
            "The book: an update, whatever its length",
            growth_table("books", "µs", [Point(n, r["microseconds"], 1) for n, r in books.items()]),
        ),
        (
            "The book: memory at most, whatever its length",
            growth_table("books", "MiB", [Point(n, r["MiB"], 1) for n, r in books.items()]),
        ),
        (
            "Hidden units: an update, as m (m + K)",
            growth_table(
                "m", "µs", [Point(m, update(m), m * (m + K)) for m in (32, 64, 128, 256, 512, 1024)]
            ),
        ),
        (
            "Streams: an update, as B (m = 100)",
            growth_table("B", "µs", [Point(B, update(100, B), B) for B in (1, 2, 8, 32, 128, 512)]),
        ),
        (
            "Characters in a window: an update, as T (m = 100)",
            growth_table("T", "µs", [Point(n, update(100, T=n), n) for n in (5, 25, 100, 400)]),
        ),
        (
            "Threads: an update, as one over their number (m = 512, B = 32)",
            growth_table(
                "threads",
                "µs",
                [Point(n, update(512, 32, T, n, time.perf_counter), 1 / n) for n in threads],
            ),
        ),
    ]
    lines = f"""# How the cost grows

What was measured, and how many times what the law says it is, with the law's constant taken from
the last row. Training is ours, compiled, on one thread, in float32, with T = {T} and K = {K} unless
said otherwise. A book is the default one. Times are CPU time, and where there are more threads than
one, the wall's clock. Written by `make bench`.

CPU: {machine.cpu_name()}.
""".splitlines()
    for title, cells in sections:
        lines += ["", f"## {title}", "", *cells]
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
