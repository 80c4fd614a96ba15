import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.data.vocabulary import Vocabulary
from rnn.errors import InputError

characters = st.characters(exclude_categories=["Cs"])
texts = st.text(characters, min_size=1)


@given(texts)
def test_decoding_gives_back_what_was_encoded(text):
    vocabulary = Vocabulary.of(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(texts)
def test_an_index_is_the_rank_of_its_code_point(text):
    vocabulary = Vocabulary.of(text)
    ranks = {character: rank for rank, character in enumerate(sorted(set(text)))}
    assert vocabulary.encode(text).tolist() == [ranks[character] for character in text]


@given(texts)
def test_the_order_of_the_text_does_not_matter(text):
    assert Vocabulary.of(text) == Vocabulary.of(reversed(text))


@pytest.mark.parametrize(("size", "dtype"), [(2, "u1"), (256, "u1"), (257, "u2"), (65_000, "u2")])
def test_indices_take_the_smallest_unsigned_type(size, dtype):
    vocabulary = Vocabulary("".join(map(chr, range(0x10000, 0x10000 + size))))
    assert vocabulary.encode(vocabulary.characters).dtype == np.dtype(dtype)
    assert vocabulary.encode(vocabulary.characters)[-1] == size - 1


@given(texts, characters)
def test_an_unknown_character_is_named(text, other):
    vocabulary = Vocabulary.of(text)
    if other not in text:
        with pytest.raises(InputError, match=f"U\\+{ord(other):04X}"):
            vocabulary.encode(text + other)


@pytest.mark.parametrize("size", [127, 255, 256, 257])
@pytest.mark.parametrize("other", ["\x7f", "\U0001f30a"])
def test_a_vocabulary_of_any_size_tells_what_it_lacks(size, other):
    vocabulary = Vocabulary("".join(chr(point) for point in range(size + 1) if point != 0x7F))
    text = f"{vocabulary.characters[-1]}a"
    assert vocabulary.encode(text).tolist() == [size - 1, ord("a")]
    for known in ("a", text):
        expected = f"U\\+{ord(other):04X}\\) at place {len(known) + 1} of"
        with pytest.raises(InputError, match=expected):
            vocabulary.encode(known + other)


def test_indices_may_be_written_over():
    for text in ("ab", "aé"):
        assert Vocabulary.of(text).encode(text).flags.writeable


LETTERS = Vocabulary.of("abcdefghijklmnopqrstuvwxyzABCDE '-.13")


def nearest(text, vocabulary=LETTERS):
    return vocabulary.decode(vocabulary.encode(text, unknown="nearest"))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("café", "cafe"),
        ("cafe\u0301", "cafe"),
        ("ﬁn…", "fin..."),
        ("don’t – it’s 1³", "don't - it's 13"),
        ("ZÉBRA\u00a0Ｂ", "zEBrA B"),
        ("straße", "strasse"),
        ("Ǆ", "Dz"),
    ],
)
def test_a_nearest_character_is_without_accent_or_ligature_or_of_the_other_case(text, read):
    assert nearest(text) == read


def test_a_nearest_character_is_the_book_s_own_quote_or_dash():
    assert nearest('\'tis "so" - ‘no’', Vocabulary.of("tisono ’“”—")) == "’tis ”so” — ’no’"
    assert nearest("«é»", Vocabulary.of('e\u0301"')) == '"e\u0301"'


@given(texts)
def test_known_characters_have_no_nearest_but_themselves(text):
    assert nearest(text, Vocabulary.of(text)) == text


@pytest.mark.parametrize("unknown", ["error", "nearest"])
def test_a_character_that_nothing_comes_near_is_refused_with_its_own_place(unknown):
    known = "ab" if unknown == "error" else "ﬁé"
    with pytest.raises(InputError, match=r"prime: character '文' \(U\+6587\) at place 3 "):
        LETTERS.encode(f"{known}文字", "prime", unknown)


@given(texts, st.text(characters))
def test_skipped_characters_leave_the_others(text, others):
    vocabulary = Vocabulary.of(text)
    expected = "".join(character for character in others if character in text)
    assert vocabulary.decode(vocabulary.encode(others, unknown="skip")) == expected


@given(st.sets(characters, min_size=2))
def test_a_saved_vocabulary_loads_again(tmp_path_factory, distinct):
    path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.json"
    vocabulary = Vocabulary.of(distinct)
    vocabulary.save(path)
    assert Vocabulary.load(path) == vocabulary


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{}",
        "[]",
        "3",
        '{"characters": 3}',
        '{"characters": ["a", "b"]}',
        "[" * 100_000,
        *(
            json.dumps({"characters": characters, "crc32": 0})
            for characters in (["a"], ["b", "a"], ["a", "a"], ["a", "bc"], ["a", 1], ["a", "b"])
        ),
    ],
)
def test_what_is_no_vocabulary_is_refused_with_its_name(tmp_path, content):
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"vocabulary\.json"):
        Vocabulary.load(path)


def test_a_vocabulary_with_another_character_is_noticed(tmp_path):
    path = tmp_path / "vocabulary.json"
    Vocabulary("abd").save(path)
    path.write_text(path.read_text().replace('"b"', '"c"'))
    with pytest.raises(InputError, match="is damaged"):
        Vocabulary.load(path)
