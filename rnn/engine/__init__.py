"""What computes: the reference in NumPy, and the compiled engine, which is held against it.

An engine is a module with the three functions of `Engine`; nothing else is needed of one.
"""

from typing import Protocol

import numpy as np

from rnn.engine import compiled, reference
from rnn.engine.draw import Draw
from rnn.engine.learner import Learner
from rnn.model import Parameters
from rnn.optimizers import Optimizer

__all__ = ["ENGINES", "Draw", "Engine", "Learner"]


class Engine(Protocol):
    """Windows are T + 1 characters: T are read, and T, one further on, are to come.

    They follow one another: the hidden state is carried from each to the next. Of a batch, so do
    those of each of its B streams.
    """

    def train(
        self,
        learner: Learner,
        windows: np.ndarray,
        optimizer: Optimizer,
        rates: np.ndarray,
        clip: float,
    ) -> np.ndarray:
        """Make n updates of the learner, in place.

        Args:
            learner: what learns.
            windows: (n, B, T + 1) indices of characters.
            optimizer: the rule of the steps.
            rates: (n, 5) float64, the learning rate of each update for U, W, V, b and c.
            clip: each gradient is cut to [-clip, clip] before its step; may be infinite.

        Returns:
            (n,) float64: the loss of each window in nats, before its update. As the gradients are,
            it is the mean over the streams.
        """

    def foretell(
        self, parameters: Parameters, hidden: np.ndarray, windows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the losses of windows (n, T + 1), and the hidden states; learn nothing.

        Returns:
            (n,) float64, the loss of each window in nats; and (n + 1, m), `hidden` (m,), which
            stays as it is, and the state after each window.
        """

    def sample(
        self,
        parameters: Parameters,
        hidden: np.ndarray,
        read: np.ndarray,
        draw: Draw,
        uniforms: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Read some characters, then draw one for each of the `uniforms`, reading each in its turn.

        Args:
            parameters: the network.
            hidden: (m,) its state before it reads; stays as it is.
            read: (r,) the characters that are read first, at least one.
            draw: how each character is drawn.
            uniforms: (n,) numbers in [0, 1) from a Generator; the inverse of the distribution
                function at such a number is the character drawn.

        Returns:
            (n,) int64 the characters, and (n,) float64 the probability that each was drawn with.
        """


ENGINES: dict[str, Engine] = {"numpy": reference, "compiled": compiled}
