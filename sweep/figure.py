"""The figure of a sweep: every trial a dot."""

from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from stages.page import figures
from sweep import table, winner

_TITLES = {
    "held_out_bits": "bits a held-out character",
    "min_smooth_loss": "minimum smooth loss, nats a window",
    "epoch_mean_loss": "mean loss of the last epoch, nats a window",
}


def draw(path: Path, rows: list[dict[str, str]], metric: str) -> None:
    """Draw the trials of each settings in a row, the best settings on top.

    The left panel has the metric by which they are ordered, the right one the minimum smooth loss.
    """
    panels = list(dict.fromkeys((metric, "min_smooth_loss")))
    shown = [row for row in rows if row[metric]]
    order = [group.settings for group in winner.ranked(_values(shown, metric))]
    with matplotlib.rc_context(figures.STYLE):
        size = (4.2 * len(panels) + 1, 0.34 * len(order) + 1)
        drawn = Figure(figsize=size, layout="constrained")
        axes = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
        for each, name in zip(axes, panels, strict=True):
            _panel(each, shown, name, order)
        axes[0].set_yticks(range(len(order)), order)
        axes[0].set_ylim(len(order) - 0.5, -0.5)
        figures.save(drawn, path)


def _panel(axes: Axes, rows: list[dict[str, str]], metric: str, order: list[str]) -> None:
    finished = [row for row in rows if row[metric] and row["state"] == table.FINISHED]
    for group in winner.ranked(_values(finished, metric)):
        place = order.index(group.settings)
        axes.plot(
            (group.values[0], group.values[-1]), (place, place),
            color=figures.FAINT, linewidth=5, solid_capstyle="round", zorder=1,
        )  # fmt: skip
        axes.plot(group.mean, place, "|", color=figures.ACCENT, markersize=11, zorder=2)
    for row in rows:
        if row[metric]:
            filled = figures.INK if row["state"] == table.FINISHED else "none"
            axes.plot(
                float(row[metric]), order.index(row["settings"]), "o",
                markersize=4, markerfacecolor=filled, markeredgecolor=figures.INK, alpha=0.8,
                markeredgewidth=0.6, zorder=3,
            )  # fmt: skip
    axes.set_xlabel(_TITLES[metric])
    axes.tick_params(axis="y", length=0)


def _values(rows: list[dict[str, str]], metric: str) -> list[tuple[str, float]]:
    return [(row["settings"], float(row[metric])) for row in rows if row[metric]]
