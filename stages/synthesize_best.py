"""What the best network writes."""

import re
import sys
from typing import Annotated

import numpy as np
import typer

from rnn import sampling, storage
from rnn.snapshot import Snapshot
from rnn.vocabulary import Vocabulary
from stages import command, params, paths


def main(
    prime: Annotated[str | None, typer.Option(help="Text that is read first.")] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Less is surer of itself; 0 takes the likeliest.")
    ] = None,
    length: Annotated[int | None, typer.Option(help="Characters to write.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the draws.")] = None,
) -> None:
    """Let the best network write.

    Without options, as params.yaml says and into the pipeline's files. With any option, to the
    terminal, and no file is changed.
    """
    settings = params.load().synthesize_best
    options = {"prime": prime, "temperature": temperature, "length": length, "seed": seed}
    given = {name: value for name, value in options.items() if value is not None}
    settings = params.check(
        params.SynthesizeBest, settings.model_dump() | given, "synthesize_best."
    )
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    sample = sampling.write(
        Snapshot.load(paths.BEST, len(vocabulary)),
        vocabulary,
        settings.length,
        settings.temperature,
        np.random.Generator(np.random.PCG64(settings.seed)),
        settings.prime,
    )
    text = settings.prime + sample.text
    if not given:
        storage.write_text(paths.BEST_TEXT, text + "\n")
        storage.write_json(
            paths.BEST_TEXT_PROBABILITIES,
            {
                "prime": settings.prime,
                "text": sample.text,
                "probabilities": sample.probabilities.tolist(),
            },
        )
    print(_harmless(text) if sys.stdout.isatty() else text)


def _harmless(text: str) -> str:
    """Return `text` with control characters as escapes, since a terminal would obey them."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text)


if __name__ == "__main__":
    command.run(main)
