"""A network at one moment of its training, in a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn import storage
from rnn.errors import InputError
from rnn.model import Parameters, parameter_shapes

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
        arrays = storage.read_arrays(path)
        if set(arrays) != {*Parameters._fields, "hidden", *_SCALARS}:
            raise InputError(f"{path}: holds {sorted(arrays)}, which is not a model")
        parameters = Parameters(*(arrays[name] for name in Parameters._fields))
        hidden = arrays["hidden"]
        shapes = parameter_shapes(len(parameters.c), hidden.size)
        if (
            tuple(array.shape for array in parameters) != shapes
            or hidden.ndim != 1
            or len({array.dtype for array in (*parameters, hidden)}) != 1
            or hidden.dtype.kind != "f"
            or any(
                arrays[name].shape or arrays[name].dtype != kind for name, kind in _SCALARS.items()
            )
        ):
            raise InputError(f"{path}: its arrays do not fit together as a model")
        if len(parameters.c) != vocabulary_size:
            raise InputError(
                f"{path}: the model knows {len(parameters.c)} characters, the vocabulary has "
                f"{vocabulary_size}; run `dvc repro` to make both from the same book"
            )
        if not 0 <= arrays["next_index"] < vocabulary_size:
            raise InputError(f"{path}: next_index {arrays['next_index']} is not in the vocabulary")
        return cls(parameters, hidden, **{name: arrays[name].item() for name in _SCALARS})
