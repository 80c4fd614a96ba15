import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.errors import InputError, printable


@given(st.text(st.characters(), max_size=50), st.integers(1, 200))
def test_a_message_is_one_line_of_bounded_length_whatever_is_put_into_it(text, times):
    message = str(InputError(text * times))
    assert message.isprintable() and len(message) <= 1000


@given(st.text(st.characters(), max_size=900).filter(str.isprintable))
def test_what_is_printed_as_it_stands_is_not_changed(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\r\n", r"\x1b[31mred\r\n"),
        ("back\u202ewards \u2028 \ud800", r"back\u202ewards \u2028 \ud800"),
        ("the tide \u00a0 Noël 潮", r"the tide \xa0 Noël 潮"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    assert printable(text) == shown


def test_a_long_message_keeps_its_beginning_and_its_way_out():
    message = printable("book.txt: " + "x" * 10**6 + "; set corpus.path")
    assert message.startswith("book.txt: xxx") and message.endswith("xxx; set corpus.path")
