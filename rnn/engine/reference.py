"""The reference engine: many updates a call, in NumPy, straight from the equations.

An engine is a function `advance` with this signature; the training needs nothing else from it.
"""

import numpy as np

from rnn import model
from rnn.model import Parameters
from rnn.optimizers import adagrad


def advance(
    parameters: Parameters,
    memory: Parameters,
    h: np.ndarray,
    indices: np.ndarray,
    sequence_length: int,
    learning_rate: float,
    epsilon: float,
    clip: float,
) -> np.ndarray:
    """Train on n windows of T characters that follow one another: n updates.

    Args:
        parameters, memory, h: where the training stands (h: (m,)); changed in place.
        indices: (n T + 1,) the characters; window i reads T of them from i T.
        sequence_length: T, in characters.
        learning_rate, epsilon, clip: eta, eps and the limit of AdaGrad.

    Returns:
        (n,) float64: the loss of each window in nats, before its update.
    """
    T = sequence_length
    starts = range(0, len(indices) - 1, T)
    losses = np.empty(len(starts))
    for update, start in enumerate(starts):
        x, y = indices[start : start + T], indices[start + 1 : start + T + 1]
        losses[update], gradients, h[:] = model.gradients(parameters, h, x, y)
        adagrad.update(parameters, memory, gradients, learning_rate, epsilon, clip)
    return losses


def feed(parameters: Parameters, h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the hidden state (m,) after reading the characters x (T,) from the hidden state h."""
    hidden, _ = model.forward(parameters, h, x)
    return hidden[-1]


def sample(
    parameters: Parameters, h: np.ndarray, x: int, temperature: float, uniforms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one character for each of the `uniforms`, reading each in its turn.

    Args:
        h, x: the hidden state (m,) and the character that is read first.
        temperature: the logits are divided by it; at 0 the likeliest character is taken.
        uniforms: (n,) numbers in [0, 1) from a Generator; the inverse of the distribution function
            at such a number is the character drawn.

    Returns:
        (n,) int64 the characters, and (n,) float64 the probability that each was drawn with.
    """
    indices = np.empty(len(uniforms), dtype=np.int64)
    probabilities = np.empty(len(uniforms))
    for i, uniform in enumerate(uniforms):
        hidden, o = model.forward(parameters, h, np.array([x]))
        h = hidden[-1]
        if temperature == 0:
            x, probability = int(o[0].argmax()), 1.0
        else:
            o = o.astype(np.float64)
            p = np.exp(model.log_softmax((o - o.max()) / temperature)[0])
            cumulative = np.cumsum(p)
            x = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
            probability = p[x]
        indices[i], probabilities[i] = x, probability
    return indices, probabilities
