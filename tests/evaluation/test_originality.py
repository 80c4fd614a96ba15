import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.evaluation.originality import Copied, Run, copied, distinct_share
from tests.support.networks import numbers


def indices(text):
    return np.frombuffer(text.encode(), dtype=np.uint8)


def copied_the_slow_way(text, book):
    longest, covered = None, set()
    for start in range(len(text)):
        length = 0
        while start + length < len(text) and text[start : start + length + 1] in book:
            length += 1
        if length > (longest.length if longest else 0):
            longest = Run(length, start, book.index(text[start : start + length]))
        if length >= 20:
            covered.update(range(start, start + length))
    return Copied(longest, len(covered) / len(text) if text else None)


@st.composite
def texts_and_books(draw):
    alphabet = draw(st.sampled_from(["a", "ab", "abcd"]))
    book = draw(st.text(alphabet, max_size=80))
    places = st.integers(0, len(book))
    copies = st.builds(lambda start, length: book[start : start + length], places, places)
    pieces = draw(st.lists(st.one_of(copies, st.text(alphabet + "z", max_size=5)), max_size=4))
    return "".join(pieces), book


@given(texts_and_books())
def test_what_is_copied_is_what_a_search_for_every_substring_finds(text_and_book):
    text, book = text_and_book
    assert copied(indices(text), indices(book)) == copied_the_slow_way(text, book)


@given(st.text("abc", max_size=60))
def test_the_distinct_share_is_the_size_of_the_set_of_4_grams_by_their_number(text):
    ngrams = [text[start : start + 4] for start in range(len(text) - 3)]
    expected = len(set(ngrams)) / len(ngrams) if ngrams else None
    assert distinct_share(indices(text)) == expected


@pytest.mark.parametrize("length", [1, 2, 3, 16, 19, 20, 21, 31, 32, 33, 1000])
def test_a_book_is_copied_whole(length):
    book = numbers().integers(0, 5, length, dtype=np.uint8)
    share = 1.0 if length >= 20 else 0.0
    assert copied(book, book) == Copied(Run(length, 0, 0), share)


def test_a_text_that_has_no_character_of_the_book_copies_nothing():
    assert copied(indices("abc" * 20), indices("xyz" * 20)) == Copied(None, 0.0)


@pytest.mark.parametrize(
    ("text", "book", "expected"),
    [
        ("", "", Copied(None, None)),
        ("", "abc", Copied(None, None)),
        ("abc", "", Copied(None, 0.0)),
    ],
)
def test_of_an_empty_text_nothing_is_a_share(text, book, expected):
    assert copied(indices(text), indices(book)) == expected


ALPHABET = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize("length", [19, 20, 21, 26])
@pytest.mark.parametrize("text_place", ["start", "middle", "end"])
@pytest.mark.parametrize("book_place", ["start", "middle", "end"])
def test_a_run_counts_at_the_ends_as_in_the_middle(length, text_place, book_place):
    def put(place, other):
        before, after = {"start": (0, 40), "middle": (15, 25), "end": (40, 0)}[place]
        return other * before + ALPHABET[:length] + other * after, before

    text, text_start = put(text_place, "-")
    book, book_start = put(book_place, "+")
    share = length / len(text) if length >= 20 else 0.0
    expected = Copied(Run(length, text_start, book_start), share)
    assert copied(indices(text), indices(book)) == expected


@pytest.mark.parametrize(
    ("text", "book"),
    [
        (ALPHABET, ALPHABET[13:] + ALPHABET[:13]),  # from the book's end to its start
        (ALPHABET[13:] + ALPHABET[:13], ALPHABET),  # from the text's end to its start
        (ALPHABET + "---" + ALPHABET[:13], ALPHABET[13:]),  # from the text's end into the book
        (ALPHABET[13:] + "---" + ALPHABET, ALPHABET[:13]),  # from the book's end into the text
    ],
)
def test_no_run_goes_over_an_end(text, book):
    result = copied(indices(text), indices(book))
    assert (result.longest.length, result.share) == (13, 0.0)


def test_of_equal_runs_the_first_counts_in_the_text_and_in_the_book():
    assert copied(indices("-cd-ab-cd"), indices("+ab+cd+cd")).longest == Run(2, 1, 4)


def test_runs_that_overlap_in_the_text_are_counted_once_and_gaps_not():
    text = ALPHABET + "-" + ALPHABET[:20] + "-" + ALPHABET[:19]
    book = ALPHABET[:22] + "+" + ALPHABET[3:]
    assert copied(indices(text), indices(book)).share == 46 / 67


def test_every_index_of_every_unsigned_type_is_told_from_every_other():
    for dtype in (np.uint8, np.uint16, np.uint32):
        largest = np.iinfo(dtype).max
        text = np.array([largest, 0, largest, largest], dtype)
        assert copied(text, np.array([0, largest, 0], dtype)).longest == Run(2, 0, 1)
        assert distinct_share(np.concatenate([text, text])) == 4 / 5
    assert copied(np.array([1, 2], np.uint8), np.array([256, 257, 1, 2], np.uint16)) == Copied(
        Run(2, 0, 2), 0.0
    )


def test_no_two_pairs_of_65536_characters_are_taken_for_one():
    every = np.arange(65536, dtype=np.uint16)
    text = np.append(every, np.uint16(10))
    book = np.concatenate([np.array([0, 9], np.uint16), every[::-1]])
    # In 32 bits the pairs 65535, 10 of the text and 0, 9 of the book would have one number.
    assert copied(text, book) == Copied(Run(1, 0, 0), 0.0)


def test_memory_grows_by_some_bytes_a_character_even_for_a_book_of_one_character():
    book = np.zeros(200_000, dtype=np.uint8)
    tracemalloc.start()
    try:
        assert copied(book[:50_000], book) == Copied(Run(50_000, 0, 0), 1.0)
        assert tracemalloc.get_traced_memory()[1] < 150 * len(book)  # every length's would be GBs
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("text", "share"),
    [("", None), ("abc", None), ("abcd", 1.0), ("aaaaa", 0.5), ("abcdeabcd", 5 / 6)],
)
def test_a_text_shorter_than_an_n_gram_has_no_distinct_share(text, share):
    assert distinct_share(indices(text)) == share
