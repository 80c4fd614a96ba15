"""How good a text is, in figures."""

import re
from collections.abc import Iterable

_LETTER = r"[^\W\d_]"
_GAP = r"\s–—-"
_WORD = re.compile(rf"{_LETTER}(?:[^{_GAP}]*{_LETTER})?")
_ANY_GAP = re.compile(rf"[{_GAP}]")


LONGEST_WORD = 50  # characters


def words(blocks: Iterable[str]) -> set[str]:
    """Return the distinct words, case folded, of a text that comes in blocks.

    A word goes from the first letter to the last between two gaps, which are white space or dashes.
    What noise has there is one long word, not many of one letter that any book has. Words of more
    than LONGEST_WORD characters do not count: a script without gaps would make one word of a book.
    """
    found: set[str] = set()
    rest = ""
    for block in blocks:
        text = rest + block
        matches = list(_WORD.finditer(text))
        rest = ""
        if matches and not _ANY_GAP.search(text, matches[-1].end()):  # it may go on
            rest = _as_far_as_it_counts(text, matches.pop())
        _add(found, matches)
    _add(found, _WORD.finditer(rest))
    return found


def _as_far_as_it_counts(text: str, word: re.Match[str]) -> str:
    """Return the end of `text` from a word on, without what cannot change whether it counts."""
    if len(word.group()) > LONGEST_WORD:
        return word.group()[:LONGEST_WORD] + word.group()[-1]  # a letter: it stays too long
    return text[word.start() :][:LONGEST_WORD]  # with any letter more, it is too long


def _add(found: set[str], matches: Iterable[re.Match[str]]) -> None:
    each = (match.group() for match in matches)
    found.update(word.casefold() for word in each if len(word) <= LONGEST_WORD)


def whole_words(text: str) -> list[str]:
    """Return the words of `text`, case folded, but those at its ends: they may be cut."""
    return [
        match.group().casefold()
        for match in _WORD.finditer(text)
        if match.start() > 0 and match.end() < len(text)
    ]


def pieces(text: str, known: set[str]) -> list[tuple[str, bool]]:
    """Return `text` in pieces, and of each whether it is a whole word that is `known`."""
    found, end = [], 0
    for match in _WORD.finditer(text):
        whole = match.start() > 0 and match.end() < len(text)
        if whole and match.group().casefold() in known:
            found += [(text[end : match.start()], False), (match.group(), True)]
            end = match.end()
    return [piece for piece in (*found, (text[end:], False)) if piece[0]]


def known_word_share(text: str, known: set[str]) -> float | None:
    """Return which share of the whole words of `text` is `known`; None if it has none."""
    whole = whole_words(text)
    return sum(word in known for word in whole) / len(whole) if whole else None
