"""Make 20,000 updates and a few others, and print the losses and a digest of all that came of them.

Run on different CPUs, it must print the same: `python -m tests.support.updates float32`.
"""

import hashlib
import sys

import numpy as np

from rnn import model, rng
from rnn.engine import Learner, compiled
from rnn.optimizers import AdaGrad


def main(dtype: str) -> None:
    draws, rule = rng.generator(0), AdaGrad(initial_accumulator=10.0, epsilon=1e-8)
    for K, m, T, updates in ((80, 100, 25, 20_000), (300, 37, 13, 300)):
        parameters = model.initial_parameters(K, m, 0.01, draws).astype(dtype)
        learner = Learner(parameters, rule.slots(parameters), np.zeros(m, dtype))
        # As uneven as letters are: the square of a uniform number.
        book = (K * draws.random(updates * T + 1) ** 2).astype(np.uint16)
        windows = np.lib.stride_tricks.sliding_window_view(book, T + 1)[::T]
        losses = compiled.train(learner, windows, rule, np.full(updates, 0.1), 5.0)
        without_learning = compiled.losses(parameters, learner.hidden.copy(), windows[:300])
        read = np.array([1])
        drawn = compiled.sample(parameters, learner.hidden, read, 1.0, draws.random(500))
        arrays = (*parameters, *learner.slots[0], learner.hidden, losses, without_learning, *drawn)
        content = b"".join(array.tobytes() for array in arrays)
        print(K, m, T, updates, losses[-1], hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
