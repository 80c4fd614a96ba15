"""Time what the stage preprocess does with a long book, and write benchmarks/preprocess.md.

Each book has a process of its own, on one core: both passes, the scan and the writing. The speed is
in bytes of the book, by CPU time, which stands while another process has the core, and by the
clock, which waits for the disk too; each is the best of the repeats.
"""

import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rnn.data import corpus

SIZE = 10**9  # bytes of a book
REPEATS = 3
RESULTS = Path(__file__).parent / "preprocess.md"
DEFAULT = Path("data/raw/tide-clock.txt")


def pieces() -> dict[str, bytes]:
    """Return what the books repeat, about half a million characters each."""
    english = DEFAULT.read_text(encoding="utf-8")
    ascii_only = english.encode("ascii", "replace")
    return {
        "ASCII": ascii_only,
        r"ASCII, lines end in \r\n": ascii_only.replace(b"\n", b"\r\n"),
        "English, with dashes and accents": english.encode(),
        "Cyrillic, made up": made_up(range(0x430, 0x450)),
        "Chinese, made up": made_up(range(0x4E00, 0x4E00 + 3000)),
    }


def made_up(letters: range) -> bytes:
    """Return lines of words of random letters."""
    rng = random.Random(1)
    words = ("".join(map(chr, rng.choices(letters, k=rng.randint(1, 10)))) for _ in range(80_000))
    return "".join(word + rng.choice("     \n") for word in words).encode()


@contextmanager
def book(piece: bytes, folder: Path) -> Iterator[Path]:
    """Yield a book of `SIZE` bytes or a little less, which is gone afterwards."""
    path = folder / "book.txt"
    with path.open("wb") as file:
        for _ in range(SIZE // len(piece)):
            file.write(piece)
    try:
        yield path
    finally:
        path.unlink()


def preprocess(path: Path) -> None:
    """Do what the stage does, and print seconds of CPU, seconds, and kB of memory at the peak."""
    begin = time.process_time(), time.perf_counter()
    vocabulary, length = corpus.scan(path, "utf-8")
    corpus.write_indices(path.with_name("indices.npy"), path, "utf-8", vocabulary, length)
    end = time.process_time(), time.perf_counter()
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    print(end[0] - begin[0], end[1] - begin[1], peak[1])


def measure(path: Path) -> tuple[float, float, float]:
    """Return MB/s by CPU time, MB/s by the clock, and MB of memory at the peak."""
    runs = []
    for _ in range(REPEATS):
        command = (sys.executable, "-m", "benchmarks.preprocess", str(path))
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append([float(figure) for figure in done.stdout.split()])
    cpu, clock, _ = map(min, zip(*runs, strict=True))
    size = path.stat().st_size / 1e6
    return size / cpu, size / clock, max(peak for *_, peak in runs) * 1024 / 1e6


def main() -> None:
    """Measure, print and write the table."""
    from benchmarks import speed  # which pins this process, and so those that measure, to a core

    rows = {}
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        for name, piece in pieces().items():
            with book(piece, Path(folder)) as path:
                rows[name] = [f"{figure:.0f}" for figure in measure(path)]
            print(name, *rows[name], flush=True)
    columns = ("MB/s of CPU time", "MB/s by the clock", "MB of memory")
    lines = "\n".join(speed.table("book", columns, rows))
    text = f"""# Speed of preprocess

From a book of {SIZE / 1e6:,.0f} MB in UTF-8 to its vocabulary and its indices, both passes, on one
core: the best of {REPEATS} repeats, and the most memory. By the clock it waits for the disk, too.
Written by `make bench`.

CPU: {speed.cpu_name()}.

{lines}
"""
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        preprocess(Path(sys.argv[1]))
    else:
        main()
