"""What the network learns. Given: there is nothing to write here."""

from typing import NamedTuple

import numpy as np


class Parameters(NamedTuple):
    """K is the size of the vocabulary, m that of the hidden state.

    Gradients come in the same shapes, so they are kept in a Parameters too.
    """

    U: np.ndarray  # (m, K) input to hidden
    W: np.ndarray  # (m, m) hidden to hidden
    V: np.ndarray  # (K, m) hidden to output
    b: np.ndarray  # (m,) hidden bias
    c: np.ndarray  # (K,) output bias


def initial_parameters(K: int, m: int, rng: np.random.Generator, std: float = 0.03) -> Parameters:
    """Return U, W, V normal with standard deviation `std`, b and c zero."""
    return Parameters(
        U=std * rng.standard_normal((m, K)),
        W=std * rng.standard_normal((m, m)),
        V=std * rng.standard_normal((K, m)),
        b=np.zeros(m),
        c=np.zeros(K),
    )
