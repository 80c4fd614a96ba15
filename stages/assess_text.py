"""How good the network's text is, and whether it is copied."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from dataclasses import asdict
from typing import Any

from rnn import rng
from rnn.data import corpus, windows
from rnn.data.vocabulary import Vocabulary
from rnn.engine import ENGINES, Draw
from rnn.evaluation import quality, sampling
from rnn.storage import files
from rnn.training.snapshot import Snapshot
from stages.common import command, inputs, networks, paths

FIGURES = ("known_word_share", "distinct_4grams", "longest_copied_run", "copied_share")


def main() -> None:
    """Let the best network and the snapshots write at length, and hold that against the book.

    Reads the networks in data/train/ and the book's indices and vocabulary in data/preprocess/;
    writes figures of each text to data/assess_text/, those of the best network to reports/metrics/,
    and to reports/plots/ what temperature makes of them.
    """
    with inputs.held("assess_text") as held:
        settings, engine = held.params.assess_text, ENGINES[held.params.train.engine]
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        start = windows.split(len(indices), held.params.corpus.holdout)
        book = quality.Book.of(vocabulary, indices[:start])

        def assessed(snapshot: Snapshot, length: int, temperature: float) -> dict[str, Any]:
            draws = rng.generator(settings.seed)
            text = sampling.write(engine, snapshot, length, Draw(temperature), draws).text
            return asdict(quality.assess(text, book))

        best, snapshots = networks.load(paths.BEST, vocabulary), networks.snapshots(vocabulary)
        texts = {
            "held_out": asdict(quality.assess(vocabulary.decode(indices[start:]), book)),
            "temperatures": [
                {"temperature": temperature, **assessed(best, settings.length, temperature)}
                for temperature in sorted({quality.OWN_TEMPERATURE, *settings.temperatures})
            ],
            "snapshots": [
                {
                    "update": snapshot.update,
                    **assessed(snapshot, settings.snapshot_length, quality.OWN_TEMPERATURE),
                }
                for snapshot in snapshots
            ],
        }
        files.write_json(paths.TEXTS, texts)
        files.write_json(paths.TEXT_METRICS, metrics(texts))
        files.write_text(paths.TEMPERATURE_CURVE, curve(texts["temperatures"]))
        for entry in texts["temperatures"]:
            print(f"temperature {entry['temperature']:g}: {summary(entry)}")
        print(f"held out: {summary(texts['held_out'])}")


def metrics(texts: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of the network's own text, and those of the held-out passage."""
    return _figures(quality.own(texts["temperatures"])) | {"held_out": _figures(texts["held_out"])}


def _figures(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry[name] for name in FIGURES}


def curve(entries: list[dict[str, Any]]) -> str:
    """Return the figures of each temperature as CSV; a share of nothing is empty."""
    columns = ("temperature", *FIGURES)
    rows = [[_cell(entry[name]) for name in columns] for entry in entries]
    return "".join(",".join(row) + "\n" for row in (columns, *rows))


def _cell(value: float | None) -> str:
    return "" if value is None else str(value)


def summary(entry: dict[str, Any]) -> str:
    """Return one line on a text."""
    shares = (
        f"{name} {entry[key]:.1%}" if entry[key] is not None else f"{name} none"
        for name, key in (
            ("known words", "known_word_share"),
            ("distinct 4-grams", "distinct_4grams"),
            ("copied", "copied_share"),
        )
    )
    return f"{', '.join(shares)}, longest run copied {entry['longest_copied_run']:,} characters"


if __name__ == "__main__":
    command.run(main)
