"""What the best network writes."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import re
import sys
from typing import Annotated, Any

import typer

from rnn import rng
from rnn.engine import ENGINES
from rnn.evaluation import sampling
from rnn.settings import SynthesizeBest
from rnn.storage import files
from rnn.training.snapshot import Snapshot
from stages.common import command, inputs, params, paths


def _option(name: str, help: str) -> Any:
    return typer.Option(help=help, show_default=f"synthesize_best.{name} of params.yaml")


def main(
    prime: Annotated[str | None, _option("prime", "Text that is read first.")] = None,
    temperature: Annotated[
        float | None, _option("temperature", "Less is surer of itself; 0 takes the likeliest.")
    ] = None,
    length: Annotated[int | None, _option("length", "Characters to write.")] = None,
    seed: Annotated[int | None, _option("seed", "Of the draws.")] = None,
) -> None:
    """Let the best network write.

    Reads the best network in data/train/. Without options, writes to data/synthesize_best/ and
    reports/best_text.txt what params.yaml asks for. With any option, writes to the terminal, and no
    file is changed.
    """
    options = {"prime": prime, "temperature": temperature, "length": length, "seed": seed}
    given = {name: value for name, value in options.items() if value is not None}
    if given:
        there = params.load()
        values = there.synthesize_best.model_dump() | given
        settings = params.check(SynthesizeBest, values, "synthesize_best.")
        show(settings.prime + write(settings, there.train.engine).text)
        return
    with inputs.held("synthesize_best") as held:
        settings = held.params.synthesize_best
        sample = write(settings, held.params.train.engine)
        files.write_text(paths.BEST_TEXT, settings.prime + sample.text + "\n")
        files.write_json(
            paths.BEST_TEXT_PROBABILITIES,
            {
                "prime": settings.prime,
                "text": sample.text,
                "probabilities": sample.probabilities.tolist(),
            },
        )
        show(settings.prime + sample.text)


def write(settings: SynthesizeBest, engine: str) -> sampling.Sample:
    """Return what the best network writes."""
    return sampling.write(
        ENGINES[engine],
        Snapshot.load(paths.BEST),
        settings.length,
        settings.temperature,
        rng.generator(settings.seed),
        settings.prime,
    )


def show(text: str) -> None:
    """Print `text`; on a terminal, which would obey them, with control characters as escapes."""
    print(_harmless(text) if sys.stdout.isatty() else text)


def _harmless(text: str) -> str:
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text)


if __name__ == "__main__":
    command.run(main)
