"""The report: what was done, and what came of it."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import webbrowser
from typing import Annotated, Any

import typer

from rnn.errors import InputError
from rnn.storage import files
from stages.common import command, inputs, paths
from stages.common.params import Params
from stages.page import figures, html, results, sections, tables, wording
from stages.page.facts import facts
from stages.page.results import Results


def main(
    open_page: Annotated[
        bool, typer.Option("--open", help="Open the page that is there in a browser instead.")
    ] = False,
) -> None:
    """Draw the figures, write the report, and make the page.

    Reads what all the other stages wrote to data/ and reports/; writes reports/report.md,
    reports/report.html and reports/figures/.
    """
    if open_page:
        show()
        return
    with inputs.held("report") as held:
        settings, found = held.params, results.read()
        values = facts(settings, found)
        report = render(values)
        draw(settings, found)
        files.write_text(paths.LOSSES, tables.losses(found.epochs, found.baselines))
        files.write_text(paths.EVOLUTION_CURVE, tables.evolution(found.evolution))
        page = html.render(*sections.page(settings, found, values))
        files.write_text(paths.REPORT, report)
        files.write_text(paths.PAGE, page)
        metrics = found.metrics
        print(
            f"{paths.REPORT}, {paths.PAGE}: minimum smooth loss "
            f"{metrics['min_smooth_loss']:.2f} nats a window, "
            f"{metrics['min_smooth_bits']:.2f} bits a character"
        )


def show() -> None:
    """Open the page in the browser of whoever is at the terminal. Raises InputError without one."""
    files.open_input(paths.PAGE).close()  # refuses a missing one
    if not webbrowser.open(paths.PAGE.resolve().as_uri()):
        raise InputError(f"{paths.PAGE}: no browser was found to open it; copy it to where one is")


def draw(settings: Params, found: Results) -> None:
    """Draw the figures."""
    figures.smooth_loss(
        paths.SMOOTH_LOSS_FIGURE,
        *found.curve,
        found.metrics,
        found.baselines,
        settings.train.sequence_length,
        found.corpus["vocabulary_size"],
    )
    figures.known_words(paths.KNOWN_WORDS_FIGURE, found.evolution)
    figures.temperature(paths.TEMPERATURE_FIGURE, found.texts)


def render(values: dict[str, Any]) -> str:
    """Return the report as Markdown: the template with values put in."""
    environment = wording.environment(autoescape=False)  # quoted texts stand in Markdown's fences
    environment.filters |= {"fenced": fenced}
    return environment.get_template(paths.REPORT_TEMPLATE.name).render(values)


def fenced(text: str, language: str = "text") -> str:
    """Return `text` between fences that are longer than any run of backticks in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


if __name__ == "__main__":
    command.run(main, "--open")
