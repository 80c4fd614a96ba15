"""The gradient with which an engine trains, to be looked at."""

import math
from typing import Any, NamedTuple

import numpy as np

from rnn.engine import Engine
from rnn.engine.learner import Learner
from rnn.model import Parameters


class KeepGradient(NamedTuple):
    """A rule that learns nothing and keeps the gradient: what trains with it is what is seen."""

    zero_gradient_is_no_step = True

    def slots(self, parameters: Parameters) -> tuple[Parameters, ...]:
        """Return room for the gradient."""
        return (parameters.filled(0.0),)

    def step(self, theta: Any, slots: tuple, g: Any, rate: Any) -> tuple[Any, tuple]:
        """Return theta as it is, and the gradient."""
        return theta, (g,)


def gradient(
    engine: Engine, parameters: Parameters, hidden: np.ndarray, windows: np.ndarray
) -> tuple[Parameters, np.ndarray]:
    """Return the gradient of the loss of windows (B, T + 1), and the hidden states (B, m) after.

    It is the one with which an engine would train, not clipped.
    """
    rule = KeepGradient()
    learner = Learner(parameters.copy(), rule.slots(parameters), hidden.copy())
    engine.train(learner, windows[None], rule, np.zeros((1, len(parameters))), math.inf)
    return learner.slots[0], learner.hidden
