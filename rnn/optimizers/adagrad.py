"""AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011), diagonal form, after elementwise clipping.

    G += g * g          theta -= eta * g / sqrt(G + eps)

G starts at `train.initial_accumulator`. From 0, the first update moves every parameter by eta
whatever its gradient, which saturates the hidden layer and leaves the result to luck.
"""

import numpy as np

from rnn.model import Parameters


def update(
    parameters: Parameters,
    memory: Parameters,
    gradients: Parameters,
    learning_rate: float,
    epsilon: float,
    clip: float,
) -> None:
    """Make one update of `parameters` and `memory` (G), in place.

    `gradients` serves as scratch: it is clipped in place to [-clip, clip] and then used up.
    """
    for theta, G, g in zip(parameters, memory, gradients, strict=True):
        np.clip(g, -clip, clip, out=g)
        G += g * g
        g *= learning_rate
        g /= np.sqrt(G + epsilon)
        theta -= g
