"""The reference engine, in NumPy, straight from the equations: see `rnn.engine.Engine`."""

import numpy as np

from rnn import model
from rnn.engine.learner import Learner
from rnn.model import Parameters
from rnn.optimizers import Optimizer


def train(
    learner: Learner, windows: np.ndarray, optimizer: Optimizer, rates: np.ndarray, clip: float
) -> np.ndarray:
    """Make an update a window, and return the losses."""
    parameters, slots, hidden = learner
    losses = np.empty(len(windows))
    for update, (window, rate) in enumerate(zip(windows, rates.astype(hidden.dtype), strict=True)):
        losses[update], gradients, hidden[:] = model.gradients(
            parameters, hidden, window[:-1], window[1:]
        )
        for theta, g, *remembered in zip(parameters, gradients, *slots, strict=True):
            np.clip(g, -clip, clip, out=g)
            theta[...], values = optimizer.step(theta, tuple(remembered), g, rate)
            for slot, value in zip(remembered, values, strict=True):
                slot[...] = value
    return losses


def losses(parameters: Parameters, hidden: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Return the loss of each window, and learn nothing."""
    result = np.empty(len(windows))
    for index, window in enumerate(windows):
        states, o = model.forward(parameters, hidden, window[:-1])
        log_p = model.log_softmax(o)
        result[index] = -log_p[np.arange(len(log_p)), window[1:]].sum(dtype=np.float64)
        hidden[:] = states[-1]
    return result


def sample(
    parameters: Parameters,
    hidden: np.ndarray,
    read: np.ndarray,
    temperature: float,
    uniforms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Read some characters, then draw others."""
    indices = np.empty(len(uniforms), dtype=np.int64)
    probabilities = np.empty(len(uniforms))
    states, o = model.forward(parameters, hidden, read)
    for i, uniform in enumerate(uniforms):
        indices[i], probabilities[i] = _draw(o[-1].astype(np.float64), temperature, uniform)
        states, o = model.forward(parameters, states[-1], indices[i : i + 1])
    return indices, probabilities


def _draw(o: np.ndarray, temperature: float, uniform: float) -> tuple[int, float]:
    if temperature == 0:
        return int(o.argmax()), 1.0
    p = np.exp(model.log_softmax((o[None] - o.max()) / temperature)[0])
    cumulative = np.cumsum(p)
    index = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
    return index, p[index]
