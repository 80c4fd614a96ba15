"""Random numbers that are the same on every CPU."""

import math

import numpy as np


def generator(seed: int) -> np.random.Generator:
    """Return the generator of a seed: PCG64, whose bits NumPy promises for a version."""
    return np.random.Generator(np.random.PCG64(seed))


def standard_normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Return float64 standard normal numbers, the same on every CPU.

    By the ratio of uniforms (Kinderman and Monahan, ACM TOMS 3(3), 1977). NumPy promises the bits
    of `rng.random` for a bit generator and a version of NumPy, but its normal numbers pass through
    libm, whose last bits differ between CPUs. Here a number is a quotient, which is exact; the
    logarithm decides only whether it is kept.
    """
    count = math.prod(shape)
    kept = np.empty(0)
    while len(kept) < count:
        u = 1 - rng.random(count)
        x = math.sqrt(8 / math.e) * (rng.random(count) - 0.5) / u
        kept = np.concatenate([kept, x[x * x <= -4 * np.log(u)]])
    return kept[:count].reshape(shape)
