"""How good a text is, and how much of it is the book's own.

A figure alone says little: it speaks beside that of a passage which the book's author wrote and the
network has not read.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn.data.vocabulary import Vocabulary
from rnn.evaluation import originality, words

OWN_TEMPERATURE = 1.0  # at which a network writes as it has learnt to
VARIETY_OVER = 10_000  # characters; the distinct share falls as a text grows


@dataclass(frozen=True)
class Book:
    """What a network has read, as the texts that it writes are held against it."""

    vocabulary: Vocabulary
    indices: np.ndarray  # (length,) of the vocabulary's dtype
    words: set[str]  # distinct, case folded

    @classmethod
    def of(cls, vocabulary: Vocabulary, indices: np.ndarray) -> "Book":
        """Return the book of these indices."""
        return cls(vocabulary, indices, words.words([vocabulary.decode(indices)]))


@dataclass(frozen=True)
class Quality:
    """The figures of a text. Shares are None where there is nothing to have a share of."""

    characters: int
    known_word_share: float | None  # of its whole words, those that the book has
    distinct_4grams: float | None  # over all of them, in the first VARIETY_OVER characters
    copied_share: float | None  # of its characters, inside runs of SHORTEST_RUN that the book has
    longest_copied_run: int  # characters, 0 if there is none; grows with the text
    longest_copied_text: str  # which run that is


def own(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """Return, of entries that each have a `temperature`, the one at OWN_TEMPERATURE."""
    return next(entry for entry in entries if entry["temperature"] == OWN_TEMPERATURE)


def assess(text: str, book: Book) -> Quality:
    """Return how good `text` is. Raises UnknownCharacter where it has one that the book lacks."""
    indices = book.vocabulary.encode(text)
    copied = originality.copied(indices, book.indices)
    run = copied.longest or originality.Run(0, 0, 0)
    return Quality(
        characters=len(text),
        known_word_share=words.known_word_share(text, book.words),
        distinct_4grams=originality.distinct_share(indices[:VARIETY_OVER]),
        copied_share=copied.share,
        longest_copied_run=run.length,
        longest_copied_text=text[run.text_start : run.text_start + run.length],
    )
