"""What is seen of a network that learns well or badly, beside its loss.

A unit whose tanh is saturated passes hardly any gradient back: where many are, the network learns
little from what is further back in the text. Where the gradient explodes, much of it is clipped
and its direction lost; where it vanishes, its norms do.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from rnn.engine import Engine, Learner
from rnn.engine.gradient import gradient

_SATURATED = 0.99  # |h| above which the slope of tanh, 1 - h^2, is below 0.02
_TIMES = 4  # an epoch


class Health(NamedTuple):
    """What is measured on one window, before its update."""

    saturated_share: float  # of the hidden units, those with |h| > 0.99 after the window
    clipped_share: float  # of the entries of the gradient, those beyond [-clip, clip]
    norm_U: float  # Euclidean norm of the gradient by U, not clipped; and so on
    norm_W: float
    norm_V: float
    norm_b: float
    norm_c: float


DTYPE = np.dtype([(name, "<f8") for name in Health._fields])


@dataclass(frozen=True)
class Schedule:
    """At which updates is measured: four times an epoch, and at each of one that has no more."""

    updates_per_epoch: int

    def update(self, index: int) -> int:
        """Return the update before which the measurement `index` is made, from 0 on."""
        return index * self.updates_per_epoch // min(_TIMES, self.updates_per_epoch)

    def count_before(self, update: int) -> int:
        """Return how many measurements are made before that of `update`."""
        return -(-update * min(_TIMES, self.updates_per_epoch) // self.updates_per_epoch)

    def has(self, update: int) -> bool:
        """Tell whether is measured after `update` updates."""
        return self.update(self.count_before(update)) == update

    def next_after(self, update: int) -> int:
        """Return the next update after `update` at which is measured."""
        return self.update(self.count_before(update + 1))


def measure(engine: Engine, learner: Learner, windows: np.ndarray, clip: float) -> Health:
    """Return how a learner, which stays as it is, does on the windows (B, T + 1) that come next.

    The engine computes it: where a gradient explodes, so do the differences between one CPU's last
    bits and another's, and three digits would show them. It does so in float64, of which the
    gradient check has left compiled code.
    """
    parameters, hidden = learner.parameters.astype("float64"), learner.hidden.astype("float64")
    gradients, hidden = gradient(engine, parameters, hidden, windows)
    clipped = sum(_count_beyond(clip, g) for g in gradients)
    return Health(
        _count_beyond(_SATURATED, hidden) / hidden.size,
        clipped / sum(g.size for g in gradients),
        *map(_norm, gradients),
    )


def _count_beyond(bound: float, values: np.ndarray) -> int:
    return int(np.count_nonzero(np.abs(values) > bound))


def _norm(g: np.ndarray) -> float:
    with np.errstate(over="ignore"):  # a gradient that explodes has an infinite norm
        # cumsum adds in one order; that of sum depends on the CPU.
        return float(np.sqrt(np.cumsum(g * g)[-1]))
