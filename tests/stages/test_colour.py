"""Surprise as colours of a terminal."""

import re

import numpy as np

from stages.console import colour


def test_the_less_likely_a_character_was_the_deeper_is_its_ground():
    p = np.array([1.0, 0.6, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 1e-9, 0.0])
    shown = colour.coloured("abcdefghijk", p)
    assert shown.startswith("ab\x1b")
    grounds = [int(ground) for ground in re.findall(r"48;5;(\d+)m", shown)]
    order = [230, 229, 222, 215, 214, 208, 202]
    assert [order.index(ground) for ground in grounds] == [0, 0, 1, 2, 3, 4, 5, 6, 6]


def test_a_text_in_colour_has_no_control_characters_but_ours():
    shown = colour.coloured("\x1b[31m\x9b\r\n\t", np.full(9, 0.1))
    assert colour.harmless("\x1b\x9b\r\n\t") == "\\x1b\\x9b\\x0d\n\t"
    rest = re.sub(r"\x1b\[(?:38;5;16;48;5;\d+|0)m", "", shown)
    assert rest == "\\x1b[31m\\x9b\\x0d\n\t"
