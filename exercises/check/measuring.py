"""The check of exercises/measuring.py."""

import math

import numpy as np

from exercises.check import expect
from exercises.check.student import call


def bits_a_character() -> None:
    """A loss of 25 log 8 nats a window of 25 is 3 bits a character."""
    T, bits = 25, 3.0
    nats = T * bits * math.log(2)
    said = f"bits_a_character({nats:.3f}, {T})"
    got = expect.array(said, call("measuring.bits_a_character", nats, T), ())
    expect.close(
        said,
        got,
        np.asarray(bits),
        {
            "it is not divided by T: this is bits a window, not a character.": nats / math.log(2),
            "these are still nats: divide by the natural logarithm of 2.": nats / T,
            "the wrong logarithm: log10(2). A nat is 1 / log(2) bits with the natural one.": nats
            / T
            / math.log10(2),
            "multiplied by log(2) instead of divided. A bit is less than a nat, so there must be "
            "more bits than nats.": nats / T * math.log(2),
            "neither divided by T nor by log(2).": nats,
            "the logarithm of the loss. The loss is a logarithm already: it needs only another "
            "unit.": math.log2(nats / T),
            "multiplied by T instead of divided.": nats * T / math.log(2),
        },
        "right",
    )
