"""The loss of every update, in a file: a long training does not keep them in memory."""

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

_DTYPE = np.dtype("<f8")
_BLOCK = 2**17  # losses in memory at a time


class Losses:
    """Losses in nats a window, one an update, as float64 in a file open for reading and writing."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, update: int, values: np.ndarray) -> None:
        """Put the losses (n,) of the updates from `update` on in their place."""
        self._file.seek(update * _DTYPE.itemsize)
        self._file.write(values.astype(_DTYPE).tobytes())

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return the losses of the updates from `start` to before `stop`."""
        self._file.seek(start * _DTYPE.itemsize)
        return np.frombuffer(self._file.read((stop - start) * _DTYPE.itemsize), _DTYPE)

    def blocks(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Yield the losses of the updates from `start` to before `stop`, some at a time."""
        for first in range(start, stop, _BLOCK):
            yield self.read(first, min(first + _BLOCK, stop))
