"""AdaGrad (Duchi, Hazan and Singer, JMLR 12, 2011), diagonal form.

    G += g * g          theta -= eta * g / sqrt(G + eps)

G starts at `initial_accumulator`. From 0, the first update moves every parameter by eta whatever
its gradient, which saturates the hidden layer and leaves the result to luck.
"""

from typing import Any, NamedTuple

import numpy as np

from rnn import settings
from rnn.model import Parameters


class AdaGrad(NamedTuple):
    """The rule and its settings; its one slot is G, the sum of the squared gradients."""

    initial_accumulator: float
    epsilon: float

    zero_gradient_is_no_step = True

    @classmethod
    def of(cls, section: settings.AdaGrad) -> "AdaGrad":
        """Return the rule with these settings."""
        return cls(section.initial_accumulator, section.epsilon)

    def correction(self, updates: np.ndarray) -> np.ndarray:
        """Return ones, (n,): the rate is as the schedule has it."""
        return np.ones(len(updates))

    def slots(self, parameters: Parameters) -> tuple[Parameters, ...]:
        """Return G as it is before the first update."""
        return (parameters.filled(self.initial_accumulator),)

    def step(self, theta: Any, slots: tuple, g: Any, rate: Any) -> tuple[Any, tuple]:
        """Return theta and G after a step by the gradient g."""
        (G,) = slots
        G = G + g * g
        return theta - rate * g / np.sqrt(G + self.epsilon), (G,)
