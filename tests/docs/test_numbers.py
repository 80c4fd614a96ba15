"""That the numbers in the documents are those that commands have measured and written down."""

import csv
import re

from stages.common import paths
from tests.support.project import PROJECT
from tests.support.results import comparisons


def read(path):
    return (PROJECT / path).read_text(encoding="utf-8")


EQUATIONS, REPRODUCIBILITY = read("docs/equations.md"), read("docs/reproducibility.md")


def said(text):
    """Return a text whose lines are not broken."""
    return " ".join(text.split())


def test_how_much_is_clipped_is_what_was_measured():
    shares = [
        float(row["clipped_share"]) for row in csv.DictReader(read(paths.HEALTH).splitlines())
    ]
    assert (
        f"{sum(share > 0 for share in shares)} of {len(shares)} measurements found anything to "
        f"cut, and at the most {100 * max(shares):.3f} % of the entries"
    ) in said(EQUATIONS)


def test_the_differences_of_the_gradients_are_of_the_order_that_the_report_has():
    rows = re.findall(r"(?m)^\| [UWVbc] \| (\S+) \| (\S+) \|", read(paths.REPORT))
    complex_step, central = (max(map(float, column)) for column in zip(*rows, strict=True))
    derived = re.search(
        r"of the order of (1e-\d+) for central differences and (1e-\d+) for the complex step",
        said(EQUATIONS),
    )
    promised = re.search(
        r"figures of the gradient check, about (1e-\d+) and (1e-\d+),", said(REPRODUCIBILITY)
    )
    for found, stated in (
        (central, derived[1]),
        (complex_step, derived[2]),
        (complex_step, promised[1]),
        (central, promised[2]),
    ):
        assert float(stated) / 10 < found < float(stated) * 10


def test_the_cost_of_strict_arithmetic_is_that_of_the_table_of_speed():
    found = list(comparisons())
    alone = [times for times, _, B, _, _ in found if B == 1]
    times, m, B, rival, title = min(found)
    (text,) = re.findall(
        r"(?s)<!-- the cost of strict arithmetic.*?-->\n(.*?)<!-- end", REPRODUCIBILITY
    )
    for words in (
        f"In {len(found)} comparisons",
        f"{sum(each[0] < 1 for each in found)} are won by another library",
        f"with one stream none of {len(alone)}: the nearest takes {min(alone):.2f} times as long"
        if min(alone) >= 1
        else f"with one stream {sum(each < 1 for each in alone)} of {len(alone)}",
        f"takes {times:.2f} of our time, with {m:,} units and {B} streams ({rival}; {title})",
    ):
        assert words in said(text), words


def test_what_checkpoints_cost_is_what_was_measured():
    share = re.search(r"\((\d\.\d\d)%\) \|", read("benchmarks/checkpoints.md"))[1]
    assert f"{share} % of a training ([checkpoints.md]" in REPRODUCIBILITY


def test_the_lines_of_a_part_are_as_many_as_it_has_to_the_hundred():
    rows = re.findall(r"\]\(\.\./((?:rnn|tools)/\S+\.py)\).*\| some (\d+) lines", REPRODUCIBILITY)
    assert len(rows) == 4
    for path, stated in rows:
        assert max(100, round(len(read(path).splitlines()), -2)) == int(stated), path
