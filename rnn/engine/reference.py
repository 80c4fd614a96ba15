"""The reference engine, in NumPy, straight from the equations: see `rnn.engine.Engine`."""

import numpy as np

from rnn import model
from rnn.engine.draw import Draw
from rnn.engine.learner import Learner
from rnn.model import Parameters
from rnn.optimizers import Optimizer

_BLOCK = 100  # characters read at a time: their logits take memory


def train(
    learner: Learner, windows: np.ndarray, optimizer: Optimizer, rates: np.ndarray, clip: float
) -> np.ndarray:
    """Make an update a window of each stream, and return the losses."""
    parameters, slots, hidden = learner
    losses = np.empty(len(windows))
    rates = rates.astype(hidden.dtype)
    for update, (streams, each) in enumerate(zip(windows, rates, strict=True)):
        losses[update], gradients = _mean_gradients(parameters, hidden, streams)
        for theta, g, rate, *remembered in zip(parameters, gradients, each, *slots, strict=True):
            np.clip(g, -clip, clip, out=g)
            theta[...], values = optimizer.step(theta, tuple(remembered), g, rate)
            for slot, value in zip(remembered, values, strict=True):
                slot[...] = value
    return losses


def _mean_gradients(
    parameters: Parameters, hidden: np.ndarray, windows: np.ndarray
) -> tuple[float, Parameters]:
    """Return loss and gradients, the mean over the streams, and carry each hidden state on."""
    loss, gradients = 0.0, parameters.filled(0.0)
    for h, window in zip(hidden, windows, strict=True):
        loss_of_stream, of_stream, h[:] = model.gradients(parameters, h, window[:-1], window[1:])
        loss += loss_of_stream / len(windows)
        for total, g in zip(gradients, of_stream, strict=True):
            total += g / len(windows)
    return loss, gradients


def foretell(
    parameters: Parameters, hidden: np.ndarray, windows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each window and the states between them, and learn nothing."""
    losses, states = np.empty(len(windows)), [hidden]
    for index, window in enumerate(windows):
        h, o = model.forward(parameters, states[-1], window[:-1])
        log_p = model.log_softmax(o)
        losses[index] = -log_p[np.arange(len(log_p)), window[1:]].sum(dtype=np.float64)
        states.append(h[-1])
    return losses, np.stack(states)


def sample(
    parameters: Parameters,
    hidden: np.ndarray,
    read: np.ndarray,
    draw: Draw,
    uniforms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Read some characters, then draw others."""
    indices = np.empty(len(uniforms), dtype=np.int64)
    probabilities = np.empty(len(uniforms))
    states = hidden[None]
    for start in range(0, len(read), _BLOCK):
        states, o = model.forward(parameters, states[-1], read[start : start + _BLOCK])
    for i, uniform in enumerate(uniforms):
        indices[i], probabilities[i] = _drawn(o[-1].astype(np.float64), draw, uniform)
        states, o = model.forward(parameters, states[-1], indices[i : i + 1])
    return indices, probabilities


def _drawn(o: np.ndarray, draw: Draw, uniform: float) -> tuple[int, float]:
    if draw.temperature == 0:
        return int(o.argmax()), 1.0
    p = np.exp(model.log_softmax((o[None] - o.max()) / draw.temperature)[0])
    if draw.top_k is not None:
        p = _likeliest(p, draw.top_k)
    if draw.top_p < 1:
        in_order = np.sort(p)[::-1].cumsum()
        p = _likeliest(p, np.searchsorted(in_order, draw.top_p * in_order[-1]) + 1)
    cumulative = np.cumsum(p)
    index = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
    return index, p[index]


def _likeliest(p: np.ndarray, count: int) -> np.ndarray:
    """Return a distribution of which all but the likeliest are zero."""
    kept = np.argsort(-p, kind="stable")[:count]
    likeliest = np.zeros_like(p)
    likeliest[kept] = p[kept] / p[kept].sum()
    return likeliest
