"""The training: your functions, put together. Given: there is nothing to write here."""

from collections.abc import Iterable

import numpy as np

from exercises.learning import adagrad, clip
from exercises.network import backward, forward, loss, softmax
from exercises.parameters import Parameters
from exercises.vocabulary import window


def train(
    parameters: Parameters,
    indices: np.ndarray,
    updates: Iterable[int],
    T: int = 25,
    eta: float = 0.1,
    limit: float = 5,
    initial_accumulator: float = 10,
    epsilon: float = 1e-8,
) -> tuple[Parameters, np.ndarray]:
    """Return the parameters after some updates of AdaGrad, and each update's loss in nats.

    Windows of T characters follow one another through the book's `indices` (n,). The hidden state
    is carried from each to the next, and is zero where the book begins again.

    Args:
        parameters: what training starts from.
        indices: the book.
        updates: the numbers of the updates, from 0: `range(1000)`.
        T: the length of a window.
        eta: the learning rate.
        limit: each entry of a gradient is cut to [-limit, limit].
        initial_accumulator: where G starts. From 0, the first steps are far too large.
        epsilon: keeps the root above zero.
    """
    windows = (len(indices) - 1) // T
    accumulators = Parameters(*(np.full_like(theta, initial_accumulator) for theta in parameters))
    losses = []
    for update in updates:
        place = update % windows
        if place == 0:
            h = np.zeros(len(parameters.b))
        x, y = window(indices, place * T, T)

        hidden, o = forward(parameters, h, x)
        p = softmax(o)
        losses.append(loss(p, y))
        gradients = backward(parameters, hidden, p, x, y)
        h = hidden[-1]

        steps = [
            adagrad(theta, G, clip(g, limit), eta, epsilon)
            for theta, G, g in zip(parameters, accumulators, gradients, strict=True)
        ]
        parameters = Parameters(*(theta for theta, _ in steps))
        accumulators = Parameters(*(G for _, G in steps))
    return parameters, np.array(losses)
