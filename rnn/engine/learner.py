"""What an engine changes while it trains."""

from typing import NamedTuple

import numpy as np

from rnn.model import Parameters


class Learner(NamedTuple):
    """A network that learns, and what its optimiser remembers."""

    parameters: Parameters
    slots: tuple[Parameters, ...]  # see `rnn.optimizers`
    hidden: np.ndarray  # (B, m), carried from window to window of each stream

    def copy(self) -> "Learner":
        """Return a learner that shares no memory with this one."""
        slots = tuple(slot.copy() for slot in self.slots)
        return Learner(self.parameters.copy(), slots, self.hidden.copy())
