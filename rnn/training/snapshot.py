"""A network at one moment of its training, in a file, and which moments these are."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn.data.vocabulary import LARGEST, Vocabulary, code_points
from rnn.errors import Damaged
from rnn.model import Parameters
from rnn.settings import LARGEST_HIDDEN_SIZE
from rnn.storage import archives, files

_CHARACTERS = "characters"
_SCALARS = {"next_index": np.int64, "update": np.int64, "smooth_loss": np.float64}
_HALVINGS = 10  # of the stretch between snapshots, at the most: more would be many to keep


@dataclass(frozen=True)
class Snapshot:
    """A network, its vocabulary, and all that is needed to read on from where it stood."""

    parameters: Parameters
    vocabulary: Vocabulary
    hidden: np.ndarray  # (m,) the hidden state after the windows until here
    next_index: int  # the character that is read next
    update: int  # updates made
    smooth_loss: float  # nats a window

    def save(self, path: Path) -> None:
        """Write the snapshot as .npz."""
        files.write_bytes(path, self.content())

    def content(self) -> bytes:
        """Return what its file holds; as long for each snapshot of a network."""
        characters = code_points(self.vocabulary.characters)
        scalars = {name: np.array(getattr(self, name), dtype) for name, dtype in _SCALARS.items()}
        return archives.content(
            {_CHARACTERS: characters, **self.parameters._asdict(), "hidden": self.hidden, **scalars}
        )

    @classmethod
    def load(cls, path: Path) -> "Snapshot":
        """Read a snapshot.

        Raises Damaged where the file is none or its parts do not fit together.
        """
        only_characters = archives.read(path, 4 * LARGEST, only=_CHARACTERS)
        vocabulary = _vocabulary(path, only_characters.get(_CHARACTERS))
        shapes = _shapes(len(vocabulary), LARGEST_HIDDEN_SIZE)
        arrays = archives.read(path, largest=8 * sum(map(math.prod, shapes)))
        if set(arrays) != {_CHARACTERS, *Parameters._fields, "hidden", *_SCALARS}:
            raise Damaged(path, f"it holds {sorted(arrays)}, which is not a model")
        parameters = Parameters(*(arrays[name] for name in Parameters._fields))
        hidden = arrays["hidden"]
        if (
            not 1 <= hidden.size <= LARGEST_HIDDEN_SIZE
            or hidden.shape != (hidden.size,)
            or [array.shape for array in parameters] != _shapes(len(vocabulary), hidden.size)
            or len({array.dtype for array in (*parameters, hidden)}) != 1
            or hidden.dtype.kind != "f"
            or any(
                arrays[name].shape or arrays[name].dtype != kind for name, kind in _SCALARS.items()
            )
        ):
            raise Damaged(path, "its arrays do not fit together as a model")
        if not 0 <= arrays["next_index"] < len(vocabulary):
            raise Damaged(path, "its next_index is not in the vocabulary")
        if any(arrays[name] < 0 for name in _SCALARS) or not _stays_finite(parameters, hidden):
            raise Damaged(path, "it holds numbers that no training gives")
        scalars = {name: arrays[name].item() for name in _SCALARS}
        return cls(parameters, vocabulary, hidden, **scalars)


def _vocabulary(path: Path, characters: np.ndarray | None) -> Vocabulary:
    """Return the vocabulary of code points. Raises Damaged where they are none."""
    if characters is not None and characters.dtype == np.uint32 and characters.ndim == 1:
        try:
            vocabulary = Vocabulary("".join(map(chr, characters)))
        except ValueError:  # beyond Unicode
            pass
        else:
            if vocabulary.is_sound():
                return vocabulary
    raise Damaged(path, "it holds no vocabulary")


@dataclass(frozen=True)
class Schedule:
    """At which updates a training takes snapshots.

    They are `every` updates apart, up to the update `until`. In a run that ends before that,
    `every` is halved until as many fit into it. How long a run will be is never known, as it may go
    on after its end: so what any length could need is taken, and the rest left out at the end.
    """

    every: int  # updates
    until: int  # updates

    def of_run(self, updates: int) -> list[int]:
        """Return the updates at which a run of so many has snapshots."""
        halvings, last = self._halvings(updates), min(updates, self.until)
        count = _count(self.every, halvings, last + 1)
        return [_place(self.every, halvings, index) for index in range(count)]

    def has(self, update: int) -> bool:
        """Tell whether a snapshot is taken after `update` updates."""
        return self.count_before(update + 1) > self.count_before(update)

    def next_after(self, update: int) -> int:
        """Return an update after `update` before which no snapshot is taken."""
        halvings = self._halvings(update)
        return _place(self.every, halvings, _count(self.every, halvings, update + 1))

    def count_before(self, update: int) -> int:
        """Return how many snapshots are taken before that of `update`."""
        count, end = 0, min(update, self.until + 1)
        for halvings in range(_HALVINGS + 1):
            # Of the updates from here to the end, every run is so long that `every` is halved at
            # the most so many times.
            start = 0 if halvings == _HALVINGS else -(-self.until // 2**halvings)
            if start < end:
                count += _count(self.every, halvings, end) - _count(self.every, halvings, start)
                end = start
        return count

    def _halvings(self, updates: int) -> int:
        halvings = 0
        while updates * 2**halvings < self.until and halvings < _HALVINGS:
            halvings += 1
        return halvings


def _place(every: int, halvings: int, index: int) -> int:
    """Return the update of one of the snapshots that are `every` / 2^halvings updates apart."""
    return index * every // 2**halvings if every >= 2**halvings else index


def _count(every: int, halvings: int, update: int) -> int:
    """Return how many such snapshots are taken before that of `update`."""
    return -(-update * 2**halvings // every) if every >= 2**halvings else update


def _shapes(vocabulary_size: int, hidden_size: int) -> list[tuple[int, ...]]:
    K, m = vocabulary_size, hidden_size
    return [(m, K), (m, m), (K, m), (m,), (K,)]


def _stays_finite(parameters: Parameters, hidden: np.ndarray) -> bool:
    """Tell whether no sum of the forward pass can overflow, whatever the characters.

    Each sums up to m + 2 terms, of which none is larger than a parameter: h is between -1 and 1.
    """
    largest = max(max(float(array.max()), -float(array.min())) for array in parameters)
    bound = float(np.finfo(hidden.dtype).max) / 2
    return bool(np.abs(hidden).max() <= 1) and largest <= bound / (hidden.size + 2)
