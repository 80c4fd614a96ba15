"""What the benchmarks have measured: the tables in benchmarks/*.md."""

import re
from collections.abc import Iterator

from tests.support.project import PROJECT


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables in a text, but for the lines under their heads."""
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def measured(name: str) -> str:
    """Return what a benchmark has written."""
    return (PROJECT / f"benchmarks/{name}.md").read_text(encoding="utf-8")


def comparisons() -> Iterator[tuple[float, int, int, str, str]]:
    """Yield times as long as ours, size, streams, rival and title, of the tables of speed."""
    for section in re.split(r"(?m)^## ", measured("results")):
        title = section.partition("\n")[0]
        table = re.search(r"Times as long as ours, compiled:\n\n((?:\|.*\n)+)", section)
        if not table or "In short" in title:
            continue
        heads, *body = rows(table[1])
        for row in body:
            m, B = map(int, row[0].split(","))
            for rival, times in zip(heads[1:], row[1:], strict=True):
                if times and not rival.startswith(("ours", "classic")):
                    yield float(times), m, B, rival, title
