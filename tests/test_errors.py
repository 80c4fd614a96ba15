import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.errors import InputError, Interrupted, printable
from stages.common.params import Params
from tests.support.project import PROJECT


@given(st.text(st.characters(), max_size=50), st.integers(1, 200))
def test_a_message_is_one_line_of_bounded_length_whatever_is_put_into_it(text, times):
    for kind in (InputError, Interrupted):
        message = str(kind(text * times))
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


def dotted_keys(schema, place=""):
    for name, field in schema.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from dotted_keys(field.annotation, f"{place}{name}.")
        else:
            yield f"{place}{name}"


@pytest.mark.parametrize("path", sorted(PROJECT.glob("rnn/**/*.py")), ids=lambda path: path.stem)
def test_the_package_names_no_params_and_no_dvc(path):
    """It states facts; the commands add what is to be done about them, and where."""
    names = "|".join(map(re.escape, ("params.yaml", "dvc", *dotted_keys(Params))))
    found = re.findall(rf"(?i)\b(?:{names})\b", path.read_text(encoding="utf-8"))
    assert found == []
