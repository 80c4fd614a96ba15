"""How good a text is, and how a training went, in figures."""

import re
from collections.abc import Iterable
from itertools import pairwise

import numpy as np

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


def envelope(values: np.ndarray, points: int) -> np.ndarray:
    """Return the places of at most `points` of the `values` (n,) that draw the same curve.

    The values are cut into equal stretches; the smallest and the largest of each stay, and the
    first and the last of all.
    """
    if len(values) <= points:
        return np.arange(len(values))
    edges = np.linspace(0, len(values), points // 2, dtype=np.int64)
    kept = {0, len(values) - 1}
    for start, stop in pairwise(edges.tolist()):
        stretch = values[start:stop]
        kept |= {start + int(stretch.argmin()), start + int(stretch.argmax())}
    return np.array(sorted(kept))
