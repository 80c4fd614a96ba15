"""Small networks and the numbers that tests draw."""

import numpy as np

from rnn import model
from rnn.model import Parameters


def numbers(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def network(
    vocabulary_size: int = 9, hidden_size: int = 7, std: float = 0.3, seed: int = 0
) -> Parameters:
    """Return parameters of which none is zero."""
    rng = numbers(seed)
    initial = model.initial_parameters(vocabulary_size, hidden_size, std, rng)
    return initial._replace(
        b=std * rng.standard_normal(hidden_size), c=std * rng.standard_normal(vocabulary_size)
    )
