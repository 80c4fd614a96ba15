"""The report: what was done, and what came of it."""

import jinja2
import numpy as np

from rnn import evaluation, losses, storage
from stages import command, figures, params, paths


def main() -> None:
    """Draw the figures and write the report.

    Reads what all the other stages wrote to data/ and reports/; writes reports/report.md and
    reports/figures/.
    """
    settings = params.load()
    metrics = storage.read_json(paths.TRAIN_METRICS)
    evolution = storage.read_json(paths.EVOLUTION)
    updates, values = np.loadtxt(
        paths.SMOOTH_LOSS_CURVE, delimiter=",", skiprows=1, unpack=True, ndmin=2
    )
    corpus, T = storage.read_json(paths.CORPUS_METRICS), settings.train.sequence_length
    figures.smooth_loss(
        paths.SMOOTH_LOSS_FIGURE, updates, values, metrics, T, corpus["vocabulary_size"]
    )
    figures.known_words(paths.KNOWN_WORDS_FIGURE, evolution)
    storage.write_text(
        paths.REPORT,
        render(
            params=settings,
            params_text=paths.PARAMS.read_text(encoding="utf-8"),
            corpus=corpus,
            metrics=metrics,
            differences=storage.read_json(paths.GRADIENT_TABLE),
            evolution=evolution,
            best=storage.read_json(paths.BEST_TEXT_PROBABILITIES),
            figures={
                "smooth_loss": paths.SMOOTH_LOSS_FIGURE.relative_to(paths.REPORT.parent),
                "known_words": paths.KNOWN_WORDS_FIGURE.relative_to(paths.REPORT.parent),
            },
        ),
    )
    print(
        f"{paths.REPORT}: minimum smooth loss {metrics['min_smooth_loss']:.2f} nats a window, "
        f"{metrics['min_smooth_bits']:.2f} bits a character"
    )


def render(**facts: object) -> str:
    """Return the report as Markdown."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, whose quoted texts stand in fences
    )
    environment.filters |= {
        "fenced": fenced,
        "whole_words": evaluation.whole_words,
        "bits": losses.bits,
        "counted": counted,
    }
    template = environment.from_string(paths.REPORT_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(**facts)


def counted(count: int, noun: str) -> str:
    """Return `1 update` or `2,000 updates`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def fenced(text: str, language: str = "text") -> str:
    """Return `text` between fences that are longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


if __name__ == "__main__":
    command.run(main)
