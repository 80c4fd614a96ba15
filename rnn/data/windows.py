"""The places in a book at which is read: all arithmetic on them is here."""

import math
from collections.abc import Iterator

import numpy as np

from rnn.errors import TooShort
from rnn.storage.rows import LongArray

Indices = LongArray | np.ndarray

PASSAGE = 2000  # characters of the held-out text that are shown one by one
_WARM_UP = 2000  # characters before the held-out text, from which a network knows where it is
_LENGTH = 100  # characters of a held-out window; the hidden state is carried, so it changes nothing
_BLOCK = 1000  # held-out windows in memory at a time


def split(length: int, share: float) -> int:
    """Return where the held-out text of a book of `length` characters begins.

    It is the last `share`, from 0 to below 1, of the book, rounded down: none of a very short one.
    """
    return length - math.floor(share * length)


class Windows:
    """A book as B streams side by side, each of windows of T characters that follow one another.

    Each update reads a window of each stream, epoch after epoch. A window reads T characters and is
    to say the one after each. The streams are stretches of the book of one length, one after the
    other from its start on; what is left over at its end, less than B T characters, makes no
    window.
    """

    def __init__(
        self,
        indices: Indices,
        sequence_length: int,
        end: int | None = None,
        batch_size: int = 1,
    ) -> None:
        """Take the book's `indices` up to `end`. Raises TooShort where they make no windows."""
        length = len(indices) if end is None else end
        self.sequence_length = sequence_length  # T
        self.batch_size = batch_size  # B
        self.characters = batch_size * sequence_length  # that an update reads
        self.updates_per_epoch = (length - 1) // self.characters
        self._indices = indices
        if self.updates_per_epoch < 1:
            windows = (
                f"a window of {sequence_length} needs"
                if batch_size == 1
                else f"{batch_size} streams of a window of {sequence_length} need"
            )
            raise TooShort(
                f"the book has {length} characters to train on, but {windows} {self.characters + 1}"
            )

    def position(self, update: int) -> int:
        """Return where an update's window of the first stream begins, from the book's start on."""
        return update % self.updates_per_epoch * self.sequence_length

    def next_character(self, update: int) -> int:
        """Return the character that an update reads first in the first stream."""
        position = self.position(update)
        return int(self._indices[position : position + 1][0])

    def before_end_of_epoch(self, update: int) -> int:
        """Return how many updates an epoch has from an update on."""
        return self.updates_per_epoch - update % self.updates_per_epoch

    def take(self, update: int, count: int) -> np.ndarray:
        """Return the windows of some updates of one epoch: (count, B, T + 1)."""
        T, stretch = self.sequence_length, self.updates_per_epoch * self.sequence_length
        starts = [self.position(update) + stream * stretch for stream in range(self.batch_size)]
        return np.stack([_windows(self._indices, start, T, count) for start in starts], axis=1)

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return windows (B, T + 1) that `rng` draws."""
        return self.take(int(rng.integers(self.updates_per_epoch)), 1)[0]


class HeldOut:
    """The end of a book, which is not trained on: how well it is foretold tells networks apart."""

    def __init__(self, indices: Indices, start: int, least: int = 1) -> None:
        """Take the book's `indices` from `start` on. Raises TooShort where they are too few."""
        self.characters = len(indices) - start
        self._indices = indices
        self._start = start
        if self.characters < least or start < 1:
            raise TooShort(
                f"of the book's {len(indices)} characters {self.characters} are held out, but a "
                f"window is {least} long"
            )

    def warm_up(self) -> np.ndarray:
        """Return the windows before the held-out text, of up to 2,000 characters: (n, 101)."""
        count = min(_WARM_UP, self._start - 1) // _LENGTH
        return _windows(self._indices, self._start - 1 - count * _LENGTH, _LENGTH, count)

    def text(self, length: int) -> np.ndarray:
        """Return the last character before the held-out text, and the first `length` of it."""
        return self._indices[self._start - 1 : self._start + length]

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield windows that foretell each held-out character once: (n, 101), then a shorter one.

        The first character that is read is the last before the held-out text.
        """
        whole, rest = divmod(self.characters, _LENGTH)
        for first in range(0, whole, _BLOCK):
            start = self._start - 1 + first * _LENGTH
            yield _windows(self._indices, start, _LENGTH, min(_BLOCK, whole - first))
        if rest:
            yield _windows(self._indices, self._start - 1 + whole * _LENGTH, rest, 1)


def _windows(indices: Indices, start: int, length: int, count: int) -> np.ndarray:
    """Return windows that follow one another: (count, length + 1)."""
    characters = indices[start : start + count * length + 1]
    if not count:
        return np.empty((0, length + 1), characters.dtype)
    return np.lib.stride_tricks.sliding_window_view(characters, length + 1)[::length]
