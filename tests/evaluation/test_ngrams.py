import math
from collections import Counter
from pathlib import Path

import mpmath
import numpy as np
import pytest

from rnn.data import corpus
from rnn.evaluation.ngrams import bits_a_character, log2, probabilities

HIGHEST = 8
BOOK = Path("data/raw/tide-clock.txt")


class Slow:
    """The same models, as they are written down: with slices of text and one look-up a count."""

    def __init__(self, training, vocabulary_size, order):
        self.order, self.vocabulary_size = order, vocabulary_size
        self.counts = {order: Counter(ngrams(training, order))}
        for n in range(1, order):
            self.counts[n] = Counter(longer[1:] for longer in set(ngrams(training, n + 1)))
        self.discounts = {n: discounts(counts) for n, counts in self.counts.items()}

    def probability(self, before, character):
        return self._probability(before[max(len(before) - self.order + 1, 0) :], character)

    def _probability(self, context, character, n=None):
        n = self.order if n is None else n
        if n == 0:
            return 1 / self.vocabulary_size
        shorter = self._probability(context[max(len(context) - n + 2, 0) :], character, n - 1)
        counts, discount = self.counts[n], self.discounts[n]
        beside = [c for ngram, c in counts.items() if ngram[:-1] == context]
        if len(context) < n - 1 or not beside:
            return shorter
        c = counts.get((*context, character), 0)
        withheld = sum(discount[min(count, 3)] for count in beside)
        return (c - discount[min(c, 3)] + withheld * shorter) / sum(beside)


def ngrams(text, n):
    return [tuple(text[i : i + n]) for i in range(len(text) - n + 1)]


def discounts(counts):
    n1, n2, n3, n4 = (sum(c == k for c in counts.values()) for k in (1, 2, 3, 4))
    if n1 and n2 and n3 and n4:
        y = n1 / (n1 + 2 * n2)
        found = [0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
        if min(found[1:]) > 0:
            return found
    return [0, 0.5, 1, 1.5]


def slow_probabilities(training, held_out, vocabulary_size):
    text = tuple(training) + tuple(held_out)
    models = [Slow(tuple(training), vocabulary_size, n + 1) for n in range(HIGHEST)]
    places = range(len(training), len(text))
    return [[model.probability(text[:i], text[i]) for i in places] for model in models]


def random_text(length, vocabulary_size, seed):
    """Return a text in which some characters, and some that follow others, are frequent."""
    rng = np.random.default_rng(seed)
    step = np.minimum(rng.geometric(0.5, length), vocabulary_size)
    return (np.cumsum(step) % vocabulary_size).astype(np.uint8)


def next_characters(training, context, vocabulary_size):
    """Return p (orders, K) of every character after a held-out context."""
    each = (np.array([*context, c], np.uint16) for c in range(vocabulary_size))
    columns = [probabilities(training, text, vocabulary_size, HIGHEST)[:, -1] for text in each]
    return np.stack(columns, axis=1)


@pytest.mark.parametrize(
    ("length", "vocabulary_size"),
    [(0, 3), (1, 3), (2, 2), (3, 3), (7, 2), (30, 4), (150, 2), (300, 12), (900, 5), (900, 40)],
)
def test_the_probabilities_are_those_of_the_equations(length, vocabulary_size):
    text = random_text(length + 40, vocabulary_size, length)
    training, held_out = text[:length], text[length:]
    np.testing.assert_allclose(
        probabilities(training, held_out, vocabulary_size, HIGHEST),
        slow_probabilities(training.tolist(), held_out.tolist(), vocabulary_size),
        rtol=1e-12,
        atol=0,
    )


def test_the_cases_above_have_estimated_discounts_and_those_to_fall_back_on():
    model = Slow(tuple(random_text(940, 40, 900)[:900].tolist()), 40, 4)
    fell_back = {n: found == [0, 0.5, 1, 1.5] for n, found in model.discounts.items()}
    assert set(fell_back.values()) == {True, False}


@pytest.mark.parametrize("context", [[], [0], [3], [1, 2, 3, 4], [7, 7, 7], [9] * 9, [5, 9, 0]])
def test_the_probabilities_of_all_next_characters_sum_to_1(context):
    vocabulary_size = 10  # of which 9 never occurs
    p = next_characters(random_text(1000, 9, 1), context, vocabulary_size)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert p.min() > 0


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_a_text_shorter_than_the_orders_is_enough(length):
    for context in ([], [0], [1, 0, 1, 2, 0]):
        p = next_characters(np.array([0, 1, 0, 1, 1][:length], np.uint8), context, 3)
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=1e-12)
        assert p.min() > 0


def test_without_training_text_all_characters_are_equally_likely():
    p = probabilities(np.array([], np.uint8), np.array([2, 0, 1], np.uint8), 4, 3)
    np.testing.assert_array_equal(p, np.full((3, 3), 1 / 4))


def test_nothing_held_out_gives_no_probabilities():
    assert probabilities(np.arange(3), np.arange(0), 3, 4).shape == (4, 0)


def test_one_repeated_character_is_all_but_certain():
    p = next_characters(np.zeros(1000, np.uint8), [0, 0], 2)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=0, atol=1e-12)
    assert p[:, 1].min() > 0
    assert p[:, 0].min() > 0.99


def test_counts_of_counts_that_would_give_a_negative_discount_do_no_harm():
    counts = [1, 2, *[3] * 5, 4]  # n3 is so large that 2 - 3 y n3 / n2 is below zero
    training = np.repeat(np.arange(len(counts)), counts).astype(np.uint8)
    p = next_characters(training, [], len(counts) + 1)
    assert p.min() > 0
    # Of 22 characters seen, discounts of 0.5, 1 and 6 times 1.5 are shared by all 9 characters.
    assert p[0, -1] == pytest.approx(10.5 / 22 / 9, rel=1e-12)


def test_the_context_reaches_back_into_the_training_text():
    training = np.array([0, 1] * 50, np.uint8)
    after_1, _ = probabilities(training, np.array([0, 0], np.uint8), 2, 2)[1]
    after_0, _ = probabilities(training[:-1], np.array([0, 0], np.uint8), 2, 2)[1]
    assert after_1 > 0.9
    assert after_0 < 0.1


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.uint64, np.int64])
def test_the_type_of_the_indices_makes_no_difference(dtype):
    training, held_out = np.split(random_text(500, 6, 4), [450])
    np.testing.assert_array_equal(
        probabilities(training.astype(dtype), held_out.astype(dtype), 6, HIGHEST),
        probabilities(training, held_out, 6, HIGHEST),
    )


def test_held_out_text_is_not_learnt():
    text = random_text(600, 6, 2)
    whole = probabilities(text[:400], text[400:], 6, HIGHEST)
    np.testing.assert_array_equal(
        whole[:, :50], probabilities(text[:400], text[400:450], 6, HIGHEST)
    )


def test_the_largest_vocabulary_fits():
    # So long that the id of a context times 65,000 does not fit in 32 bits.
    text = np.random.default_rng(3).integers(65_000, size=80_000).astype(np.uint16)
    text[:100] = 64_999 - np.arange(100) % 2
    text[-50:] = 64_999 - np.arange(50) % 2
    p = probabilities(text[:-45], text[-45:], 65_000, HIGHEST)
    assert p.min() > 0
    assert p[2:].min() > 0.5


def test_the_default_book_has_the_bits_a_character_that_are_known():
    vocabulary, length = corpus.scan(BOOK, "utf-8")
    text = np.concatenate([vocabulary.encode(block) for block in corpus.read_text(BOOK, "utf-8")])
    start = length - length // 20
    p = probabilities(text[:start], text[start:], len(vocabulary), HIGHEST)
    bits = [round(bits_a_character(row), 2) for row in p]
    assert bits == [4.49, 3.37, 2.52, 2.03, 1.81, 1.73, 1.69, 1.67]


def test_bits_a_character_are_the_mean_of_minus_log2():
    assert bits_a_character(np.array([1 / 2, 1 / 4, 1, 1 / 8])) == 1.5


def test_log2_is_within_3_2_units_in_the_last_place():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.random(4000),
            1 - rng.random(4000) * 1e-3,
            1 + rng.random(4000) * 0.5,
            2.0 ** rng.uniform(-1074, 1023, 4000),
            [5e-324, 1 - 2**-53, 1 + 2**-52, math.sqrt(0.5), math.sqrt(2), 1.7e308],
        ]
    )
    with mpmath.workprec(140):
        right = [mpmath.log(mpmath.mpf(value), 2) for value in x.tolist()]
        units = np.spacing(np.abs(np.array([float(value) for value in right])))
        errors = [
            abs(float((value - exactly) / unit))
            for value, exactly, unit in zip(log2(x).tolist(), right, units.tolist(), strict=True)
        ]
    assert max(errors) < 3.2


def test_log2_of_a_power_of_two_is_exact():
    k = np.arange(-1074, 1024)
    np.testing.assert_array_equal(log2(2.0**k), k)


def test_log2_is_that_of_the_standard_library_to_4_units_in_the_last_place():
    x = np.concatenate([np.linspace(1e-6, 1, 20_000), 2.0 ** np.linspace(-60, 60, 5000)])
    right = np.array([math.log2(value) for value in x.tolist()])
    assert np.all(np.abs(log2(x) - right) <= 4 * np.spacing(np.abs(right)))
