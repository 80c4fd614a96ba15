"""A text is held against a book; what each figure means is tested with its own function."""

import pytest

from rnn.data.vocabulary import Vocabulary
from rnn.errors import InputError
from rnn.evaluation import originality, quality, words
from rnn.evaluation.quality import Book, Quality, assess
from tests.support.networks import numbers

TEXT = "The tide came in at seven, and Nell wrote it down. "
VOCABULARY = Vocabulary.of(TEXT + "xyz")
BOOK = Book.of(VOCABULARY, VOCABULARY.encode(TEXT))


def test_a_text_is_held_against_the_words_and_the_runs_of_the_book():
    assert assess("xx tide came in at seven zz Nell yy", BOOK) == Quality(
        characters=35,
        known_word_share=6 / 7,  # xx and yy may be cut, and do not count
        distinct_4grams=1.0,
        copied_share=22 / 35,
        longest_copied_run=22,
        longest_copied_text=" tide came in at seven",
    )


def test_a_book_is_the_words_and_the_characters_of_its_indices_alone():
    assert {"the", "nell", "seven"} <= BOOK.words == words.words([TEXT])
    part = Book.of(VOCABULARY, VOCABULARY.encode(TEXT)[:9])
    assert part.words == {"the", "tide"}
    assert assess(TEXT, part).longest_copied_text == TEXT[:9]


def test_the_variety_of_a_long_text_is_that_of_its_beginning():
    many = Vocabulary("".join(map(chr, range(1000, 2000))))
    book = Book.of(many, many.encode(many.characters))
    drawn = many.decode(numbers().integers(0, 1000, quality.VARIETY_OVER))
    long = drawn + many.characters[0] * quality.VARIETY_OVER
    expected = originality.distinct_share(many.encode(drawn))
    assert assess(long, book).distinct_4grams == assess(drawn, book).distinct_4grams == expected


def test_of_an_empty_text_and_an_empty_book_there_are_no_shares():
    nothing = Quality(0, None, None, None, 0, "")
    assert assess("", BOOK) == nothing
    empty = Book.of(VOCABULARY, VOCABULARY.encode(""))
    assert assess("", empty) == nothing
    assert assess(" at sea ", empty) == Quality(8, 0.0, 1.0, 0.0, 0, "")


def test_a_book_is_copied_from_itself_whole():
    whole = assess(TEXT, BOOK)
    assert (whole.known_word_share, whole.copied_share) == (1.0, 1.0)
    assert whole.longest_copied_text == TEXT


def test_of_several_temperatures_a_network_s_own_is_found_wherever_it_stands():
    entries = [{"temperature": temperature} for temperature in (0.5, 1.0, 1.5)]
    for order in (entries, entries[::-1], entries[1:]):
        assert quality.own(order) is entries[1]


def test_a_character_that_the_book_lacks_is_named():
    with pytest.raises(InputError, match="'é'"):
        assess("été", BOOK)
