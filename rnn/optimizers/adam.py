"""Adam (Kingma and Ba, ICLR 2015), with its correction of the bias folded into the rate.

    mean   = beta1 mean   + (1 - beta1) g
    square = beta2 square + (1 - beta2) g * g
    theta -= eta_t * mean / (sqrt(square) + eps)
    eta_t  = eta * sqrt(1 - beta2^t) / (1 - beta1^t)

This is the order that the paper's section 2 ends with. Every column of U moves at every update, as
its mean gradient lasts beyond the windows in which its character occurs.
"""

from typing import Any, NamedTuple

import numpy as np

from rnn import settings
from rnn.model import Parameters


class Adam(NamedTuple):
    """The rule and its settings; its two slots are the means of the gradient and of its square."""

    keep_mean: float  # beta1
    add_mean: float  # 1 - beta1
    keep_square: float  # beta2
    add_square: float  # 1 - beta2
    epsilon: float

    zero_gradient_is_no_step = False

    @classmethod
    def of(cls, section: settings.Adam) -> "Adam":
        """Return the rule with these settings."""
        beta1, beta2 = section.beta1, section.beta2
        return cls(beta1, 1 - beta1, beta2, 1 - beta2, section.epsilon)

    def slots(self, parameters: Parameters) -> tuple[Parameters, ...]:
        """Return both means as they are before the first update."""
        return parameters.filled(0.0), parameters.filled(0.0)

    def correction(self, updates: np.ndarray) -> np.ndarray:
        """Return eta_t / eta for the updates t - 1 that have been made before, (n,)."""
        t = updates + 1
        square, mean = 1 - _power(self.keep_square, t), 1 - _power(self.keep_mean, t)
        return np.sqrt(square) / mean

    def step(self, theta: Any, slots: tuple, g: Any, rate: Any) -> tuple[Any, tuple]:
        """Return theta and both means after a step by the gradient g."""
        mean, square = slots
        mean = self.keep_mean * mean + self.add_mean * g
        square = self.keep_square * square + self.add_square * g * g
        return theta - rate * mean / (np.sqrt(square) + self.epsilon), (mean, square)


def _power(base: float, exponents: np.ndarray) -> np.ndarray:
    """Return base^exponent by multiplications alone, which are the same on every CPU."""
    result, exponents = np.ones(len(exponents)), exponents.copy()
    while exponents.any():
        result = np.where(exponents % 2, result * base, result)
        base, exponents = base * base, exponents // 2
    return result
