"""The report: what was done, and what came of it."""

import jinja2
import numpy as np

from rnn import storage
from stages import command, figures, params, paths


def main() -> None:
    """Draw the figures and write the report."""
    settings = params.load()
    metrics = storage.read_json(paths.TRAIN_METRICS)
    evolution = storage.read_json(paths.EVOLUTION)
    updates, values = np.loadtxt(
        paths.SMOOTH_LOSS_CURVE, delimiter=",", skiprows=1, unpack=True, ndmin=2
    )
    figures.smooth_loss(paths.SMOOTH_LOSS_FIGURE, updates, values, metrics)
    figures.known_words(paths.KNOWN_WORDS_FIGURE, evolution)
    storage.write_text(
        paths.REPORT,
        render(
            params=settings,
            params_text=paths.PARAMS.read_text(encoding="utf-8"),
            corpus=storage.read_json(paths.CORPUS_METRICS),
            metrics=metrics,
            gradients=storage.read_json(paths.GRADIENT_METRICS),
            differences=storage.read_json(paths.GRADIENT_TABLE),
            evolution=evolution,
            best=storage.read_json(paths.BEST_TEXT_PROBABILITIES),
            figures={
                "smooth_loss": paths.SMOOTH_LOSS_FIGURE.relative_to(paths.REPORT.parent),
                "known_words": paths.KNOWN_WORDS_FIGURE.relative_to(paths.REPORT.parent),
            },
        ),
    )
    print(f"{paths.REPORT}: minimum smooth loss {metrics['min_smooth_loss']:.2f}")


def render(**facts: object) -> str:
    """Return the report as Markdown."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, whose quoted texts stand in fences
    )
    environment.filters["fenced"] = fenced
    template = environment.from_string(paths.REPORT_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(**facts)


def fenced(text: str, language: str = "text") -> str:
    """Return `text` between fences that are longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


if __name__ == "__main__":
    command.run(main)
