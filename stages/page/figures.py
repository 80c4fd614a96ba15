"""The report's figures. An SVG's bytes depend on nothing but what is drawn."""

import io
import os
from pathlib import Path
from typing import Any

os.environ.pop("MPLBACKEND", None)  # nothing is shown here, and an unknown one would be an error

import matplotlib
import matplotlib.ticker
import numpy as np
from matplotlib.figure import Figure

from rnn.storage import files
from rnn.training import losses

_INK, _ACCENT, _FAINT, _MUTED = "#1f2a36", "#b4442c", "#c9ced4", "#6b7682"
_WHOLE = matplotlib.ticker.StrMethodFormatter("{x:,.0f}")
_STYLE = {
    "svg.hashsalt": "rnn",  # else element ids are random
    "font.size": 10,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def smooth_loss(
    path: Path,
    updates: np.ndarray,
    values: np.ndarray,
    metrics: dict[str, Any],
    sequence_length: int,
    vocabulary_size: int,
) -> None:
    """Draw the smooth loss over the updates, beside the loss of guessing.

    The updates are on a logarithmic axis: the loss falls most in the first few thousand, and takes
    all the rest for what little is left.
    """
    with matplotlib.rc_context(_STYLE):
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
        axes.axhline(guessing, color=_MUTED, linewidth=0.8, linestyle="--", zorder=0)
        label = {"textcoords": "offset points", "annotation_clip": False}
        axes.annotate(
            f"guessing: T ln K = {guessing:.1f}", (1, guessing), (0, 4), color=_MUTED, **label
        )
        # Between the rows of the curve the loss is linear in the updates, which a straight line
        # here would not be.
        between = np.geomspace(1, updates[-1], 2000)
        drawn = np.union1d(between[between > updates[0]], updates)
        axes.plot(drawn, np.interp(drawn, updates, values), color=_INK, linewidth=1)
        axes.plot(*minimum, "o", color=_ACCENT, markersize=5)
        side = "right" if minimum[0] ** 2 > last else "left"
        axes.annotate(
            f"minimum {minimum[1]:.2f}",
            minimum,
            (-6 if side == "right" else 6, -12),
            ha=side,
            color=_ACCENT,
            **label,
        )
        axes.set_xlabel("updates, logarithmic")
        axes.set_ylabel("smooth loss, nats a window")
        unit = losses.bits(1, sequence_length)
        right = axes.secondary_yaxis(
            "right", functions=(lambda nats: nats * unit, lambda bits: bits / unit)
        )
        right.set_ylabel("bits a character")
        right.spines["right"].set_visible(True)
        _save(figure, path)


def known_words(path: Path, evolution: list[dict[str, Any]]) -> None:
    """Draw which share of each snapshot's words occurs in the book."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas()
        points = [
            (entry["update"], 100 * entry["known_word_share"])
            for entry in evolution
            if entry["known_word_share"] is not None
        ]
        if points:
            style = {"color": _INK, "markersize": 5, "linewidth": 1, "clip_on": False}
            axes.plot(*zip(*points, strict=True), "o-", **style)
        axes.set_xlim(0, max(evolution[-1]["update"], 1))
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(integer=True))
        axes.xaxis.set_major_formatter(_WHOLE)
        axes.set_ylim(0, 100)
        axes.set_xlabel("updates")
        axes.set_ylabel("words that occur in the book, %")
        _save(figure, path)


def _canvas() -> tuple[Figure, Any]:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    return figure, figure.add_subplot()


def _save(figure: Figure, path: Path) -> None:
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    files.write_text(path, drawn.getvalue())
