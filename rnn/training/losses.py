"""Losses and their units."""

import math

_LN_2 = 0.6931471805599453  # libm's may differ in the last bit


def bits(loss: float, sequence_length: int) -> float:
    """Return a loss in nats a window of T characters as bits a character."""
    return loss / (sequence_length * _LN_2)


def guessing(sequence_length: int, vocabulary_size: int) -> float:
    """Return the loss, in nats a window, of taking each of K characters for equally likely."""
    return sequence_length * math.log(vocabulary_size)
