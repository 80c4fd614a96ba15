"""How good a text is, in figures."""

import re
from collections.abc import Iterable

_LETTERS = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTERS}+(?:['’]{_LETTERS}+)*")


def words(blocks: Iterable[str]) -> set[str]:
    """Return the distinct words, case folded, of a text that comes in blocks.

    A word is a run of letters, with single apostrophes inside.
    """
    found: set[str] = set()
    rest = ""
    for block in blocks:
        text = rest + block
        matches = list(_WORD.finditer(text))
        rest = ""
        if matches and matches[-1].end() >= len(text) - 1:  # it may go on, over an apostrophe too
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
