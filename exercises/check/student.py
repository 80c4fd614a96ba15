"""Calls the student's functions, and tells what stands in the way in the student's own terms."""

import importlib
import inspect
import linecache
import traceback
import warnings
from collections.abc import Callable
from types import FrameType
from typing import Any

import numpy as np
from numpy.exceptions import ComplexWarning

from exercises.parameters import Parameters

_TYPE_FROM_PARAMETERS = (
    "The check puts complex numbers in, to measure gradients with. An array that you make must be "
    "of the type of what goes into it: np.zeros(shape, dtype=W.dtype). Take functions from np, not "
    "from math, and no float() or .real."
)
_HINTS = (  # words in an error, and what mostly lies behind it
    ("discards the imaginary part", _TYPE_FROM_PARAMETERS),
    ("complex", _TYPE_FROM_PARAMETERS),
    (
        "overflow encountered in exp",
        "exp of anything above 709 is more than a float can hold. Take the largest logit of each "
        "row away from that row first: p stays the same.",
    ),
    ("divide by zero encountered in log", "It is the logarithm of a probability that is 0."),
    ("divide by zero", "Look at what you divide by: it is 0."),
    (
        "invalid value encountered in divide",
        "It is 0 / 0 or the like. In a softmax: all exp of a row are 0, since more was taken away "
        "from its logits than the largest of its own, o.max(axis=1, keepdims=True).",
    ),
    ("invalid value", "It is 0 / 0, infinity - infinity or the like."),
    (
        "core dimension",
        "Two shapes do not go together. Print both: is one to be transposed, or the other first?",
    ),
    (
        "not aligned",
        "Two shapes do not go together. Print both: is one to be transposed, or the other first?",
    ),
    (
        "broadcast",
        "Two shapes do not go together. Print both: is one to be transposed, or a column meant "
        "where there is a row? A sum keeps its axis with keepdims=True.",
    ),
)


class Mistake(Exception):
    """What is wrong, in paragraphs; one that begins with spaces is shown as it is."""

    def __init__(self, *paragraphs: str) -> None:
        self.paragraphs = tuple(paragraph for paragraph in paragraphs if paragraph)
        super().__init__("\n\n".join(self.paragraphs))


class NotDone(Exception):
    """A function still waits to be written."""


def call(name: str, *arguments: Any) -> Any:
    """Return what a student's function, such as "network.forward", makes of these arguments."""
    return calls(1, name, *arguments)[0]


def calls(times: int, name: str, *arguments: Any) -> list:
    """Return what a student's function makes of these arguments, again and again.

    It gets copies, so that nothing it does to them lasts; but they must stay as they are.

    Raises:
        NotDone: it, or what it calls, has not been written.
        Mistake: it stopped with an error, changed an argument or returned what is not finite.
    """
    module, _, function = name.partition(".")
    student = find(module, function)
    given = [_copy(argument) for argument in arguments]
    returned = guarded(function, lambda: [student(*given) for _ in range(times)])
    for place, (before, after) in enumerate(zip(arguments, given, strict=True)):
        if not _same(before, after):
            argument = list(inspect.signature(student).parameters)[place]
            raise Mistake(
                f"{function} changes its argument {argument} in place. Whoever called it still "
                "needs that array as it was.",
                "Likely: +=, -=, *=, out= or [...] = on the argument itself. Make a new array "
                "instead (G = G + g * g), or work on a copy (p.copy()).",
            )
    if not all(map(_is_finite, returned)):
        code = student.__code__
        raise Mistake(
            f"{function}, at line {code.co_firstlineno} of exercises/"
            f"{_file_name(code.co_filename)}, returned a value that is infinite or not a number.",
            "Likely: inf or nan stands in it, or an array of np.empty was not filled.",
        )
    return returned


def stopped_at(error: BaseException) -> str:
    """Return where in the student's code an error arose; nothing if that was elsewhere."""
    if not (frames := _frames(error)):
        return ""
    frame, line = frames[-1]
    file = _file_name(frame.f_code.co_filename)
    return f"{_name(frame)} stopped at line {line} of exercises/{file}"


def find(module: str, function: str) -> Callable:
    """Return a student's function; raises Mistake where the module cannot be read or lacks it."""
    loaded = guarded(None, importlib.import_module, f"exercises.{module}")
    if not callable(getattr(loaded, function, None)):
        raise Mistake(f"exercises/{module}.py has no function named {function} any more.")
    return getattr(loaded, function)


def guarded(name: str | None, function: Callable, *arguments: Any) -> Any:
    """Call a function in which an overflow is an error, and tell errors as Mistakes.

    `name` is what the function is called where the error is told, None while a module is read.
    """
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"), warnings.catch_warnings():
            warnings.simplefilter("error", ComplexWarning)
            return function(*arguments)
    except SyntaxError as error:
        where = f"line {error.lineno} of exercises/{_file_name(error.filename)}"
        raise Mistake(
            f"Python cannot read {where}: {error.msg}.", f"    {(error.text or '').strip()}"
        ) from None
    except (Exception, SystemExit) as error:
        raise _told(name, error) from None


def _told(name: str | None, error: BaseException) -> Exception:
    frames = _frames(error)
    what = f"{type(error).__name__}: {error}"
    if not frames:
        if name is None:
            return Mistake(f"The exercises cannot be loaded. {what}")
        return Mistake(f"{name} cannot be called the way its first line says. {what}")
    if isinstance(error, NotImplementedError):
        return NotDone()
    hint = next((hint for words, hint in _HINTS if words in str(error)), "")
    place = f"{stopped_at(error)}:".replace("<module> stopped", "Reading the exercises stopped")
    return Mistake(place, f"    {_source(*frames[-1])}", what, hint, _caller(name, frames))


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    """Return the student's functions that were at work, with their lines; the innermost last."""
    return [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if _is_student(frame.f_globals.get("__name__", ""))
    ]


def _name(frame: FrameType) -> str:
    """Return the name of the function that a frame belongs to, a comprehension in it included."""
    return frame.f_code.co_qualname.partition(".")[0]


def _source(frame: FrameType, line: int) -> str:
    return linecache.getline(frame.f_code.co_filename, line).strip()


def _caller(name: str | None, frames: list[tuple[FrameType, int]]) -> str:
    """Return who called the function that stopped, if that is not the one that is checked."""
    own = [(frame, line) for frame, line in frames if _name(frame) == name]
    if not own or _name(frames[-1][0]) == name:
        return ""
    frame, line = own[-1]
    return (
        f"{name} called it at line {line} of exercises/{_file_name(frame.f_code.co_filename)}, "
        f"where it has `{_source(frame, line)}`: look at what it hands over."
    )


def _is_student(module: str) -> bool:
    """Tell whether a module is one that the student writes."""
    parts = module.split(".")
    return parts[0] == "exercises" and len(parts) == 2 and parts[1] not in {"check", "parameters"}


def _file_name(path: str | None) -> str:
    return (path or "").replace("\\", "/").rpartition("/")[2]


def _copy(argument: Any) -> Any:
    if isinstance(argument, Parameters):
        return Parameters(*(array.copy() for array in argument))
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _is_finite(returned: Any) -> bool:
    if isinstance(returned, tuple | list):
        return all(map(_is_finite, returned))
    is_number = isinstance(returned, np.ndarray | np.number | float | complex)
    return (
        not is_number
        or np.asarray(returned).dtype.kind not in "fc"
        or bool(np.isfinite(returned).all())
    )


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Parameters):
        return all(map(np.array_equal, before, after))
    return np.array_equal(before, after) if isinstance(before, np.ndarray) else True
