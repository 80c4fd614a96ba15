"""Exercises 11 to 13: the network writes.

Whatever is left to chance comes from the generator `rng` that is passed in: the same seed, the same
text.
"""

import numpy as np

from exercises.network import forward, softmax
from exercises.parameters import Parameters


def draw(p: np.ndarray, rng: np.random.Generator) -> int:
    """Return an index from 0 to K - 1, drawn with the probabilities p (K,).

    `rng.random()` is a number from 0 to 1, each as likely as any other. NumPy's generators can also
    do all of it in one call.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def at_temperature(o: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities p (T, K) for the logits o (T, K) at a temperature above 0.

        p = softmax(o / temperature)

    1 is the network as it is, less makes it surer of itself, more makes it bolder.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def write(
    parameters: Parameters,
    h: np.ndarray,
    x: int,
    length: int,
    rng: np.random.Generator,
    temperature: float = 1.0,
) -> np.ndarray:
    """Return the indices (length,) of the characters that the network writes.

    It reads the character x from the hidden state h (m,), draws the next character at this
    temperature, reads that from the state in which it now is, draws the next, and so on. x itself
    is not part of what is written. `forward` reads a window: one character is a window with T = 1.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")
