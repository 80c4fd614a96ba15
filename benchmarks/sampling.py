"""Time the drawing of text, and write benchmarks/sampling.md.

One network writes one text: each character waits for the one before, so that one core is all that
there is to use.
"""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import machine, peers
from benchmarks.contest import K
from benchmarks.speed import SIZES, table
from rnn import model
from rnn.engine import Draw, Engine, compiled, reference
from rnn.model import Parameters

LENGTH, REPEATS = 2000, 5
RESULTS = Path(__file__).parent / "sampling.md"


def ours(engine: Engine) -> Callable:
    """Return what makes a writer of one of our engines."""

    def prepare(parameters: Parameters, uniforms: np.ndarray) -> Callable[[], np.ndarray]:
        hidden, read = np.zeros_like(parameters.b), np.zeros(1, np.int64)
        return lambda: engine.sample(parameters, hidden, read, Draw(1.0), uniforms)[0]

    return prepare


WRITERS = {
    "ours, compiled": ours(compiled),
    "ours, NumPy": ours(reference),
    "JAX": peers.jax_sampling,
}


def characters_a_second(m: int, dtype: str) -> list[str]:
    """Return how many each writer draws, once they have drawn the same."""
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(K, m, m**-0.5, rng).astype(dtype)
    uniforms = rng.random(LENGTH)
    runs = [prepare(parameters, uniforms) for prepare in WRITERS.values()]
    texts = [run() for run in runs]
    # Rounding may tip one draw in thousands, after which the texts have little in common.
    for text in texts:
        np.testing.assert_array_equal(text[:200], texts[0][:200])
    best = [np.inf] * len(runs)
    for _ in range(REPEATS):
        for index, run in enumerate(runs):
            start = time.perf_counter()
            run()
            best[index] = min(best[index], time.perf_counter() - start)
    return [f"{LENGTH / seconds:,.0f}" for seconds in best]


def main() -> None:
    """Measure, print and write the table."""
    rows = {m: characters_a_second(m, "float32") for m in SIZES}
    lines = f"""# Sampling

Characters a second that a network of m hidden units writes (K = {K}, temperature 1, float32): the
best of {REPEATS} repeats in turns. Higher is better. Written by `make bench`.

CPU: {machine.cpu_name()}.
""".splitlines()
    text = "\n".join([*lines, "", *table("m", WRITERS, rows)]) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
