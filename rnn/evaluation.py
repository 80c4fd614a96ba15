"""How good a text is, in figures."""

import re
from collections.abc import Iterable

_LETTER = r"[^\W\d_]"
_GAP = r"\s–—-"
_WORD = re.compile(rf"{_LETTER}(?:[^{_GAP}]*{_LETTER})?")
_ANY_GAP = re.compile(rf"[{_GAP}]")


def words(blocks: Iterable[str]) -> set[str]:
    """Return the distinct words, case folded, of a text that comes in blocks.

    A word goes from the first letter to the last between two gaps, which are white space or dashes.
    What noise has there is one long word, not many of one letter that any book has.
    """
    found: set[str] = set()
    rest = ""
    for block in blocks:
        text = rest + block
        matches = list(_WORD.finditer(text))
        rest = ""
        if matches and not _ANY_GAP.search(text, matches[-1].end()):  # it may go on
            rest = text[matches.pop().start() :]
        found.update(match.group().casefold() for match in matches)
    found.update(word.casefold() for word in _WORD.findall(rest))
    return found


def known_word_share(text: str, known: set[str]) -> float | None:
    """Return which share of the words of `text` is among the `known` ones; None if it has no words.

    Words that touch the ends of the text do not count: they may have been cut.
    """
    whole = [
        match.group().casefold()
        for match in _WORD.finditer(text)
        if match.start() > 0 and match.end() < len(text)
    ]
    return sum(word in known for word in whole) / len(whole) if whole else None
