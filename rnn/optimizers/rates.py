"""At which rate each parameter learns at each update: a function of the update and nothing else.

The rate is constant, and then falls in a straight line to zero over the last share, `fall`, of the
training. W and b feed on themselves from character to character, so they take smaller steps: their
rate is `base_width` / m of the others', and that of V twice as much, none more than the whole. With
rates in inverse proportion to the units that a sum runs over, wider networks keep as steady as
narrow ones (Yang et al., NeurIPS 2021).
"""

from dataclasses import dataclass

import numpy as np

from rnn import settings
from rnn.optimizers import Optimizer


@dataclass(frozen=True)
class Rates:
    """The rates of a training of so many updates."""

    section: settings.Rule
    rule: Optimizer
    hidden_size: int  # m
    updates: int  # of the whole training

    @property
    def fall(self) -> int:
        """The update from which the rates fall."""
        return self.updates - int(self.section.fall * self.updates)

    def take(self, update: int, count: int) -> np.ndarray:
        """Return the rates of the updates from `update` on, for U, W, V, b and c: (count, 5)."""
        updates = np.arange(update, update + count)
        length = self.updates - self.fall
        left = np.minimum(self.updates - updates, length) / max(length, 1)
        left[updates < self.fall] = 1.0
        rates = self.section.learning_rate * left * self.rule.correction(updates)
        share = self.section.base_width / self.hidden_size
        recurrent, output = min(1.0, share), min(1.0, 2 * share)
        return rates[:, None] * np.array([1.0, recurrent, output, recurrent, 1.0])
