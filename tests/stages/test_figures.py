"""The report's figures, by the texts in them, which stand in an SVG as comments."""

import re

import numpy as np
import pytest

from stages.page import figures


def texts(path):
    return re.findall(r"<!-- (.+?) -->", path.read_text(encoding="utf-8"))


def draw(path, updates, values):
    place = int(values.argmin())
    metrics = {
        "updates": int(updates[-1]),
        "min_smooth_loss": float(values[place]),
        "min_smooth_loss_update": int(updates[place]),
    }
    figures.smooth_loss(path, updates, values, metrics, 25, 25)


@pytest.mark.parametrize("last", [1, 23, 200_000])
@pytest.mark.parametrize("end", [40.0, 80.4, 1.3e9])  # guessing is 80.47
def test_the_smooth_loss_is_drawn_whole_beside_that_of_guessing(tmp_path, last, end):
    updates = np.unique(np.linspace(1, last, 50).round())
    values = np.linspace(80.45, end, len(updates))
    draw(tmp_path / "a.svg", updates, values)
    draw(tmp_path / "b.svg", updates, values)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    said = texts(tmp_path / "a.svg")
    for words in ("guessing: T ln K = 80.5", f"minimum {values.min():.2f}", "bits a character"):
        assert words in said
    assert "1" in said and "10" in said and "−0" not in said


@pytest.mark.parametrize("updates", [(0,), (0, 3), (0, 10_000, 100_000)])
@pytest.mark.parametrize("share", [None, 0.5])
def test_the_known_words_are_drawn_over_whole_updates(tmp_path, updates, share):
    evolution = [{"update": update, "known_word_share": share} for update in updates]
    figures.known_words(tmp_path / "a.svg", evolution)
    said = texts(tmp_path / "a.svg")
    ticks = said[: said.index("updates")]
    assert ticks[0] == "0" and len(ticks) == len(set(ticks)) > 1
