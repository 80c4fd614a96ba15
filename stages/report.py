"""The report: what was done, and what came of it."""

import io
from typing import Any

import jinja2
from ruamel.yaml import YAML

from rnn import storage
from stages import command, figures, params, paths, results


def main() -> None:
    """Draw the figures and write the report."""
    settings = params.load()
    metrics, evolution = results.train(), results.evolution()
    updates, values = results.smooth_loss_curve(metrics)
    facts = {
        "params": settings,
        "params_text": as_yaml(settings.model_dump()),
        "corpus": results.corpus(),
        "metrics": metrics,
        "gradients": results.gradients(),
        "differences": results.gradient_table(),
        "evolution": evolution,
        "best": results.best_text(),
        "figures": {
            "smooth_loss": paths.SMOOTH_LOSS_FIGURE.relative_to(paths.REPORT.parent),
            "known_words": paths.KNOWN_WORDS_FIGURE.relative_to(paths.REPORT.parent),
        },
    }
    figures.smooth_loss(paths.SMOOTH_LOSS_FIGURE, updates, values, metrics)
    figures.known_words(paths.KNOWN_WORDS_FIGURE, evolution)
    storage.write_text(paths.REPORT, render(**facts))
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


def as_yaml(values: dict[str, Any]) -> str:
    """Return params as YAML, which depends on nothing but their values."""
    yaml = YAML()
    yaml.width = 2**16  # never folds a long text
    text = io.StringIO()
    yaml.dump(_whole(values), text)
    return text.getvalue()


def _whole(value: Any) -> Any:
    """Return values in which 10.0 is 10, as people write it."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def fenced(text: str, language: str = "text") -> str:
    """Return `text` between fences that are longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


if __name__ == "__main__":
    command.run(main)
