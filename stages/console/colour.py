"""Text on a terminal, coloured by surprise."""

import os
import re

import numpy as np

from rnn.evaluation.ngrams import log2

_GROUNDS = (230, 229, 222, 215, 214, 208, 202)  # of the 256 colours, from 1 bit on: deeper is more
_BLACK_ON, _PLAIN = "\x1b[38;5;16;48;5;{}m", "\x1b[0m"


def is_wanted() -> bool:
    """Tell whether the terminal can show colours, and NO_COLOR is not set."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def coloured(text: str, probabilities: np.ndarray) -> str:
    """Return `text` with escapes that lay a ground under each character, by its surprise in bits.

    `probabilities` are those of its characters; below one bit there is no ground.
    """
    surprise = -log2(np.maximum(probabilities, np.finfo(float).tiny))
    pieces = []
    for character, bits in zip(text, surprise.tolist(), strict=True):
        shown = harmless(character)
        if bits < 1 or character == "\n":
            pieces.append(shown)
        else:
            ground = _GROUNDS[min(int(bits), len(_GROUNDS)) - 1]
            pieces.append(_BLACK_ON.format(ground) + shown + _PLAIN)
    return "".join(pieces)


def harmless(text: str) -> str:
    """Return text with control characters, which a terminal would obey, as escapes."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", text)
