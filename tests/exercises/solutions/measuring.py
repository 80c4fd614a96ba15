"""The solutions to exercises/measuring.py."""

import numpy as np


def bits_a_character(loss: float, T: int) -> float:
    return loss / (T * np.log(2))
