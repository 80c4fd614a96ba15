import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import model
from rnn.data.vocabulary import Vocabulary
from rnn.engine import Draw, compiled, reference
from rnn.errors import InputError
from rnn.evaluation import sampling, words
from rnn.training.snapshot import Snapshot
from tests.support.networks import network, numbers

VOCABULARY = Vocabulary("abcdefghi")
H = numbers(3).uniform(-1, 1, 7)
TWO = np.array([2])  # what is read first
SNAPSHOT = Snapshot(network(), VOCABULARY, H, next_index=2, update=5, smooth_loss=1.5)


def distribution(h, x, temperature=1.0):
    hidden, o = model.forward(network(), h, np.array([x]))
    weights = np.exp(o[0] / temperature)
    return hidden[-1], weights / weights.sum()


@given(st.floats(0, 0.999999), st.floats(0.2, 3))
def test_a_character_is_drawn_by_the_inverse_of_the_distribution(uniform, temperature):
    draw, uniforms = Draw(temperature), np.array([uniform])
    (drawn,), (probability,) = reference.sample(network(), H, TWO, draw, uniforms)
    _, p = distribution(H, 2, temperature)
    assert p[:drawn].sum() <= uniform + 1e-9
    assert uniform <= p[: drawn + 1].sum() + 1e-9
    assert probability == pytest.approx(p[drawn], rel=1e-9)


def test_each_drawn_character_is_read_next():
    uniforms = numbers().random(20)
    drawn, _ = reference.sample(network(), H, TWO, Draw(1.0), uniforms)
    h, x = H, 2
    for uniform, index in zip(uniforms, drawn, strict=True):
        h, p = distribution(h, x)
        x = int((np.cumsum(p) <= uniform).sum())
        assert x == index


def test_temperature_zero_takes_the_likeliest():
    drawn, probabilities = reference.sample(network(), H, TWO, Draw(0.0), numbers().random(10))
    h, x = H, 2
    for index in drawn:
        h, p = distribution(h, x)
        x = int(p.argmax())
        assert x == index
    assert (probabilities == 1).all()


def test_the_smallest_temperature_overflows_nothing():
    drawn, probabilities = reference.sample(network(), H, TWO, Draw(1e-300), numbers().random(10))
    likeliest, _ = reference.sample(network(), H, TWO, Draw(0.0), numbers().random(10))
    assert drawn.tolist() == likeliest.tolist()
    assert (probabilities == 1).all()


def test_text_has_the_length_asked_for_and_comes_from_the_generator_alone():
    one, again, other = (
        sampling.write(reference, SNAPSHOT, 50, Draw(1.0), numbers(seed)) for seed in (0, 0, 1)
    )
    assert len(one.text) == len(one.probabilities) == 50
    assert one.text == again.text != other.text
    assert ((one.probabilities > 0) & (one.probabilities <= 1)).all()


@pytest.mark.parametrize("prime", ["d", "dead", "ebb"])
def test_a_prime_is_read_before_the_first_character_is_drawn(prime):
    primed = sampling.write(reference, SNAPSHOT, 30, Draw(1.0), numbers(), prime)
    h = H
    for character in prime[:-1]:
        h, _ = distribution(h, VOCABULARY.characters.index(character))
    last = VOCABULARY.characters.index(prime[-1])
    expected, _ = reference.sample(network(), h, np.array([last]), Draw(1.0), numbers().random(30))
    assert primed.text == VOCABULARY.decode(expected)


def test_an_unknown_character_in_a_prime_is_named():
    with pytest.raises(InputError, match="'z'"):
        sampling.write(reference, SNAPSHOT, 5, Draw(1.0), numbers(), "az")


def written(prime="", stop="", unknown="error"):
    return sampling.write(reference, SNAPSHOT, 300, Draw(1.0), numbers(), prime, stop, unknown)


@pytest.mark.parametrize(
    ("prime", "unknown", "read"),
    [("Äz", "skip", ""), ("bäd", "skip", "bd"), ("bäD", "nearest", "bad"), ("zz", "skip", "")],
)
def test_what_becomes_of_unknown_characters_of_a_prime_is_what_is_read(prime, unknown, read):
    sample, expected = written(prime, unknown=unknown), written(read)
    assert sample.prime == expected.prime == read
    assert sample.text == expected.text


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_text_ends_with_the_first_stop_in_it(length):
    whole = written()
    stop = whole.text[40 : 40 + length]
    sample = written(stop=stop)
    assert sample.text == whole.text[: whole.text.index(stop) + length]
    assert sample.probabilities.tolist() == whole.probabilities[: len(sample.text)].tolist()


@pytest.mark.parametrize("stop", ["", "z", "abcabcabc"])
def test_a_stop_that_never_comes_leaves_the_text_its_length(stop):
    assert written(stop=stop).text == written().text


def test_a_stop_that_is_in_the_prime_does_not_end_the_text():
    prime = "abcabcabc"
    whole = written(prime).text
    for stop in (prime, prime[:5], prime[1:] + whole[0]):
        assert stop in prime + whole and stop not in whole
        assert written(prime, stop).text == whole


@pytest.mark.parametrize("engine", [reference, compiled])
def test_a_prime_of_any_length_takes_no_more_memory_than_its_indices(engine):
    snapshot = Snapshot(network(), VOCABULARY, H, next_index=2, update=5, smooth_loss=1.5)
    prime = "deadbeef" * 25_000

    def peak(prime):
        tracemalloc.start()
        sampling.write(engine, snapshot, 5, Draw(1.0), numbers(), prime)
        return tracemalloc.get_traced_memory()[1]

    try:
        few = peak("deadbeef")
        assert peak(prime) < few + 20 * len(prime)  # of hidden states alone, 56 bytes a character
    finally:
        tracemalloc.stop()


SAMPLE_TEXT = "Nell's 12 tides, “don't”—l’été; half-past' x_y 7! r!h2-s naïve"


@given(st.lists(st.integers(0, len(SAMPLE_TEXT)), max_size=8))
def test_words_are_the_same_however_the_text_is_cut(cuts):
    edges = [0, *sorted(cuts), len(SAMPLE_TEXT)]
    blocks = [SAMPLE_TEXT[a:b] for a, b in pairwise(edges)]
    expected = {"nell's", "tides", "don't", "l’été", "half", "past", "x_y", "r!h", "s", "naïve"}
    assert words.words(blocks) == expected


@pytest.mark.parametrize("block", [1, 7, 49, 50, 51, 400])
def test_words_of_more_than_50_characters_do_not_count(block):
    longest, dots = "l" * 50, "." * 60
    text = f"{longest} m{longest} a{dots} b{dots}c {'汉' * 300}\n汉字 d{dots}"
    blocks = (text[start : start + block] for start in range(0, len(text), block))
    assert words.words(blocks) == {longest, "a", "汉字", "d"}


def test_counting_words_keeps_no_more_of_a_book_without_gaps_than_a_word():
    words.words(["汉" * 1000] * 10)
    tracemalloc.start()
    try:
        words.words("汉" * 1000 for _ in range(2000))
        assert tracemalloc.get_traced_memory()[1] < 500_000  # the book has 4 MB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "share"),
    [
        (" the sea ", 0.5),
        ("sea the sea", 1.0),
        (" The ", 1.0),
        ("q the9the?the the!", 0.5),
        ("the", None),
        ("", None),
        ("12", None),
    ],
)
def test_the_share_of_known_words_counts_whole_words(text, share):
    assert words.known_word_share(text, {"the"}) == share
