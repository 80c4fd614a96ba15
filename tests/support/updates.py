"""Make 10,000 updates and a few others by each rule, and print losses and a digest of all.

Run on different CPUs, it must print the same: `python -m tests.support.updates float32 float64`.
"""

import hashlib
import sys

import numpy as np

from rnn import model, rng, settings
from rnn.data.windows import Windows
from rnn.engine import Draw, Learner, compiled
from rnn.optimizers import rule_of
from rnn.optimizers.rates import Rates

SHARED = {"base_width": 20.0, "epsilon": 1e-8}
RULES = (
    settings.AdaGrad(learning_rate=0.5, fall=0.2, initial_accumulator=100.0, **SHARED),
    settings.Adam(learning_rate=0.01, fall=1.0, beta1=0.9, beta2=0.999, **SHARED),
)


def main(dtype: str) -> None:
    draws = rng.generator(0)
    for section in RULES:
        rule = rule_of(section)
        for K, m, T, B, updates in (
            (80, 100, 25, 1, 10_000),
            (300, 37, 13, 1, 300),
            (50, 300, 9, 1, 100),  # so wide that threads share out the units
            (90, 70, 13, 12, 100),  # threads share out the streams
        ):
            parameters = model.initial_parameters(K, m, 0.03, draws).astype(dtype)
            learner = Learner(parameters, rule.slots(parameters), np.zeros((B, m), dtype))
            # As uneven as letters are: the square of a uniform number.
            book = (K * draws.random(updates * B * T + 1) ** 2).astype(np.uint16)
            windows = Windows(book, T, batch_size=B).take(0, updates)
            rates = Rates(section, rule, m, updates).take(0, updates)
            losses = compiled.train(learner, windows, rule, rates, 5.0)
            text = windows[:300, 0]
            held_out, (*_, hidden) = compiled.foretell(parameters, learner.hidden[-1], text)
            read, uniforms = np.array([1]), draws.random(500)
            draw = Draw(0.9, top_k=K // 2, top_p=0.9)
            drawn = compiled.sample(parameters, hidden, read, draw, uniforms)
            slots = (array for slot in learner.slots for array in slot)
            arrays = (*parameters, *slots, learner.hidden, losses, held_out, *drawn)
            content = b"".join(array.tobytes() for array in arrays)
            print(K, m, T, B, updates, losses[-1], hashlib.sha256(content).hexdigest())


if __name__ == "__main__":
    for dtype in sys.argv[1:]:
        main(dtype)
