"""The report's figures. An SVG's bytes depend on nothing but what is drawn."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.pop("MPLBACKEND", None)  # nothing is shown here, and an unknown one would be an error

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from rnn.storage import files
from rnn.training import losses

INK, ACCENT, FAINT, MUTED = "#1f2a36", "#b4442c", "#c9ced4", "#6b7682"
_WHOLE = matplotlib.ticker.StrMethodFormatter("{x:,.0f}")
_LABEL = 0.05  # of the height of the axes, what the label of a line needs above it or below
STYLE = {
    "svg.hashsalt": "rnn",  # else element ids are random
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def smooth_loss(
    path: Path,
    updates: np.ndarray,
    values: np.ndarray,
    metrics: dict[str, Any],
    baselines: list[float],
    sequence_length: int,
    vocabulary_size: int,
) -> None:
    """Draw the smooth loss over the updates, beside the losses of guessing and of n-grams.

    The updates are on a logarithmic axis: the loss falls most in the first few thousand, and takes
    all the rest for what little is left.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas()
        guessing = losses.guessing(sequence_length, vocabulary_size)
        minimum = metrics["min_smooth_loss_update"], metrics["min_smooth_loss"]
        last, top = max(metrics["updates"], 10), max(guessing, float(values.max()))
        margin = 0.15 * (top - minimum[1]) or 1.0
        axes.set_xscale("log")
        axes.set_xlim(0.9, 1.15 * last)
        axes.set_ylim(minimum[1] - margin, top + margin)
        axes.xaxis.set_major_formatter(_WHOLE)
        axes.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axes.axhline(guessing, color=MUTED, linewidth=0.8, linestyle="--", zorder=0)
        label = {"textcoords": "offset points", "annotation_clip": False}
        axes.annotate(
            f"guessing: T ln K = {guessing:.1f}", (1, guessing), (0, 4), color=MUTED, **label
        )
        unit = losses.bits(1, sequence_length)
        lines = [bits / unit for bits in baselines]
        for back, (level, side) in enumerate(_places_of_labels(lines, *axes.get_ylim())):
            if side is None:
                continue
            axes.axhline(level, color=FAINT, linewidth=0.8, zorder=0)
            axes.annotate(
                f"{back} back" if back else "how often each occurs",
                (1, level),
                (0, 2 if side == "above" else -2),
                va="baseline" if side == "above" else "top",
                color=MUTED,
                fontsize=8,
                **label,
            )
        # Between the rows of the curve the loss is linear in the updates, which a straight line
        # here would not be.
        between = np.geomspace(1, updates[-1], 2000)
        drawn = np.union1d(between[between > updates[0]], updates)
        axes.plot(drawn, np.interp(drawn, updates, values), color=INK, linewidth=1)
        axes.plot(*minimum, "o", color=ACCENT, markersize=5)
        side = "right" if minimum[0] ** 2 > last else "left"
        axes.annotate(
            f"minimum {minimum[1]:.2f}",
            minimum,
            (-6 if side == "right" else 6, -12),
            ha=side,
            color=ACCENT,
            **label,
        )
        axes.set_xlabel("updates, logarithmic")
        axes.set_ylabel("smooth loss, nats a window")
        right = axes.secondary_yaxis(
            "right", functions=(lambda nats: nats * unit, lambda bits: bits / unit)
        )
        right.set_ylabel("bits a character")
        right.spines["right"].set_visible(True)
        save(figure, path)


def _places_of_labels(
    lines: list[float], bottom: float, top: float
) -> Iterator[tuple[float, str | None]]:
    """Yield each line, from the top down, and on which side of it there is room for a label.

    Above it, unless another line is too near; then below it. None where it is not to be drawn: it
    is beyond the axes or too near to the label of another.
    """
    room, free = _LABEL * (top - bottom), top
    for level in lines:
        side = None
        if level > bottom and free - level >= room:
            side, free = "above", level
        elif bottom + room < level < free:
            side, free = "below", level - room
        yield level, side


def known_words(path: Path, evolution: list[dict[str, Any]]) -> None:
    """Draw which share of each snapshot's words occurs in the book."""
    with matplotlib.rc_context(STYLE):
        figure, axes = _canvas()
        points = [
            (entry["update"], 100 * entry["known_word_share"])
            for entry in evolution
            if entry["known_word_share"] is not None
        ]
        if points:
            style = {"color": INK, "markersize": 5, "linewidth": 1, "clip_on": False}
            axes.plot(*zip(*points, strict=True), "o-", **style)
        axes.set_xlim(0, max(evolution[-1]["update"], 1))
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
        axes.xaxis.set_major_formatter(_WHOLE)
        axes.set_ylim(0, 100)
        axes.set_xlabel("updates")
        axes.set_ylabel("words that occur in the book, %")
        save(figure, path)


def temperature(path: Path, texts: dict[str, Any]) -> None:
    """Draw how good the best model's text is at each temperature, beside the held-out passage."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(8, 5.2), layout="constrained")
        panels = figure.subplots(2, 2, sharex=True)
        largest = texts["temperatures"][-1]["temperature"]
        for axes, (key, title, unit) in zip(panels.flat, _PANELS, strict=True):
            points = [
                (entry["temperature"], unit * entry[key])
                for entry in texts["temperatures"]
                if entry[key] is not None
            ]
            share = texts["held_out"][key]
            held_out = None if share is None else unit * share
            highest = max([0, held_out or 0, *(value for _, value in points)])
            top = 1.2 * highest or 1
            axes.set_ylim(0, min(top, 100) if unit == 100 else top)
            axes.set_xlim(0, 1.03 * largest or 1)
            axes.set_title(title, loc="left", fontsize=10)
            if points:
                style = {"color": INK, "markersize": 4, "linewidth": 1, "clip_on": False}
                axes.plot(*zip(*points, strict=True), "o-", **style)
            if held_out is not None:
                _mark_held_out(axes, held_out, [value for _, value in points])
        for axes in panels[1]:
            axes.set_xlabel("temperature")
        save(figure, path)


_PANELS = (  # key, title, what a value is multiplied by
    ("known_word_share", "words that occur in the book, %", 100),
    ("distinct_4grams", "distinct 4-grams, %", 100),
    ("copied_share", "characters in copied runs, %", 100),
    ("longest_copied_run", "longest copied run, characters", 1),
)


def _mark_held_out(axes: Any, value: float, curve: list[float]) -> None:
    """Draw a dashed line, and say what it is at the end where the curve is further from it."""
    left = bool(curve) and abs(curve[0] - value) > abs(curve[-1] - value)
    above = value < 0.9 * axes.get_ylim()[1]
    axes.axhline(value, color=MUTED, linewidth=0.8, linestyle="--", zorder=0)
    axes.annotate(
        "held-out passage",
        (0.02 if left else 1, value),
        (0, 4 if above else -4),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        ha="left" if left else "right",
        va="bottom" if above else "top",
        color=MUTED,
    )


def _canvas() -> tuple[Figure, Any]:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    return figure, figure.add_subplot()


def save(figure: Figure, path: Path) -> None:
    """Write a figure as SVG, without the time."""
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    files.write_text(path, drawn.getvalue())
