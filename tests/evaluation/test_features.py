"""What is said of each place of a text."""

import pytest

from rnn.evaluation.features import FEATURES, features, is_consonant, is_vowel


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("inside quotation marks", 'a "b" c', "0011000"),
        ("inside quotation marks", "“b” «c", "110011"),
        ("inside quotation marks", '"b\n\nc', "11100"),
        ("at a space", "a b\n", "0101"),
        ("inside a word", "a1 é", "1001"),
        ("letters of the word so far", "ab cde", "120123"),
        ("at a vowel", "aBéy.", "10110"),
        ("at a consonant", "aBéy.", "01000"),
        ("at a capital", "aBc", "010"),
        ("after a capital", "aBc", "001"),
        ("after a space", "a b", "001"),
        ("after a vowel", "abc", "010"),
        ("at a digit", "a1", "01"),
        ("at a comma, full stop or other sign", "a, 1", "0100"),
        ("since the last full stop", "a.bc", None),
        ("position in the line", "\nab\n", "0120"),
    ],
)
def test_a_feature_is_what_its_name_says(name, text, expected):
    values = features(text)[name].tolist()
    assert values == ([200, 0, 1, 2] if expected is None else [int(digit) for digit in expected])


def test_distances_go_up_to_200():
    values = features("." + "a" * 300)["since the last full stop"].tolist()
    assert values == [min(place, 200) for place in range(301)]


def test_every_feature_has_a_value_at_every_place_of_any_text():
    for text in ("", "a", "漢字\u202e\x00", "שלום \u0301"):
        measured = features(text)
        assert list(measured) == list(FEATURES)
        assert all(len(values) == len(text) for values in measured.values())


def test_vowels_and_consonants_are_told_apart_in_several_scripts():
    assert all(map(is_vowel, "aÉïоЯα"))
    assert all(map(is_consonant, "bÇñбΣ"))
    assert not any(map(is_consonant, "aЯ1 漢"))
