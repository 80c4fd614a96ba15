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
    hidden = np.zeros_like(parameters.b)
    engine.losses(parameters, hidden, held_out.warm_up())
    losses = [engine.losses(parameters, hidden, block) for block in held_out.blocks()]
    # fsum is exact; the order in which NumPy adds depends on the CPU.
    return math.fsum(value for each in losses for value in each.tolist()) / held_out.characters
