"""Losses, their units, and the smooth loss."""

import math
from itertools import accumulate

import numpy as np

_LN_2 = 0.6931471805599453  # libm's may differ in the last bit


def bits(loss: float, sequence_length: int) -> float:
    """Return a loss in nats a window of T characters as bits a character."""
    return loss / (sequence_length * _LN_2)


def guessing(sequence_length: int, vocabulary_size: int) -> float:
    """Return the loss, in nats a window, of taking each of K characters for equally likely."""
    return sequence_length * math.log(vocabulary_size)


def smooth(losses: np.ndarray, smoothing: float, before: float | None = None) -> np.ndarray:
    """Return the smooth loss after each of `losses` (n,), going on from the value `before` them.

    It starts at the first loss; then smooth_loss = smoothing smooth_loss + (1 - smoothing) loss,
    once an update.
    """
    start = float(losses[0]) if before is None else before
    values = accumulate(
        losses.tolist(),
        lambda value, loss: smoothing * value + (1 - smoothing) * loss,
        initial=start,
    )
    return np.fromiter(values, np.float64)[1:]
