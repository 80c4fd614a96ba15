"""What the best network writes."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import sys
from typing import Annotated, Any

import typer

from rnn import rng
from rnn.engine import ENGINES, Draw
from rnn.evaluation import sampling
from rnn.settings import SynthesizeBest
from rnn.storage import files
from rnn.training.snapshot import Snapshot
from stages.common import command, inputs, params, paths
from stages.common.params import Params
from stages.console import colour as colours


def _option(name: str, help: str) -> Any:
    return typer.Option(help=help, show_default=f"synthesize_best.{name} of params.yaml")


def main(
    prime: Annotated[str | None, _option("prime", "Text that is read first.")] = None,
    temperature: Annotated[
        float | None, _option("temperature", "Less is surer of itself; 0 takes the likeliest.")
    ] = None,
    top_k: Annotated[
        int | None, _option("top_k", "Draw from so many of the likeliest characters only.")
    ] = None,
    top_p: Annotated[
        float | None, _option("top_p", "Of these, from the fewest with this probability together.")
    ] = None,
    length: Annotated[int | None, _option("length", "Characters to write.")] = None,
    stop: Annotated[str | None, _option("stop", "Text at which to end before that.")] = None,
    seed: Annotated[int | None, _option("seed", "Of the draws.")] = None,
    colour: Annotated[
        bool, typer.Option("--colour", help="Colour each character by its surprise, on a terminal.")
    ] = False,
) -> None:
    """Let the best network write.

    Reads the best network in data/train/. Without options, writes to data/synthesize_best/ and
    reports/best_text.txt what params.yaml asks for. With any option, writes to the terminal, and no
    file is changed.
    """
    options = {
        "prime": prime,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "length": length,
        "stop": stop,
        "seed": seed,
    }
    given = {name: value for name, value in options.items() if value is not None}
    if given or colour:
        there = params.load()
        values = there.synthesize_best.model_dump() | given
        settings = params.check(SynthesizeBest, values, "synthesize_best.")
        show(write(settings, there), colour)
        return
    with inputs.held("synthesize_best") as held:
        sample = write(held.params.synthesize_best, held.params)
        files.write_text(paths.BEST_TEXT, sample.prime + sample.text + "\n")
        files.write_json(
            paths.BEST_TEXT_PROBABILITIES,
            {
                "prime": sample.prime,
                "text": sample.text,
                "probabilities": sample.probabilities.tolist(),
            },
        )
        show(sample)


def write(settings: SynthesizeBest, others: Params) -> sampling.Sample:
    """Return what the best network writes."""
    return sampling.write(
        ENGINES[others.train.engine],
        Snapshot.load(paths.BEST),
        settings.length,
        Draw(settings.temperature, settings.top_k, settings.top_p),
        rng.generator(settings.seed),
        settings.prime,
        settings.stop,
        others.corpus.unknown,
    )


def show(sample: sampling.Sample, in_colour: bool = False) -> None:
    """Print prime and text; on a terminal, which would obey them, control characters as escapes.

    In colour only where the terminal has colours and its user wants them: see stages.console.
    """
    if not sys.stdout.isatty():
        print(sample.prime + sample.text)
    elif in_colour and colours.is_wanted():
        print(colours.harmless(sample.prime) + colours.coloured(sample.text, sample.probabilities))
    else:
        print(colours.harmless(sample.prime + sample.text))


if __name__ == "__main__":
    command.run(main, '--prime "Nell said" --temperature 0.7 --colour')
