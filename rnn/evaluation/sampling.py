"""Text from a model."""

from dataclasses import dataclass

import numpy as np

from rnn.engine import Engine
from rnn.training.snapshot import Snapshot


@dataclass(frozen=True)
class Sample:
    """A text, and the probability that each of its characters was drawn with."""

    text: str
    probabilities: np.ndarray  # (len(text),) float64


def write(
    engine: Engine,
    snapshot: Snapshot,
    length: int,
    temperature: float,
    rng: np.random.Generator,
    prime: str = "",
) -> Sample:
    """Let a network write `length` characters.

    It goes on from the place in the book that its training had reached or, after reading `prime`
    there, from that. Temperature 1 draws from the network's own distribution, less makes it more
    sure of itself, and 0 always takes the likeliest character.

    Raises UnknownCharacter where `prime` has a character that the book lacks.
    """
    read = snapshot.vocabulary.encode(prime, "prime") if prime else np.array([snapshot.next_index])
    indices, probabilities = engine.sample(
        snapshot.parameters, snapshot.hidden, read, temperature, rng.random(length)
    )
    return Sample(snapshot.vocabulary.decode(indices), probabilities)
