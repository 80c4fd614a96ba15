"""The gradient check as a figure: where each difference stands on a logarithmic axis."""

import math
from typing import Any

from rnn.evaluation.gradient_check import CENTRAL_DIFFERENCES, COMPLEX_STEP
from rnn.model import Parameters
from stages.page import original

_DECADES = (-18, -6)  # what the axis shows, whatever is measured: 0 stands at its left end
_LEFT, _RIGHT = 9.0, 98.0  # where the axis begins and ends, in percent of the figure's width
_ROW = 34  # height of a parameter, in pixels
_TOP = 12


def figure(differences: list[dict[str, Any]], tolerances: dict[str, float]) -> dict[str, Any]:
    """Return the places of all marks: across in percent of the width, down in pixels."""
    rows = [
        {
            "parameter": parameter,
            "y": _TOP + _ROW * index + _ROW // 2,
            "central_differences": _places(differences, parameter, CENTRAL_DIFFERENCES),
            "complex_step": _places(differences, parameter, COMPLEX_STEP),
            "original": place(original.FIGURES["gradient_differences"][parameter]),
        }
        for index, parameter in enumerate(Parameters._fields)
    ]
    bottom = _TOP + _ROW * len(rows)
    return {
        "rows": rows,
        "top": _TOP,
        "bottom": bottom,
        "height": bottom + 44,
        "left": _LEFT,
        "right": _RIGHT,
        "ticks": [
            {"power": power, "x": place(10.0**power)}
            for power in range(_DECADES[0], _DECADES[1] + 1, 2)
        ],
        "tolerances": [
            {"method": method, "x": place(value)} for method, value in tolerances.items()
        ],
    }


def _places(differences: list[dict[str, Any]], parameter: str, method: str) -> list[float]:
    return [
        place(row["absolute"])
        for row in differences
        if (row["parameter"], row["method"]) == (parameter, method)
    ]


def place(value: float) -> float:
    """Return where a value stands, in percent of the width; at an end what lies beyond it."""
    first, last = _DECADES
    power = math.log10(value) if value > 0 else first
    share = (min(max(power, first), last) - first) / (last - first)
    return round(_LEFT + share * (_RIGHT - _LEFT), 2)
