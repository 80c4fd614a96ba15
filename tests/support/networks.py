"""Small networks and the numbers that tests draw."""

import tempfile

import numpy as np

from rnn import model, rng, settings
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import Windows
from rnn.engine import Draw, Learner, compiled
from rnn.engine.gradient import gradient
from rnn.model import Parameters
from rnn.optimizers import AdaGrad, Adam, Optimizer
from rnn.storage.rows import LongArray
from rnn.training.trainer import Training


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
ADAM = Adam(0.9, 0.1, 0.999, 0.001, 1e-8)


def learner(parameters: Parameters, rule: Optimizer = ADAGRAD, B: int = 1) -> Learner:
    """Return a learner that has learnt nothing yet, with hidden states of its own."""
    hidden = numbers(1).uniform(-1, 1, (B, parameters.hidden_size)).astype(parameters.b.dtype)
    return Learner(parameters, rule.slots(parameters), hidden)


def arrays(learner: Learner) -> list[np.ndarray]:
    """Return all that an engine changes."""
    return [*learner.parameters, *(a for slot in learner.slots for a in slot), learner.hidden]


MODEL = settings.Model(hidden_size=7, init_std=0.01, seed=0)
TRAIN = settings.Train(
    epochs=3,
    sequence_length=5,
    batch_size=1,
    optimizer="adagrad",
    best="holdout",
    clip=5.0,
    smoothing=0.9,
    snapshot_every=7,
    snapshot_until=21,
    engine="numpy",
    dtype="float64",
)
RULE = settings.AdaGrad(
    learning_rate=0.1, base_width=100.0, fall=0.0, epsilon=1e-8, initial_accumulator=1.0
)
BOOK = np.minimum(numbers().integers(0, 12, 120), 8).astype(np.uint8)  # 23 updates an epoch


def training(rule: settings.Rule = RULE, holdout: float = 0.0, **changes: object) -> Training:
    """Return a training of some seconds on a book of 9 characters, with changed settings."""
    changed = TRAIN.model_copy(update=changes)
    return Training(MODEL, changed, rule, holdout, Vocabulary("abcdefghi"), BOOK)


def batches(K: int, T: int, count: int, B: int = 1, seed: int = 2) -> np.ndarray:
    """Return windows that follow one another in each of B streams: (count, B, T + 1)."""
    book = numbers(seed).integers(0, K, count * B * T + 1).astype(np.min_scalar_type(K - 1))
    return Windows(book, T, batch_size=B).take(0, count)


def windows(K: int, T: int, count: int, seed: int = 2) -> np.ndarray:
    """Return windows that follow one another in a book: (count, T + 1)."""
    return batches(K, T, count, 1, seed)[:, 0]


def compile_for(dtype: str) -> None:
    """Have the engine do, with numbers of this type, all that stages have it do."""
    parameters, text = network().astype(dtype), batches(9, 5, 1)
    for rule in (ADAGRAD, ADAM):
        compiled.train(learner(parameters, rule), text, rule, np.zeros((1, 5)), 5.0)
    hidden = learner(parameters).hidden
    if dtype == "float64":  # as the gradient check has it
        gradient(compiled, parameters, hidden, text[0])
    compiled.foretell(parameters, hidden[0], text[:, 0])
    compiled.sample(parameters, hidden[0], text[0, 0], Draw(1.0), np.zeros(1))
