"""A text in pieces, known words apart."""

import pytest

from rnn.evaluation.words import pieces, whole_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("the sea", [("the sea", False)]),  # words at the ends may be cut
        (" the Sea. ", [(" the ", False), ("Sea", True), (". ", False)]),
        (" sea sea ", [(" ", False), ("sea", True), (" ", False), ("sea", True), (" ", False)]),
        (" <b>sea</b> ", [(" <b>sea</b> ", False)]),
    ],
)
def test_known_words_are_told_apart_and_nothing_is_lost(text, expected):
    assert pieces(text, {"sea"}) == expected
    assert "".join(piece for piece, _ in pieces(text, {"sea"})) == text


def test_all_whole_words_are_known_where_the_book_has_them_all():
    text = "a cat, Zoë's tide-clock – it's 4 o'clock"
    known = [
        piece.casefold() for piece, is_known in pieces(text, set(whole_words(text))) if is_known
    ]
    assert known == whole_words(text)
