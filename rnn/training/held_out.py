"""The loss on text that was held out."""

import math

import numpy as np

from rnn.data.windows import HeldOut
from rnn.engine import Engine
from rnn.model import Parameters


def loss(engine: Engine, parameters: Parameters, held_out: HeldOut) -> float:
    """Return the mean loss of a held-out character in nats.

    The hidden state is carried through the whole text, from some characters before it on.
    """
    _, states = engine.foretell(parameters, np.zeros_like(parameters.b), held_out.warm_up())
    losses: list[float] = []
    for block in held_out.blocks():
        found, states = engine.foretell(parameters, states[-1], block)
        losses += found.tolist()
    # fsum is exact; the order in which NumPy adds depends on the CPU.
    return math.fsum(losses) / held_out.characters
