"""A network at one moment of its training, in a file."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn import storage
from rnn.errors import InputError
from rnn.model import Parameters, parameter_shapes

LARGEST_HIDDEN_SIZE = 2048  # m; a file that declares more is not read
_SCALARS = {
    "next_index": np.int64,
    "update": np.int64,
    "position": np.int64,
    "smooth_loss": np.float64,
}


@dataclass(frozen=True)
class Snapshot:
    """Parameters, and all that is needed to read on from where they stood."""

    parameters: Parameters
    hidden: np.ndarray  # (m,) the hidden state after the window before `position`
    next_index: int  # the character at `position`, which is read next
    position: int  # in the book, characters from its start
    update: int  # updates made
    smooth_loss: float  # nats a window

    def save(self, path: Path) -> None:
        """Write the snapshot as .npz."""
        scalars = {name: np.array(getattr(self, name), dtype) for name, dtype in _SCALARS.items()}
        storage.write_arrays(path, {**self.parameters._asdict(), "hidden": self.hidden, **scalars})

    @classmethod
    def load(cls, path: Path, vocabulary_size: int) -> "Snapshot":
        """Read a snapshot.

        Raises InputError where the file is damaged, its parts do not fit together, or the model is
        for another number of characters than `vocabulary_size`.
        """
        shapes = parameter_shapes(vocabulary_size, LARGEST_HIDDEN_SIZE)
        arrays = storage.read_arrays(path, largest=8 * sum(map(math.prod, shapes)))
        if set(arrays) != {*Parameters._fields, "hidden", *_SCALARS}:
            raise storage.damaged(path, f"it holds {sorted(arrays)}, which is not a model")
        parameters = Parameters(*(arrays[name] for name in Parameters._fields))
        hidden = arrays["hidden"]
        if (
            not 1 <= hidden.size <= LARGEST_HIDDEN_SIZE
            or hidden.shape != (hidden.size,)
            or _shapes(parameters) != parameter_shapes(parameters.c.size, hidden.size)
            or len({array.dtype for array in (*parameters, hidden)}) != 1
            or hidden.dtype.kind != "f"
            or any(
                arrays[name].shape or arrays[name].dtype != kind for name, kind in _SCALARS.items()
            )
        ):
            raise storage.damaged(path, "its arrays do not fit together as a model")
        if len(parameters.c) != vocabulary_size:
            raise InputError(
                f"{path}: the model knows {len(parameters.c)} characters, the vocabulary has "
                f"{vocabulary_size}; run `dvc repro` to make both from the same book"
            )
        if not 0 <= arrays["next_index"] < vocabulary_size:
            raise storage.damaged(path, "its next_index is not in the vocabulary")
        if any(arrays[name] < 0 for name in _SCALARS) or not _stays_finite(parameters, hidden):
            raise storage.damaged(path, "it holds numbers that no training gives")
        return cls(parameters, hidden, **{name: arrays[name].item() for name in _SCALARS})


def _shapes(parameters: Parameters) -> Parameters:
    return Parameters(*(array.shape for array in parameters))


def _stays_finite(parameters: Parameters, hidden: np.ndarray) -> bool:
    """Tell whether no sum of the forward pass can overflow, whatever the characters.

    Each sums up to m + 2 terms, of which none is larger than a parameter: h is between -1 and 1.
    """
    largest = max(max(float(array.max()), -float(array.min())) for array in parameters)
    bound = float(np.finfo(hidden.dtype).max) / 2
    return bool(np.abs(hidden).max() <= 1) and largest <= bound / (hidden.size + 2)
