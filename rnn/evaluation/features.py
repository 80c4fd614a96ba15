"""What can be said of a place in a text, in whole numbers: what a unit may stand for."""

import unicodedata
from collections.abc import Callable
from itertools import accumulate

import numpy as np

_OPENING, _CLOSING, _EITHER = "“„«‹「『", "”»›」』", '"'
_ENDS = ".!?…。！？؟।"
_VOWELS = frozenset("aeiouyæœøаеиоуыэюяєіїαεηιουω")
_FARTHEST = 200  # characters: beyond, distances count as this


def features(text: str) -> dict[str, np.ndarray]:
    """Return name -> (len(text),) int64, at each character, which counts as read.

    What is or is not so is 1 or 0; the others count characters, up to 200.
    """
    return {name: np.array(list(of(text)), dtype=np.int64) for name, of in FEATURES.items()}


def is_vowel(character: str) -> bool:
    """Tell whether a letter is a vowel, whatever its case and its accents."""
    return unicodedata.normalize("NFD", character)[0].casefold()[:1] in _VOWELS


def is_consonant(character: str) -> bool:
    """Tell whether a character is a letter that has a case and is no vowel."""
    return character.upper() != character.lower() and not is_vowel(character)


def _each(holds: Callable[[str], bool]) -> Callable[[str], list[int]]:
    return lambda text: [int(holds(character)) for character in text]


def _since(holds: Callable[[str], bool]) -> Callable[[str], list[int]]:
    """Return how many characters ago something held: 0 where it does now."""

    def count(text: str) -> list[int]:
        steps = accumulate(text, lambda ago, each: 0 if holds(each) else ago + 1, initial=_FARTHEST)
        return [min(ago, _FARTHEST) for ago in steps][1:]

    return count


def _before(of: Callable[[str], list[int]]) -> Callable[[str], list[int]]:
    return lambda text: [0, *of(text)][: len(text)]


def _inside_quotes(text: str) -> list[int]:
    """Return where a quotation is open; a paragraph's end closes what was left open."""

    def after(state: tuple[int, str], character: str) -> tuple[int, str]:
        inside, last = state
        if character in _EITHER:
            inside = 1 - inside
        elif character in _OPENING:
            inside = 1
        elif character in _CLOSING or (character == last == "\n"):
            inside = 0
        return inside, character

    return [inside for inside, _ in accumulate(text, after, initial=(0, ""))][1:]


def _in_word(text: str) -> list[int]:
    """Return how many letters of a word have been read: 0 outside of words."""
    counts = accumulate(text, lambda n, each: n + 1 if each.isalpha() else 0, initial=0)
    return [min(count, _FARTHEST) for count in counts][1:]


FEATURES: dict[str, Callable[[str], list[int]]] = {
    "inside quotation marks": _inside_quotes,
    "at a space": _each(str.isspace),
    "inside a word": _each(str.isalpha),
    "letters of the word so far": _in_word,
    "at a vowel": _each(is_vowel),
    "at a consonant": _each(is_consonant),
    "at a capital": _each(str.isupper),
    "after a capital": _before(_each(str.isupper)),
    "after a space": _before(_each(str.isspace)),
    "after a vowel": _before(_each(is_vowel)),
    "at a digit": _each(str.isdigit),
    "at a comma, full stop or other sign": _each(lambda c: not (c.isalnum() or c.isspace())),
    "since the last full stop": _since(lambda each: each in _ENDS),
    "position in the line": _since(lambda each: each == "\n"),
}
