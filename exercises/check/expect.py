"""What came back, against what should have."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from exercises.check.student import Mistake

_TOLERANCE = 1e-9  # absolute, and relative to the largest value; rounding is a million times less


def array(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of numbers of this shape; raises Mistake if it is none."""
    if value is None:
        raise Mistake(f"{name} is None.", "Likely: a function without `return` returns None.")
    if not isinstance(value, np.ndarray | np.number | float | int | complex):
        likely = "Likely: np.array(...) is left." if isinstance(value, list) else ""
        raise Mistake(f"{name} is a {type(value).__name__}, not a NumPy array.", likely)
    value = np.asarray(value)
    if value.dtype.kind not in "iufc":
        raise Mistake(f"{name} does not hold numbers but {value.dtype}.")
    if value.shape != shape:
        likely = ""
        if value.shape == shape[::-1]:
            likely = "Likely: it is transposed, or a product is the wrong way round."
        raise Mistake(f"{name} has the shape {value.shape}, not {shape}.", likely)
    return value


def several(name: str, value: Any, names: str) -> tuple:
    """Return the values that a function returned; raises Mistake if it did not return so many."""
    count = len(names.split(", "))
    if not isinstance(value, tuple | list) or len(value) != count:
        what = (
            f"{len(value)} values"
            if isinstance(value, tuple | list)
            else f"one {type(value).__name__}"
        )
        likely = "Likely: a function without `return` returns None." if value is None else ""
        raise Mistake(f"{name} is to return {count} values: {names}. It returned {what}.", likely)
    return tuple(value)


def is_close(value: np.ndarray, right: np.ndarray) -> bool:
    """Tell whether two arrays are the same but for rounding."""
    return value.shape == right.shape and bool(
        np.abs(value - right).max() <= _TOLERANCE * max(1.0, np.abs(right).max())
    )


def close(
    name: str, value: np.ndarray, right: np.ndarray, mistakes: Mapping[str, Any], source: str
) -> None:
    """Raise Mistake where an array differs from the right one, at the entry that differs most.

    Args:
        name: of the value, as the student knows it.
        value: what the student's function returned.
        right: what it should have.
        mistakes: what the usual mistakes would have returned, by a sentence about each.
        source: where the right value comes from.
    """
    if is_close(value, right):
        return
    likely = next(
        (said for said, wrong in mistakes.items() if is_close(value, np.asarray(wrong))), ""
    )
    raise Mistake(*difference(name, value, right, source), likely and f"Likely: {likely}")


def difference(name: str, value: np.ndarray, right: np.ndarray, source: str) -> tuple[str, str]:
    """Return two paragraphs about where an array differs most from the right one."""
    apart = np.abs(value - right)
    place = np.unravel_index(np.argmax(apart), apart.shape)
    wrong = int((apart > _TOLERANCE * max(1.0, np.abs(right).max())).sum())
    if apart.ndim == 0:
        said = f"{name} is wrong."
    elif apart.size == 1 or wrong == 1:
        said = f"{name} is wrong at {entry(name, place)}."
    else:
        said = f"{name} is wrong in {wrong} of {apart.size} entries, most at {entry(name, place)}."
    width = max(len("yours"), len(source))
    both = float(np.real(value[place])), float(np.real(right[place]))
    digits = 6 if f"{both[0]:.6g}" != f"{both[1]:.6g}" else 15
    return said, "\n".join(
        f"    {whose:{width}}  {number: .{digits}g}"
        for whose, number in zip(("yours", source), both, strict=True)
    )


def entry(name: str, place: tuple[int, ...]) -> str:
    """Return the way in which an array's entry is written."""
    where = f"[{', '.join(str(int(index)) for index in place)}]"
    return where if name.endswith(")") else name + where
