"""The report: what was done, and what came of it."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import io
from typing import Any

import jinja2
from ruamel.yaml import YAML

from rnn.storage import files
from stages.common import command, inputs, paths
from stages.page import figures, results
from stages.page.facts import facts


def main() -> None:
    """Draw the figures and write the report.

    Reads what all the other stages wrote to data/ and reports/; writes reports/report.md and
    reports/figures/.
    """
    with inputs.held("report") as held:
        settings = held.params
        corpus, metrics, evolution = results.corpus(), results.train(), results.evolution()
        updates, values = results.smooth_loss_curve(metrics)
        differences, best = results.gradient_table(), results.best_text()
        baselines, texts = results.baselines(metrics), results.texts()
        report = render(
            facts(settings, corpus, metrics, differences, baselines, evolution, best, texts)
        )
        T, K = settings.train.sequence_length, corpus["vocabulary_size"]
        figures.smooth_loss(paths.SMOOTH_LOSS_FIGURE, updates, values, metrics, baselines, T, K)
        figures.known_words(paths.KNOWN_WORDS_FIGURE, evolution)
        figures.temperature(paths.TEMPERATURE_FIGURE, texts)
        files.write_text(paths.REPORT, report)
        print(
            f"{paths.REPORT}: minimum smooth loss {metrics['min_smooth_loss']:.2f} nats a window, "
            f"{metrics['min_smooth_bits']:.2f} bits a character"
        )


def render(values: dict[str, Any]) -> str:
    """Return the report as Markdown: the template with values put in."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown, whose quoted texts stand in fences
    )
    environment.filters |= {
        "counted": counted,
        "fenced": fenced,
        "grouped": grouped,
        "yaml": as_yaml,
    }
    template = environment.from_string(paths.REPORT_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(values)


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
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def grouped(number: int) -> str:
    """Return `2,000`, its digits in groups of three."""
    return f"{number:,}"


def counted(count: int, noun: str) -> str:
    """Return `1 update` or `2,000 updates`."""
    return f"{grouped(count)} {noun}{'' if count == 1 else 's'}"


def fenced(text: str, language: str = "text") -> str:
    """Return `text` between fences that are longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


if __name__ == "__main__":
    command.run(main)
