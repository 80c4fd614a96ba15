"""Small networks and the numbers that tests draw."""

import tempfile

import numpy as np

from rnn import model, rng
from rnn.engine import Learner
from rnn.model import Parameters
from rnn.optimizers import AdaGrad, Optimizer
from rnn.storage.rows import LongArray


def numbers(seed: int = 0) -> np.random.Generator:
    return rng.generator(seed)


def row(name: str, dtype: np.dtype) -> LongArray:
    """Return a row that ends with the test."""
    return LongArray(tempfile.TemporaryFile(), dtype)


def network(
    vocabulary_size: int = 9, hidden_size: int = 7, std: float = 0.3, seed: int = 0
) -> Parameters:
    """Return parameters of which none is zero."""
    draws = numbers(seed)
    initial = model.initial_parameters(vocabulary_size, hidden_size, std, draws)
    return initial._replace(
        b=std * draws.standard_normal(hidden_size), c=std * draws.standard_normal(vocabulary_size)
    )


ADAGRAD = AdaGrad(initial_accumulator=10.0, epsilon=1e-8)


def learner(parameters: Parameters, rule: Optimizer = ADAGRAD) -> Learner:
    """Return a learner that has learnt nothing yet, with a hidden state of its own."""
    hidden = numbers(1).uniform(-1, 1, parameters.hidden_size).astype(parameters.b.dtype)
    return Learner(parameters, rule.slots(parameters), hidden)


def arrays(learner: Learner) -> list[np.ndarray]:
    """Return all that an engine changes."""
    return [*learner.parameters, *(a for slot in learner.slots for a in slot), learner.hidden]


def windows(K: int, T: int, count: int, seed: int = 2) -> np.ndarray:
    """Return windows that follow one another in a book: (count, T + 1)."""
    book = numbers(seed).integers(0, K, count * T + 1).astype(np.min_scalar_type(K - 1))
    return np.lib.stride_tricks.sliding_window_view(book, T + 1)[::T]
