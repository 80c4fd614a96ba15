"""The places in a book at which a training reads: all arithmetic on them is here."""

import numpy as np

from rnn.errors import TooShort
from rnn.storage.rows import LongArray


class Windows:
    """A book as windows of T characters that follow one another, one an update, epoch after epoch.

    A window reads T characters and is to say the one after each. What is left over at the end of
    the book makes no window.
    """

    def __init__(self, indices: LongArray | np.ndarray, sequence_length: int) -> None:
        """Take the book's `indices`. Raises TooShort where they make no window."""
        self.sequence_length = sequence_length  # T
        self.updates_per_epoch = (len(indices) - 1) // sequence_length
        self._indices = indices
        if self.updates_per_epoch < 1:
            raise TooShort(
                f"the book has {len(indices)} characters, but a window of {sequence_length} needs "
                f"{sequence_length + 1}"
            )

    def position(self, update: int) -> int:
        """Return where the window of an update begins, in characters from the book's start."""
        return update % self.updates_per_epoch * self.sequence_length

    def next_character(self, update: int) -> int:
        """Return the character that the window of an update reads first."""
        position = self.position(update)
        return int(self._indices[position : position + 1][0])

    def before_end_of_epoch(self, update: int) -> int:
        """Return how many updates an epoch has from an update on."""
        return self.updates_per_epoch - update % self.updates_per_epoch

    def take(self, update: int, count: int) -> np.ndarray:
        """Return the windows of some updates of one epoch: (count, T + 1)."""
        T, start = self.sequence_length, self.position(update)
        characters = self._indices[start : start + count * T + 1]
        return np.lib.stride_tricks.sliding_window_view(characters, T + 1)[::T]

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return a window (T + 1,) that `rng` draws."""
        return self.take(int(rng.integers(self.updates_per_epoch)), 1)[0]
