"""Exercises 9, 10 and 14: what is done with a gradient.

Each function works on one array, of any shape, and returns new ones: what it is given stays as it
is. The training calls it for U, W, V, b and c in turn.
"""

import numpy as np


def clip(g: np.ndarray, limit: float) -> np.ndarray:
    """Return the gradient g with each entry cut to [-limit, limit].

    An entry that lies between stays what it is: the gradient is cut, not scaled.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def adagrad(
    theta: np.ndarray, G: np.ndarray, g: np.ndarray, eta: float, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the parameter theta and the accumulator G after a step by the gradient g.

        G = G + g * g
        theta = theta - eta * g / sqrt(G + epsilon)

    All by elements. G is the sum of all squared gradients so far, that of this step included.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def adam(
    theta: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    g: np.ndarray,
    t: int,
    eta: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return theta, the mean gradient and the mean squared gradient after a step by the gradient g.

        mean = beta1 * mean + (1 - beta1) * g
        square = beta2 * square + (1 - beta2) * g * g
        theta = theta - eta * M / (sqrt(S) + epsilon)
        where M = mean / (1 - beta1^t)   and   S = square / (1 - beta2^t)

    All by elements. t is the number of the update, 1 for the first. Both means start at zero, so at
    first they are too small; M and S make up for it. M and S are not what is returned.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")
