"""Text from a model."""

from dataclasses import dataclass

import numpy as np

from rnn.data.vocabulary import Unknown
from rnn.engine import Draw, Engine
from rnn.training.snapshot import Snapshot


@dataclass(frozen=True)
class Sample:
    """A text, and the probability that each of its characters was drawn with."""

    prime: str  # what was read before it, in the characters of the book
    text: str
    probabilities: np.ndarray  # (len(text),) float64


def write(
    engine: Engine,
    snapshot: Snapshot,
    length: int,
    draw: Draw,
    rng: np.random.Generator,
    prime: str = "",
    stop: str = "",
    unknown: Unknown = "error",
) -> Sample:
    """Let a network write `length` characters, or fewer: `stop`, once written, ends the text.

    It goes on from the place in the book that its training had reached or, after reading `prime`
    there, from that. Characters of `prime` that the book lacks are up to `unknown`, see
    `Vocabulary.encode`. Temperature 1 draws from the network's own distribution, less makes it more
    sure of itself, and 0 always takes the likeliest character.

    Raises UnknownCharacter where `prime` has a character of which nothing is known to be done.
    """
    primed = snapshot.vocabulary.encode(prime, "prime", unknown)
    read = primed if primed.size else np.array([snapshot.next_index])
    indices, probabilities = engine.sample(
        snapshot.parameters, snapshot.hidden, read, draw, rng.random(length)
    )
    text = snapshot.vocabulary.decode(indices)
    if stop and stop in text:
        text = text[: text.index(stop) + len(stop)]
    return Sample(snapshot.vocabulary.decode(primed), text, probabilities[: len(text)])
