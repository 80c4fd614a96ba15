"""Make 20,000 updates and a few others, and print the losses and a digest of all that came of them.

Run on different CPUs, it must print the same: `python tests/support/updates.py float32`.
"""

import hashlib
import sys

import numpy as np

from rnn import model
from rnn.engine import compiled
from rnn.model import Parameters


def main(dtype: str) -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    for K, m, T, updates in ((80, 100, 25, 20_000), (300, 37, 13, 300)):
        parameters = model.initial_parameters(K, m, 0.01, rng).astype(dtype)
        memory = Parameters(*(np.full_like(array, 10.0) for array in parameters))
        h = np.zeros(m, dtype)
        # As uneven as letters are: the square of a uniform number.
        indices = (K * rng.random(updates * T + 1) ** 2).astype(np.uint16)
        losses = compiled.advance(parameters, memory, h, indices, T, 0.1, 1e-8, 5.0)
        drawn, probabilities = compiled.sample(parameters, h, 1, 1.0, rng.random(500))
        arrays = (*parameters, *memory, h, losses, drawn, probabilities)
        content = b"".join(array.tobytes() for array in arrays)
        print(K, m, T, updates, losses[-1], hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
