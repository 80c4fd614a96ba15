"""Losses: their units, and a file for that of every update, since a long training has many."""

import math
import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

_DTYPE = np.dtype("<f8")
_BLOCK = 2**17  # losses in memory at a time
_LN_2 = 0.6931471805599453  # libm's may differ in the last bit


def bits(loss: float, sequence_length: int) -> float:
    """Return a loss in nats a window of T characters as bits a character."""
    return loss / (sequence_length * _LN_2)


def guessing(sequence_length: int, vocabulary_size: int) -> float:
    """Return the loss, in nats a window, of taking each of K characters for equally likely."""
    return sequence_length * math.log(vocabulary_size)


class Losses:
    """Losses in nats a window, one an update, as float64 in a file open for reading and writing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._checksum = 0, 0  # of how many losses, and which

    def write(self, update: int, values: np.ndarray) -> None:
        """Put the losses (n,) of the updates from `update` on in their place."""
        if update < self._checksum[0]:
            self._checksum = 0, 0
        self._file.seek(update * _DTYPE.itemsize)
        self._file.write(values.astype(_DTYPE).tobytes())

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the losses of the updates from `start` to before `stop`, as far as they go."""
        self._file.seek(start * _DTYPE.itemsize)
        content = self._file.read((stop - start) * _DTYPE.itemsize)
        return np.frombuffer(content[: len(content) // _DTYPE.itemsize * _DTYPE.itemsize], _DTYPE)

    def flush_to_disk(self) -> None:
        """Return when the losses would outlive a loss of power."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def checksum(self, updates: int) -> int:
        """Return the CRC-32 of the losses of the first `updates` updates."""
        known, checksum = self._checksum if self._checksum[0] <= updates else (0, 0)
        for block in self.blocks(known, updates):
            checksum = zlib.crc32(block.tobytes(), checksum)
        self._checksum = updates, checksum
        return checksum

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Yield the losses of the updates from `start` to before `stop`, some at a time."""
        for first in range(start, stop, _BLOCK):
            yield self.read(first, min(first + _BLOCK, stop))
