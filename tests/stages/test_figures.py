"""The report's figures, by the texts in them, which stand in an SVG as comments."""

import re

import numpy as np
import pytest

from stages.page import figures


def texts_of(path):
    return re.findall(r"<!-- (.+?) -->", path.read_text(encoding="utf-8"))


def draw(path, updates, values):
    place = int(values.argmin())
    metrics = {
        "updates": int(updates[-1]),
        "min_smooth_loss": float(values[place]),
        "min_smooth_loss_update": int(updates[place]),
    }
    figures.smooth_loss(path, updates, values, metrics, [4.5, 3.4, 2.5], 25, 25)


@pytest.mark.parametrize("last", [1, 23, 200_000])
@pytest.mark.parametrize("end", [40.0, 80.4, 1.3e9])  # guessing is 80.47
def test_the_smooth_loss_is_drawn_whole_beside_that_of_guessing(tmp_path, last, end):
    updates = np.unique(np.linspace(1, last, 50).round())
    values = np.linspace(80.45, end, len(updates))
    draw(tmp_path / "a.svg", updates, values)
    draw(tmp_path / "b.svg", updates, values)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    said = texts_of(tmp_path / "a.svg")
    for words in (
        "guessing: T ln K = 80.5",
        f"minimum {values.min():.2f}",
        "bits a character",
    ):
        assert words in said
    assert "1" in said and "10" in said and "−0" not in said


def test_n_grams_are_drawn_as_lines_where_they_lie_within_the_figure(tmp_path):
    draw(tmp_path / "a.svg", np.array([1.0, 100.0]), np.array([80.45, 50.0]))
    said = texts_of(tmp_path / "a.svg")
    assert "how often each occurs" in said and "1 back" in said  # 78 and 59 nats
    assert "2 back" not in said  # 43


@pytest.mark.parametrize(
    ("lines", "sides"),
    [
        ([80, 60, 40], ["above", "above", "above"]),
        ([80, 78], ["above", "below"]),
        ([80, 78, 76, 74.9, 60], ["above", "below", None, None, "above"]),  # 76 and 74.9: no room
        ([80, 78, 72.5], ["above", "below", "below"]),
        ([80, 80, 85], ["above", None, None]),  # not from the top down
        ([99], ["below"]),
        ([101, 100, 50, 0, -1], [None, None, "above", None, None]),
        ([50, 3, 2], ["above", "above", None]),
    ],
)
def test_a_label_stands_where_no_line_and_no_other_label_is(lines, sides):
    """Of axes from 0 to 100 a label takes 5."""
    assert list(figures._places_of_labels(lines, 0, 100)) == list(zip(lines, sides, strict=True))


@pytest.mark.parametrize("updates", [(0,), (0, 3), (0, 10_000, 100_000)])
@pytest.mark.parametrize("share", [None, 0.5])
def test_the_known_words_are_drawn_over_whole_updates(tmp_path, updates, share):
    evolution = [{"update": update, "known_word_share": share} for update in updates]
    figures.known_words(tmp_path / "a.svg", evolution)
    said = texts_of(tmp_path / "a.svg")
    ticks = said[: said.index("updates")]
    assert ticks[0] == "0" and len(ticks) == len(set(ticks)) > 1


def quality(**figures):
    names = ("known_word_share", "distinct_4grams", "copied_share", "longest_copied_run")
    return dict.fromkeys(names) | {"longest_copied_run": 0} | figures


TEMPERATURES = (0.0,), (1.0,), (0.2, 1.0, 1.4), (0.5, 1.0, 100.0)
SHARES, HELD_OUT = (None, 0.0, 0.3, 1.0), (None, 0.0, 1.0)


@pytest.mark.parametrize(
    ("temperatures", "share", "held_out"),
    [  # each with each of the other kind, but not with each of both: a figure takes a second
        (temperatures, share, HELD_OUT[(first + second) % len(HELD_OUT)])
        for first, temperatures in enumerate(TEMPERATURES)
        for second, share in enumerate(SHARES)
    ],
)
def test_the_quality_is_drawn_at_each_temperature_beside_the_held_out_passage(
    tmp_path, temperatures, share, held_out
):
    texts = {
        "held_out": quality(known_word_share=held_out, copied_share=held_out),
        "temperatures": [
            quality(known_word_share=share, copied_share=share, longest_copied_run=10**6)
            | {"temperature": temperature}
            for temperature in temperatures
        ],
    }
    figures.temperature(tmp_path / "a.svg", texts)
    figures.temperature(tmp_path / "b.svg", texts)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    said = texts_of(tmp_path / "a.svg")
    assert said.count("held-out passage") == (1 if held_out is None else 3)
    assert said.count("temperature") == 2
