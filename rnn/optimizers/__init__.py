"""Rules by which gradients change parameters, each in a module of its own.

A rule is a NamedTuple of its settings. Its formula stands once, in `step`, in words that NumPy and
compiled code both understand: of arrays in the one, of single numbers in the other. The training
step around it clips the gradient and says at which rate (see `rnn.optimizers.rates`).
"""

from typing import Any, Protocol

import numpy as np

from rnn import settings
from rnn.model import Parameters
from rnn.optimizers.adagrad import AdaGrad
from rnn.optimizers.adam import Adam

__all__ = ["AdaGrad", "Adam", "Optimizer", "rule_of"]

_RULES = {settings.AdaGrad: AdaGrad, settings.Adam: Adam}


def rule_of(section: settings.Rule) -> "Optimizer":
    """Return the rule that a section is of, with its settings."""
    return _RULES[type(section)].of(section)


class Optimizer(Protocol):
    """What an engine needs of a rule."""

    # Whether a gradient of zero changes nothing. Then an engine may leave out those columns of U
    # whose characters do not occur in a window.
    zero_gradient_is_no_step: bool

    def slots(self, parameters: Parameters) -> tuple[Parameters, ...]:
        """Return what the rule remembers of each parameter, as it is before the first update."""

    def correction(self, updates: np.ndarray) -> np.ndarray:
        """Return by what the rates are multiplied, (n,), where so many updates have been made."""

    def step(self, theta: Any, slots: tuple, g: Any, rate: Any) -> tuple[Any, tuple]:
        """Return theta and slots after a step by the gradient g; what is passed in stays.

        For a theta, slots and g of zero it returns zeros: so the padding of the compiled engine's
        rows stays zero.
        """
