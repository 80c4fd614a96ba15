"""The checks of exercises/vocabulary.py."""

import numpy as np

from exercises.check import expect
from exercises.check.student import Mistake, call

_TEXT = "Banana bread,\na Bee: “Été”"


def distinct_characters() -> None:
    """Each character once, in the order of their code points."""
    got = call("vocabulary.distinct_characters", _TEXT)
    _is_text("distinct_characters", got)
    if len(set(got)) < len(got):
        raise Mistake(
            f"distinct_characters({_TEXT!r}) has a character more than once: {got!r}.",
            "Likely: sorted, but each character is still there as often as in the text. What keeps "
            "each thing once?",
        )
    if missing := set(_TEXT) - set(got):
        raise Mistake(
            f"distinct_characters({_TEXT!r}) lacks {_shown(missing)}.",
            "Likely: the text was changed first. Capital letters, spaces and line ends are "
            "characters like others: the network is to write them too.",
        )
    if added := set(got) - set(_TEXT):
        raise Mistake(f"distinct_characters({_TEXT!r}) has {_shown(added)}, which is not in it.")
    if list(got) != sorted(got):
        raise Mistake(
            f"distinct_characters({_TEXT!r}) is not sorted by code point: {got!r}.",
            "Likely: in the order of a set, or of the text. That of a set is another in each run, "
            "and a network that was trained in one would write nonsense in the next.",
        )


def encode() -> None:
    """Each character's place."""
    characters = "abn"
    got = call("vocabulary.encode", "banana", characters)
    if isinstance(got, list):
        raise Mistake("encode returns a list, not a NumPy array.", "Likely: np.array(...) is left.")
    got = expect.array('encode("banana", "abn")', got, (6,))
    if got.dtype.kind not in "iu":
        raise Mistake(
            f"encode returns numbers of type {got.dtype}: an index is an integer.",
            "Likely: the array was made by np.zeros or np.empty without dtype=int.",
        )
    right = np.array([1, 0, 2, 0, 2, 0])
    expect.close(
        'encode("banana", "abn")',
        got,
        right,
        {
            "indices begin at 0, not at 1.": right + 1,
            "these are code points, ord(c). A character's index is its place in `characters`.": [
                ord(character) for character in "banana"
            ],
        },
        "right",
    )
    if call("vocabulary.encode", "no", "on").tolist() != [1, 0]:
        raise Mistake(
            'encode("no", "on") is not [1, 0].',
            "Likely: the characters of the text are numbered, rather than looked up in "
            "`characters`.",
        )


def decode() -> None:
    """The way back."""
    indices = np.array([1, 0, 2, 0, 2, 0])
    got = call("vocabulary.decode", indices, "abn")
    _is_text("decode", got)
    if got != "banana":
        likely = ""
        if got.replace(" ", "").replace(",", "") == "banana":
            likely = 'Likely: joined by something. "".join(...) puts nothing between.'
        elif got == "banana"[::-1]:
            likely = "Likely: the text is the wrong way round."
        elif got == "".join(map(chr, indices)):
            likely = "Likely: chr(index). An index is a place in `characters`, not a code point."
        raise Mistake(f'decode of the indices of "banana" is {got!r}.', likely)


def window() -> None:
    """What is read, and what follows it."""
    indices, start, T = np.arange(100, 200) ** 2, 30, 6
    got = call("vocabulary.window", indices, start, T)
    x, y = expect.several("window", got, "x, y")
    right = indices[start : start + T + 1]
    for name, value, there, mistakes in (
        ("x", x, right[:-1], {}),
        (
            "y",
            y,
            right[1:],
            {
                "y is x. What is to be foretold is the character after each that was read: the "
                "window moved on by one.": right[:-1],
                "y is what came before x. What is to be foretold comes after.": indices[
                    start - 1 : start - 1 + T
                ],
                "y begins where x ends. It is x moved on by one place: each character read is to "
                "foretell the next.": indices[start + T : start + 2 * T],
            },
        ),
    ):
        value = np.asarray(value)
        if value.shape != (T,):
            raise Mistake(
                f"window(indices, {start}, {T}): {name} has the shape {value.shape}, not ({T},).",
                "Likely: a slice's end is not part of it. indices[start:end] has end - start "
                "entries.",
            )
        expect.close(name, expect.array(name, value, (T,)), there, mistakes, "right")


def _is_text(name: str, got: object) -> None:
    if not isinstance(got, str):
        likely = 'Likely: "".join(...) is left, which makes one text of many.'
        if got is None:
            likely = "Likely: a function without `return` returns None."
        raise Mistake(f"{name} returns a {type(got).__name__}, not a str.", likely)


def _shown(characters: set[str]) -> str:
    return ", ".join(repr(character) for character in sorted(characters))
