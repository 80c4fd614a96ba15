"""The share of the peak that each contender reaches, against the width of the network."""

from pathlib import Path

import matplotlib
import matplotlib.ticker
from matplotlib.figure import Figure

COLOURS = {
    "ours, compiled": "#b4442c",
    "JAX": "#2c6fb4",
    "PyTorch, compiled": "#c98a1b",
    "PyTorch, by hand": "#3c8a4e",
    "PyTorch, nn.RNN": "#8fc09a",
    "ours, NumPy": "#e0a899",
    "classic NumPy": "#9aa3ad",
}
STYLE = {
    "svg.hashsalt": "rnn",  # else element ids are random
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}

Shares = dict[tuple[str, int, str, int], float]  # cores, B, contender, m -> share of the peak


def draw(path: Path, shares: Shares) -> None:
    """Draw a row for one core and one for all, in it a panel a batch size B."""
    cores = list(dict.fromkeys(key[0] for key in shares))
    batches, sizes = (sorted({key[index] for key in shares}) for index in (1, 3))
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(2.4 * len(batches), 2.2 * len(cores) + 0.5), layout="constrained")
        panels = figure.subplots(len(cores), len(batches), squeeze=False, sharex=True, sharey=True)
        lines = {}
        for row, name in zip(panels, cores, strict=True):
            for axes, B in zip(row, batches, strict=True):
                axes.set_title(f"{name}, B = {B}", fontsize=9)
                for contender, colour in COLOURS.items():
                    points = [
                        (m, shares[name, B, contender, m])
                        for m in sizes
                        if (name, B, contender, m) in shares
                    ]
                    if points:
                        m, share = zip(*points, strict=True)
                        (lines[contender],) = axes.plot(m, share, color=colour, marker=".")
            row[0].set_ylabel("share of the peak")
        panels[0, 0].set_xscale("log", base=2)
        panels[0, 0].set_xticks(sizes, [str(m) for m in sizes])
        panels[0, 0].set_ylim(0, None)
        panels[0, 0].yaxis.set_major_formatter(matplotlib.ticker.PercentFormatter(1))
        for axes in panels[-1]:
            axes.set_xlabel("m, hidden units")
        figure.legend(lines.values(), lines, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
