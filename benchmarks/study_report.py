"""What the study has come to: the tables of docs/training.md and their figure.

    python -m benchmarks.study_report [BOOK ...]

With books, it first measures n-grams on them, into docs/ngrams.csv; what that file has of other
books stays. Then it makes all from docs/study.csv and docs/ngrams.csv. A training that is not
there yet is a dash.
"""

import csv
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks import batches, study
from benchmarks.batches import Epoch
from benchmarks.study import HOLDOUT, RESULTS, Result
from rnn.data.windows import split
from rnn.evaluation import ngrams
from rnn.training import losses
from stages.common import params
from stages.page import figures, original

NGRAMS = RESULTS.with_name("ngrams.csv")
DOCUMENT = RESULTS.with_name("training.md")
FIGURE = RESULTS.with_name("study.svg")
ORDER = 8  # of the longest n-grams
_SETTINGS = {"original": "the original report's", "adagrad": "AdaGrad", "adam": "Adam"}
_SHORT = _SETTINGS | {"original": "original"}
_MISSING = "–"
_GOOD = 2.0  # bits a held-out character

Baselines = dict[str, list[float]]  # book -> bits a character of its n-grams, from 1 on
Network = tuple[str, int]  # settings, m


def with_tables(document: str, results: list[Result], baselines: Baselines) -> str:
    """Return the document with what stands between its marks made anew."""
    for name, table in (
        ("losses", _losses(results)),
        ("held-out", _held_out(results, baselines)),
        ("batches", _batches(batches.known())),
    ):
        begin, end = f"<!-- {name}, made by make study -->\n", f"<!-- end of {name} -->\n"
        pattern = f"(?s){re.escape(begin)}.*?{re.escape(end)}"
        document, count = re.subn(pattern, lambda _, text=begin + table + end: text, document)
        if count != 1:
            raise ValueError(f"{DOCUMENT}: has {count} tables {name}")
    return document


def _losses(results: list[Result]) -> str:
    """Return the losses over the seeds, by book, settings and m."""
    titles = ("minimum smooth loss", "spread", "last epoch's mean", "spread")
    lines = [_row("book", "settings", "m", "seeds", *titles), "|---|---" + "|---:" * 6 + "|"]
    for book in _books(results):
        for settings, m in _networks(book, 0.0):
            found = _of(results, book, (settings, m), 0.0)
            cells = [
                *_range(each.min_smooth_loss for each in found),
                *_range(each.epoch_mean_loss for each in found),
            ]
            lines.append(_row(book, _SETTINGS[settings], m, len(found), *cells))
    return "\n".join(lines) + "\n"


def _held_out(results: list[Result], baselines: Baselines) -> str:
    """Return how well the held-out text is foretold, by n-grams and by networks."""
    books = _books(results)
    lines = [_row("bits a held-out character", *books), "|---" + "|---:" * len(books) + "|"]
    for n in range(1, ORDER + 1):
        back = f"{n}-gram: {n - 1} character{'' if n == 2 else 's'} back"
        lines.append(_row(back, *(_number(baselines.get(book, [])[n - 1 : n]) for book in books)))
    for network in _networks("any", HOLDOUT):
        found = [_of(results, book, network, HOLDOUT) for book in books]
        cells = (_number(each.held_out_bits for each in trained) for trained in found)
        lines.append(_row(f"network: {_SETTINGS[network[0]]}, m = {network[1]}", *cells))
    return "\n".join(lines) + "\n"


def _batches(epochs: list[Epoch]) -> str:
    """Return what each number of streams comes to, and how soon it is as good as `_GOOD`."""
    titles = ("last epoch's mean", "bits a held-out character", "seconds", f"until {_GOOD} bits")
    lines = [_row("B", "eta", *titles), "|---:" * 6 + "|"]
    for last in (each for each in epochs if each.epoch == epochs[-1].epoch):
        of = [each for each in epochs if each.batch_size == last.batch_size]
        soon = next((f"{each.seconds:.1f}" for each in of if each.held_out_bits <= _GOOD), _MISSING)
        figures = (f"{last.mean_loss:.2f}", f"{last.held_out_bits:.2f}", f"{last.seconds:.1f}")
        lines.append(_row(last.batch_size, f"{last.learning_rate:g}", *figures, soon))
    return "\n".join(lines) + "\n"


def _books(results: list[Result]) -> list[str]:
    """Return the books that were trained on, the default one first."""
    default = Path(params.load().corpus.path).stem
    return sorted({each.book for each in results}, key=lambda book: (book != default, book))


def _networks(book: str, holdout: float) -> list[Network]:
    """Return the networks that the study trains, the smallest first."""
    order = list(_SETTINGS)
    trials = [each for each in study.trials(book) if each.holdout == holdout]
    found = {(each.settings, each.hidden_size) for each in trials}
    return sorted(found, key=lambda network: (network[1], order.index(network[0])))


def _of(results: list[Result], book: str, network: Network, holdout: float) -> list[Result]:
    """Return what came of a network on a book, a result a seed."""
    wanted = (book, *network, holdout)
    return [
        each
        for each in results
        if (each.book, each.settings, each.hidden_size, each.holdout) == wanted
    ]


def _range(values: Iterable[float]) -> tuple[str, str]:
    """Return the least and the greatest of some losses, and how far they lie apart."""
    values = list(values)
    if not values:
        return _MISSING, _MISSING
    return f"{min(values):.2f} to {max(values):.2f}", f"{max(values) - min(values):.2f}"


def _number(values: Iterable[float]) -> str:
    return next((f"{value:.2f}" for value in values), _MISSING)


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def draw(path: Path, results: list[Result]) -> None:
    """Draw the minimum smooth loss of each training, a dot a seed and a panel a book."""
    books = _books(results)
    theirs = original.FIGURES["runs"][-1]["smooth_loss"]
    unit = losses.bits(1, params.load().train.sequence_length)
    with matplotlib.rc_context(figures.STYLE):
        figure = Figure(figsize=(8, 4), layout="constrained")
        panels = figure.subplots(1, len(books), sharey=True, squeeze=False)[0]
        for axes, book in zip(panels, books, strict=True):
            networks = _networks(book, 0.0)
            axes.axhline(theirs, color=figures.MUTED, linewidth=0.8, linestyle="--", zorder=0)
            for place, network in enumerate(networks):
                found = _of(results, book, network, 0.0)
                # Side by side, or dots of losses that are alike would lie on one another.
                across = [place + 0.09 * (each.seed - study.SEEDS[-1] / 2) for each in found]
                color = figures.INK if network[0] == "original" else figures.ACCENT
                down = [each.min_smooth_loss for each in found]
                axes.plot(across, down, "o", color=color, markersize=4)
            labels = [f"{_SHORT[settings]}\nm = {m}" for settings, m in networks]
            axes.set_xticks(range(len(networks)), labels, fontsize=8)
            axes.set_xlim(-0.5, len(networks) - 0.5)
            axes.set_title(book, loc="left", fontsize=10)
        panels[-1].annotate(
            "the original report, on its own book",
            (1, theirs),
            (-4, 4),
            xycoords=panels[-1].get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            color=figures.MUTED,
            fontsize=8,
        )
        panels[0].yaxis.set_major_locator(MaxNLocator(integer=True))
        panels[0].set_ylabel("minimum smooth loss, nats a window")
        right = panels[-1].secondary_yaxis(
            "right", functions=(lambda nats: nats * unit, lambda bits: bits / unit)
        )
        right.set_ylabel("bits a character")
        right.spines["right"].set_visible(True)
        figures.save(figure, path)


def measure(book: Path) -> list[float]:
    """Return how well n-grams foretell the end of a book, in bits a character, from 1 on."""
    with study.read_book(book) as (vocabulary, lying):
        indices = lying[:]
    start = split(len(indices), HOLDOUT)
    found = ngrams.probabilities(indices[:start], indices[start:], len(vocabulary), ORDER)
    return [round(ngrams.bits_a_character(row), 4) for row in found]


def known_baselines() -> Baselines:
    """Return what docs/ngrams.csv has."""
    if not NGRAMS.exists():
        return {}
    with NGRAMS.open(encoding="utf-8", newline="") as file:
        return {book: [*map(float, bits)] for book, *bits in list(csv.reader(file))[1:]}


def write_baselines(baselines: Baselines) -> None:
    """Write docs/ngrams.csv, a row a book."""
    with NGRAMS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["book", *(f"{n}_gram_bits" for n in range(1, ORDER + 1))])
        writer.writerows([book, *bits] for book, bits in sorted(baselines.items()))


def main() -> None:
    """Measure n-grams on the books that are given, and write the tables and the figure."""
    books = [Path(each) for each in sys.argv[1:]]
    if books:
        write_baselines(known_baselines() | {book.stem: measure(book) for book in books})
    results = study.known()
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_tables(document, results, known_baselines()), encoding="utf-8")
    draw(FIGURE, results)
    print(f"{DOCUMENT.name} and {FIGURE.name}: {len(results)} trainings")


if __name__ == "__main__":
    main()
