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
    hidden = np.zeros_like(parameters.b)
    engine.losses(parameters, hidden, passage.warm_up())
    text = passage.text(length)
    states, losses = _one_by_one(engine, parameters, hidden, text)
    return Reading(text[1:], states[1:], np.array([bits(loss, 1) for loss in losses[:-1]]))


def _one_by_one(
    engine: Engine, parameters: Parameters, hidden: np.ndarray, text: np.ndarray
) -> tuple[np.ndarray, list[float]]:
    """Return the hidden states after each of the characters, and the loss of the one that follows.

    An engine shows no states but the last, so it is given one character at a time. The last
    character is said to be followed by itself.
    """
    states, losses = [], []
    for pair in np.stack([text, np.append(text[1:], text[-1:])], axis=1):
        losses += engine.losses(parameters, hidden, pair[np.newaxis]).tolist()
        states.append(hidden.astype(np.float64))
    return np.array(states), losses
