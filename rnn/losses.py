"""Losses: their units, and a file for that of every update, since a long training has many."""

import math
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from rnn.records import Records

_BLOCK = 2**17  # losses in memory at a time
_LN_2 = 0.6931471805599453  # libm's may differ in the last bit


def bits(loss: float, sequence_length: int) -> float:
    """Return a loss in nats a window of T characters as bits a character."""
    return loss / (sequence_length * _LN_2)


def guessing(sequence_length: int, vocabulary_size: int) -> float:
    """Return the loss, in nats a window, of taking each of K characters for equally likely."""
    return sequence_length * math.log(vocabulary_size)


class Losses:
    """The loss of every update in nats a window, as float64."""

    _DTYPE = np.dtype("<f8")

    def __init__(self, file: BinaryIO) -> None:
        self.records = Records(file, self._DTYPE.itemsize)

    def write(self, update: int, values: np.ndarray) -> None:
        """Put the losses (n,) of the updates from `update` on in their place."""
        self.records.write(update, values.astype(self._DTYPE).tobytes())

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the losses of the updates from `start` to before `stop`, as far as they go."""
        return np.frombuffer(self.records.read(start, stop), self._DTYPE)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Yield the losses of the updates from `start` to before `stop`, some at a time."""
        for first in range(start, stop, _BLOCK):
            yield self.read(first, min(first + _BLOCK, stop))
