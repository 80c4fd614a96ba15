"""A network reads a passage: what each of its units does there, and how surprised it is."""

from dataclasses import dataclass

import numpy as np

from rnn.data.windows import HeldOut
from rnn.engine import Engine
from rnn.model import Parameters
from rnn.training.losses import bits


@dataclass(frozen=True)
class Reading:
    """A passage of n characters, and what they did to a network of m units."""

    text: np.ndarray  # (n,) indices
    hidden: np.ndarray  # (n, m) float64, the hidden state after each was read
    bits: np.ndarray  # (n,) float64, the surprise at each, in bits


def read(engine: Engine, parameters: Parameters, passage: HeldOut, length: int) -> Reading:
    """Return what the first `length` characters of a passage do, or all where it has fewer.

    The network has read some characters before them.
    """
    _, states = engine.foretell(parameters, np.zeros_like(parameters.b), passage.warm_up())
    text = passage.text(length)
    # In windows of one character, so that each has a loss and a state of its own. The last is said
    # to be followed by itself.
    pairs = np.stack([text, np.append(text[1:], text[-1:])], axis=1)
    losses, states = engine.foretell(parameters, states[-1], pairs)
    surprise = np.array([bits(loss, 1) for loss in losses[:-1].tolist()])
    return Reading(text[1:], states[2:].astype(np.float64), surprise)
