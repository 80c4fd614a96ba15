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

from rnn import storage

_INK, _ACCENT, _FAINT = "#1f2a36", "#b4442c", "#c9ced4"
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


def smooth_loss(path: Path, updates: np.ndarray, values: np.ndarray, metrics: dict) -> None:
    """Draw the smooth loss over the updates, with the ends of epochs and the minimum marked."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _canvas()
        per_epoch = metrics["updates"] // metrics["epochs"]
        for epoch in range(1, metrics["epochs"] + 1):
            axes.axvline(epoch * per_epoch, color=_FAINT, linewidth=0.8, zorder=0)
        axes.plot(updates, values, color=_INK, linewidth=1)
        minimum = metrics["min_smooth_loss_update"], metrics["min_smooth_loss"]
        axes.plot(*minimum, "o", color=_ACCENT, markersize=6)
        axes.annotate(
            f"minimum {minimum[1]:.2f}",
            minimum,
            xytext=(-8, -16),
            textcoords="offset points",
            ha="right",
            color=_ACCENT,
        )
        # The first steps fall from T ln K so steeply that they would flatten all the rest.
        axes.set_ylim(minimum[1] - 4, float(np.quantile(values, 0.995)) + 2)
        axes.set_xlim(0, metrics["updates"])
        axes.set_xlabel("updates (a vertical line ends an epoch)")
        axes.set_ylabel("smooth loss, nats a window")
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
        axes.set_ylim(0, 100)
        axes.set_xlabel("updates")
        axes.set_ylabel("words that occur in the book, %")
        _save(figure, path)


def _canvas() -> tuple[Figure, Any]:
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axes = figure.add_subplot()
    axes.xaxis.set_major_formatter(
        matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}")
    )
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg", metadata={"Date": None})
    storage.write_text(path, drawn.getvalue())
