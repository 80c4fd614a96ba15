"""What the teacher's page says is so."""

import re

import pytest

from exercises.check.__main__ import EXERCISES, UPDATES, laid_out
from tests.exercises.mistakes import WRONG
from tests.support.project import PROJECT
from tests.support.students import refusal

TEXT = (PROJECT / "docs/class.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"(?s)```text\n(.*?)```", TEXT)


def one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("quoted", QUOTED, ids=lambda quoted: one_line(quoted)[:40])
def test_what_is_quoted_is_what_the_check_says(tmp_path, quoted):
    said = []
    for number, wrong in enumerate(each for each in WRONG if each.says in one_line(quoted)):
        folder = tmp_path / str(number)
        folder.mkdir()
        said.append(laid_out(*refusal(folder, wrong).split("\n\n")) + "\n")
    assert quoted in said


def test_some_is_quoted():
    assert len(QUOTED) >= 8


def test_the_page_has_every_exercise_in_order():
    rows = re.findall(r"(?m)^\| (\d+) \| `(\w+)` \|", TEXT)
    expected = [(str(number), check.__name__) for number, check in enumerate(EXERCISES, start=1)]
    assert rows == expected


def test_the_student_s_page_has_every_file_and_the_default_length():
    page = (PROJECT / "exercises/README.md").read_text(encoding="utf-8")
    for path in (PROJECT / "exercises").glob("[!_]*.py"):
        assert f"`exercises/{path.name}`" in page
    assert f"{UPDATES:,} updates" in TEXT
    assert f"--updates {5 * UPDATES}` gives it five times as long" in page


def test_the_time_table_is_two_afternoons_of_at_most_three_hours_and_a_half():
    tables = re.findall(r"\| (?:first|second) afternoon \|.*?\n\n", TEXT, flags=re.DOTALL)
    minutes = [sum(map(int, re.findall(r"\| (\d+) \|\n", table))) for table in tables]
    assert len(minutes) == 2
    assert all(120 <= each <= 210 for each in minutes)
