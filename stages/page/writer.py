"""The best network as data of the page, whose script writes what the compiled engine writes."""

import base64
from typing import Any

import numpy as np

from rnn.data.vocabulary import ALIKE, Unknown
from rnn.engine import elementary
from rnn.training.snapshot import Snapshot


def block(snapshot: Snapshot, unknown: Unknown) -> dict[str, Any]:
    """Return all that the script needs to write.

    `arrays` are the bytes of the parameters and of the hidden state in base64: of the network's
    dtype, little-endian, row by row. U_T (K, m), W_T (m, m) and V_T (m, K) are transposed, so that
    the script runs through rows; b (m,), c (K,) and hidden (m,) are as they are. `constants` are
    those of exp and tanh by the type of number.
    """
    U, W, V, b, c = snapshot.parameters
    arrays = {"U_T": U.T, "W_T": W.T, "V_T": V.T, "b": b, "c": c, "hidden": snapshot.hidden}
    return {
        "characters": snapshot.vocabulary.characters,
        "unknown": unknown,
        "alike": ALIKE,
        "dtype": snapshot.hidden.dtype.name,
        "arrays": {name: _base64(array) for name, array in arrays.items()},
        "next_index": snapshot.next_index,
        "constants": constants(),
    }


def constants() -> dict[str, dict[str, Any]]:
    """Return the constants of `rnn.engine.elementary`; Python's floats are written exactly."""
    return {
        "float32": {
            "inverse_ln2": float(np.float32(elementary.INVERSE_LN2)),
            "ln2_high": float(elementary.LN2_HIGH_32),
            "ln2_low": float(elementary.LN2_LOW_32),
            "rounding": float(elementary.ROUNDING_32),
            "polynomial": list(map(float, elementary.EXP_32)),
            "tanh_end": float(elementary.TANH_END_32),
        },
        "float64": {
            "inverse_ln2": elementary.INVERSE_LN2,
            "ln2_high": elementary.LN2_HIGH,
            "ln2_low": elementary.LN2_LOW,
            "rounding": elementary.ROUNDING,
            "polynomial": list(elementary.EXP_64),
            "tanh_end": elementary.TANH_END,
            "exp_start": elementary.EXP_START,
            "exp_end": elementary.EXP_END,
        },
    }


def _base64(array: np.ndarray) -> str:
    """Return the bytes of an array, the lowest of each number first."""
    content = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(content).decode()
