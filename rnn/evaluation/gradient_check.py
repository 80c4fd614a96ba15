"""Numeric gradients, to hold the analytic ones against.

Central differences are what most reports use: (f(theta + h) - f(theta - h)) / 2h. Their error has a
floor of about 1e-9 here: a smaller h lets the subtraction show, a larger one the third derivative.
The complex step, Im f(theta + ih) / h, subtracts nothing: h may be 1e-30, and the error is that of
the arithmetic, about 1e-15 (Martins, Sturdza and Alonso, ACM TOMS 29(3), 2003,
doi 10.1145/838250.838251). It needs a loss that is analytic, and tanh, exp and log are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from rnn import model
from rnn.engine import Engine
from rnn.engine.gradient import gradient
from rnn.model import Parameters

CENTRAL_DIFFERENCES = "central_differences"
COMPLEX_STEP = "complex_step"
_TINY = 1e-30  # the complex step; its square vanishes beside any gradient
LARGEST_VOCABULARY = 100  # K that is checked; a book may have 65,536 distinct characters
_WORK = 50_000_000  # multiplications in all losses of one method, for one parameter
_FEWEST = 3  # entries of each parameter, whatever they cost

Loss = Callable[[Parameters], complex]


def central_differences(
    loss: Loss, parameters: Parameters, places: Parameters, step: float
) -> Parameters:
    """Return d loss / d theta for the entries at `places`: flat indices (n,), by parameter."""

    def derivative(theta: np.ndarray, place: int) -> float:
        value = theta[place]
        theta[place] = value + step
        above = loss(moved)
        theta[place] = value - step
        below = loss(moved)
        theta[place] = value
        return (above - below) / (2 * step)

    moved = parameters.copy()
    return _at_places(derivative, moved, places)


def complex_step(loss: Loss, parameters: Parameters, places: Parameters) -> Parameters:
    """Return d loss / d theta for the entries at `places`: flat indices (n,), by parameter."""

    def derivative(theta: np.ndarray, place: int) -> float:
        theta[place] += _TINY * 1j
        slope = loss(moved).imag / _TINY
        theta[place] = theta[place].real
        return slope

    moved = Parameters(*(array.astype(np.complex128) for array in parameters))
    return _at_places(derivative, moved, places)


def _at_places(
    derivative: Callable[[np.ndarray, int], float], moved: Parameters, places: Parameters
) -> Parameters:
    return Parameters(
        *(
            np.array([derivative(theta.reshape(-1), place) for place in flat])
            for theta, flat in zip(moved, places, strict=True)
        )
    )


@dataclass(frozen=True)
class Case:
    """One set of conditions under which the gradients are checked."""

    hidden_size: int  # m
    std: float  # of the initial parameters
    carried: bool  # h0 is drawn from (-1, 1), as if carried from a window before; else it is zero
    entries: int | None  # how many entries of each parameter are drawn at most; None takes all

    def __str__(self) -> str:
        start = "drawn" if self.carried else "zero"
        entries = "all" if self.entries is None else self.entries
        return f"m={self.hidden_size}, std {self.std:g}, h0 {start}, {entries} entries"

    def affordable(self, vocabulary_size: int, sequence_length: int) -> "Case":
        """Return this case with no more entries than can be checked in some seconds.

        Each entry takes three losses, and a loss T m (K + m) multiplications.
        """
        K, m = vocabulary_size, self.hidden_size
        most = max(_FEWEST, _WORK // (sequence_length * m * (K + m)))
        size = max(K * m, m * m) if self.entries is None else self.entries
        return self if size <= most else replace(self, entries=most)


@dataclass(frozen=True)
class Difference:
    """The largest difference between analytic and numeric gradients of one parameter."""

    case: str
    engine: str  # whose gradients they are
    method: str
    parameter: str
    absolute: float
    relative: float  # to the parameter's largest gradient: an entry's own may be next to nothing

    def is_within(self, tolerance: float) -> bool:
        """Tell whether the check is passed; NaN never passes.

        The relative difference counts for the complex step alone: that of central differences is
        large by their nature where the gradients are small.
        """
        relative = self.relative if self.method == COMPLEX_STEP else 0.0
        return self.absolute <= tolerance and relative <= tolerance


def check(
    engines: Mapping[str, Engine],
    case: Case,
    windows: np.ndarray,
    vocabulary_size: int,
    step: float,
    rng: np.random.Generator,
) -> list[Difference]:
    """Compare the analytic gradients of windows (B, T + 1) with the numeric ones.

    What this takes does not grow with the book's vocabulary: beyond LARGEST_VOCABULARY the network
    is one for fewer characters, those of the window among them.

    Args:
        engines: what is checked, by name.
        step: of the central differences.
        rng: draws the parameters, the hidden state and the entries.
    """
    windows, vocabulary_size = _with_fewer_characters(windows, vocabulary_size)
    case = case.affordable(vocabulary_size, windows.size - len(windows))
    parameters = model.initial_parameters(vocabulary_size, case.hidden_size, case.std, rng)
    shape = (len(windows), case.hidden_size)
    hidden = rng.uniform(-1, 1, shape) if case.carried else np.zeros(shape)
    places = Parameters(*(_draw_places(theta.size, case.entries, rng) for theta in parameters))

    def loss(moved: Parameters) -> complex:
        losses = [
            model.loss(moved, h, window[:-1], window[1:])
            for h, window in zip(hidden, windows, strict=True)
        ]
        return sum(losses) / len(losses)

    numeric = {
        CENTRAL_DIFFERENCES: central_differences(loss, parameters, places, step),
        COMPLEX_STEP: complex_step(loss, parameters, places),
    }
    analytic = {
        name: gradient(engine, parameters, hidden, windows)[0] for name, engine in engines.items()
    }
    return [
        Difference(str(case), name, method, parameter, *_largest_difference(exact, flat, estimate))
        for name in engines
        for method, estimates in numeric.items()
        for parameter, exact, flat, estimate in zip(
            Parameters._fields, analytic[name], places, estimates, strict=True
        )
    ]


def _with_fewer_characters(windows: np.ndarray, vocabulary_size: int) -> tuple[np.ndarray, int]:
    """Return windows with their characters numbered anew, and how many the network is to know."""
    if vocabulary_size <= LARGEST_VOCABULARY:
        return windows, vocabulary_size
    occurring, renumbered = np.unique(windows, return_inverse=True)
    return renumbered.reshape(windows.shape), max(LARGEST_VOCABULARY, len(occurring))


def _draw_places(size: int, entries: int | None, rng: np.random.Generator) -> np.ndarray:
    if entries is None or entries >= size:
        return np.arange(size)
    return np.sort(rng.choice(size, entries, replace=False))


def _largest_difference(
    analytic: np.ndarray, places: np.ndarray, numeric: np.ndarray
) -> tuple[float, float]:
    absolute = float(np.abs(analytic.reshape(-1)[places] - numeric).max())
    largest = float(np.abs(analytic).max())
    return absolute, absolute / largest if largest else absolute
