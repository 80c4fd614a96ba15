"""What a good loss is: how well counts of n-grams foretell the characters of a text.

An n-gram is n characters in a row, a context the first n - 1 of them. The models are those of
Chen and Goodman (Computer Speech and Language 13(4), 1999): modified Kneser-Ney smoothing,
interpolated. With c the count of an n-gram, h its context, h' the context without its first
character and w its last character,

    p(w | h) = (c(h w) - D(c(h w)) + sum over v of D(c(h v)) p(w | h')) / sum over v of c(h v)

The model of order n counts how often its n-grams occur. All shorter ones count in how many ways
they are continued to the left: how many distinct characters come before them. The last p(w | h') is
uniform, so that no character has a probability of zero. A context that the training text does not
have says nothing: p(w | h) = p(w | h').

All is done with sorted keys and counts, in a time of L log L and about 100 L bytes of memory for a
text of L characters. It takes + - * / and integers only, so it gives the same bits on every CPU.
"""

import math
from dataclasses import dataclass

import numpy as np

_FALLBACK_DISCOUNTS = (0.5, 1.0, 1.5)
_INVERSE_LN2 = 1.4426950408889634
_TERMS = 12  # the next would add less than 2^-60 of the sum


def probabilities(
    training: np.ndarray, held_out: np.ndarray, vocabulary_size: int, highest_order: int
) -> np.ndarray:
    """Return each held-out character's probability, given the characters before it.

    `training` and `held_out`, 1-D integers from 0 to K - 1, follow one another in the book, so a
    context may begin in the former. Only the former is counted. Returns a float64 array
    (highest_order, len(held_out)), all above zero; row n - 1 is of order n, which sees n - 1
    characters, or as many as there are. The highest order is at least 1.
    """
    text = np.concatenate([training, held_out]).astype(np.int64)
    nothing = np.zeros(len(text) + 1, dtype=np.int64)  # the one n-gram of no characters
    ngrams = _NGrams.continuing(nothing, text, len(training), vocabulary_size)
    shorter = np.full(len(held_out), 1 / vocabulary_size)
    rows = [_interpolated(ngrams, ngrams.occurrences(), shorter)]
    for _ in range(1, highest_order):
        longer = _NGrams.continuing(ngrams.ids, text, len(training), vocabulary_size)
        shorter = _interpolated(ngrams, longer.continuations(ngrams), shorter)
        rows.append(_interpolated(longer, longer.occurrences(), shorter))
        ngrams = longer
    return np.stack(rows)


@dataclass(frozen=True)
class _NGrams:
    """The n-grams of one n in a text, in which equal ones have one id, from 0 to their number."""

    ids: np.ndarray  # (places,) by the place where the n-gram begins
    first: np.ndarray  # (distinct,) the first of these places, by id
    contexts: np.ndarray  # (distinct,) the id of the context among the (n-1)-grams, by id
    counted: int  # the places of n-grams that end in the training text: the first so many

    @classmethod
    def continuing(
        cls, shorter: np.ndarray, text: np.ndarray, training_length: int, vocabulary_size: int
    ) -> "_NGrams":
        """Number the n-grams of `text`, given the ids of the (n-1)-grams by place."""
        contexts = shorter[:-1]
        n = len(text) - len(shorter) + 2
        keys = contexts * vocabulary_size + text[n - 1 :]
        distinct, first, ids = np.unique(keys, return_index=True, return_inverse=True)
        return cls(ids, first, distinct // vocabulary_size, max(training_length - n + 1, 0))

    def occurrences(self) -> np.ndarray:
        """Return how often each n-gram occurs in the training text."""
        return np.bincount(self.ids[: self.counted], minlength=len(self.first))

    def continuations(self, shorter: "_NGrams") -> np.ndarray:
        """Return how many distinct n-grams of the training text end in each (n-1)-gram."""
        first = self.first[self.first < self.counted]  # held-out text comes after the training text
        return np.bincount(shorter.ids[first + 1], minlength=len(shorter.first))


def _interpolated(ngrams: _NGrams, counts: np.ndarray, shorter: np.ndarray) -> np.ndarray:
    """Return p(w | h) of the held-out characters, given their p(w | h')."""
    discounts = _discounts(counts)[np.minimum(counts, 3)]
    totals = np.bincount(ngrams.contexts, counts)
    withheld = np.bincount(ngrams.contexts, discounts)

    held_out = ngrams.ids[ngrams.counted :]
    context = ngrams.contexts[held_out]
    seen = totals[context] > 0
    where = np.flatnonzero(seen)  # with fewer than n - 1 characters before held_out, none is seen
    held_out, context = held_out[seen], context[seen]
    kept = counts[held_out] - discounts[held_out]
    result = shorter.copy()
    result[where] = (kept + withheld[context] * shorter[where]) / totals[context]
    return result


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Return the discounts (4,) of counts of 0, of 1, of 2 and of 3 or more.

    They are estimated from how many n-grams have counts of 1 to 4. Short texts, and single
    characters in any text, have too few for that: where one of the four is zero or a discount comes
    out as zero or less, they are 0.5, 1 and 1.5, half of a count of 1, of 2 and of 3.
    """
    _, *n, _ = np.bincount(np.minimum(counts, 5), minlength=6).tolist()
    estimated = _FALLBACK_DISCOUNTS
    if all(n):
        y = n[0] / (n[0] + 2 * n[1])
        estimated = tuple(k - (k + 1) * y * n[k] / n[k - 1] for k in (1, 2, 3))
    return np.array((0.0, *(estimated if min(estimated) > 0 else _FALLBACK_DISCOUNTS)))


def bits_a_character(p: np.ndarray) -> float:
    """Return the mean of -log2 p over the probabilities `p` (characters,), at least one."""
    return -math.fsum(log2(p)) / len(p)


def log2(x: np.ndarray) -> np.ndarray:
    """Return the logarithm to base 2 of positive, finite float64, with the same bits on every CPU.

    With x = 2^k f, sqrt(1/2) <= f < sqrt(2) and s = (f - 1) / (f + 1), log f = 2 atanh s, of which
    this is the power series. The largest error, over the samples of its test against mpmath, is 3.1
    units in the last place.
    """
    f, k = np.frexp(x)
    small = f < math.sqrt(0.5)
    f, k = np.where(small, f + f, f), k - small
    s = (f - 1) / (f + 1)
    z = s * s
    series = np.zeros_like(z)
    for i in reversed(range(_TERMS)):
        series = series * z + 2 / (2 * i + 1)
    return k + s * series * _INVERSE_LN2
