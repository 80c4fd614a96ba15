"""How much of a text is copied from a book, and how varied the text is.

A network that has learnt its book by heart, or that turns in a circle, can have a fine loss and
write fine words. What its figures mean shows beside those of a passage by the author that it never
read: people repeat themselves too (McCoy et al., TACL 11, 2023, take that for their baseline).
"""

from bisect import bisect_left
from typing import NamedTuple

import numpy as np

NGRAM = 4  # characters; shorter ones recur in any text, and longer ones hardly do in a good one
SHORTEST_RUN = 20  # characters, three or four words; shorter phrases belong to the language


class Run(NamedTuple):
    """A substring of the text that occurs in the book."""

    length: int  # in characters, at least 1
    text_start: int  # where it starts, counted from 0
    book_start: int


class Copied(NamedTuple):
    """What a text has in common with a book, letter by letter."""

    longest: Run | None  # None if they share no character, so if either is empty
    share: float | None  # of the text's characters, inside runs of SHORTEST_RUN or more; None of 0


def distinct_share(text: np.ndarray) -> float | None:
    """Return the distinct n-grams of `text` (length,), integers, over all its n-grams; n is NGRAM.

    This is distinct-n (Li et al., NAACL 2016), of characters instead of words. It falls as a text
    grows, so that only texts of one length compare (Liu et al., ACL 2022). None if the text is
    shorter than n.
    """
    count = len(text) - NGRAM + 1
    if count < 1:
        return None
    characters = text.tolist()
    ngrams = zip(*(characters[start : start + count] for start in range(NGRAM)), strict=True)
    return len(set(ngrams)) / count


def copied(text: np.ndarray, book: np.ndarray) -> Copied:
    """Return what `text` (length,) copies from `book` (length,), both indices of one vocabulary.

    Of several longest runs, `longest` is the first in the text, where the book has it first.
    Substrings are compared by numbers (Karp, Miller and Rosenberg, STOC 1972), which unlike hashes
    never collide. To double their length takes a sort of the text, a binary search for each
    character of the book, and 4 bytes a character of both, until it passes the longest run's.
    """
    doublings = _doublings(text, book)
    return Copied(_longest_run(doublings), _copied_share(doublings, len(text)))


class _Shared(NamedTuple):
    """The number of the substring, all of one length, that starts at each place.

    Equal substrings have equal numbers, and others have others. What does not occur in both the
    text and the book has number 0: nothing that contains it can do so either.
    """

    text: np.ndarray  # (characters of the text - length + 1,), int32
    book: np.ndarray  # (characters of the book - length + 1,), int32

    def any(self) -> bool:
        return bool(self.text.any())


def _doublings(text: np.ndarray, book: np.ndarray) -> list[_Shared]:
    """Return the substrings of 1, 2, 4, ... characters, as far as there are any in common."""
    doublings = []
    shared = _numbered(text.astype(np.int64) + 1, book.astype(np.int64) + 1)
    while shared.any():
        doublings.append(shared)
        shared = _lengthened(shared, by=2 ** (len(doublings) - 1))
    return doublings


def _of_length(doublings: list[_Shared], length: int) -> _Shared:
    """Return the substrings of `length`, at least 1 and less than twice the last doubling's."""
    doubling = length.bit_length() - 1
    return _lengthened(doublings[doubling], length - 2**doubling)


def _lengthened(shared: _Shared, by: int) -> _Shared:
    """Return the substrings that are longer by at most their length.

    Such a one is named by the two that it begins and ends with: they overlap or touch.
    """
    base = int(shared.text.max(initial=0)) + 1  # the book has the same numbers, so the same largest
    return _numbered(*(_pairs(numbers, by, base) for numbers in shared))


def _pairs(numbers: np.ndarray, by: int, base: int) -> np.ndarray:
    first = numbers[: max(len(numbers) - by, 0)].astype(np.int64)
    second = numbers[by:]
    return np.where((first > 0) & (second > 0), first * base + second, 0)


def _numbered(text: np.ndarray, book: np.ndarray) -> _Shared:
    """Return substrings that come by names, int64, of which 0 stands for not in common."""
    values, of_text = np.unique(np.append(text, 0), return_inverse=True)  # values[0] is 0
    place = np.searchsorted(values, book, side="right") - 1
    of_book = np.where(values[place] == book, place, 0)
    in_book = np.zeros(len(values), dtype=bool)
    in_book[of_book] = True
    of_text = of_text[:-1]
    of_text = np.where(in_book[of_text], of_text, 0)
    return _Shared(of_text.astype(np.int32), of_book.astype(np.int32))


def _longest_run(doublings: list[_Shared]) -> Run | None:
    if not doublings:
        return None
    longest_power = 2 ** (len(doublings) - 1)
    lengths = range(longest_power, 2 * longest_power)  # the next doubling would have none
    # Whatever holds of a run holds of its beginnings: lengths in common come before all others.
    count = bisect_left(lengths, True, key=lambda length: not _of_length(doublings, length).any())
    length = lengths[count - 1]
    shared = _of_length(doublings, length)
    text_start = int((shared.text > 0).argmax())
    book_start = int((shared.book == shared.text[text_start]).argmax())
    return Run(length, text_start, book_start)


def _copied_share(doublings: list[_Shared], length: int) -> float | None:
    """Return the share of a text's characters that a run of SHORTEST_RUN, or a longer one, covers.

    A longer run is a row of short ones that overlap, so these cover it.
    """
    if length == 0:
        return None
    if 2 ** len(doublings) <= SHORTEST_RUN:
        return 0.0
    starts = np.flatnonzero(_of_length(doublings, SHORTEST_RUN).text)
    change = np.zeros(length + 1, dtype=np.int64)
    change[starts] += 1
    change[starts + SHORTEST_RUN] -= 1
    return int(np.count_nonzero(change.cumsum())) / length
