"""The gradient of the student's own loss, and what usual mistakes would make of it.

The true gradient is that of the complex step (Martins, Sturdza and Alonso, ACM TOMS 29(3), 2003,
doi 10.1145/838250.838251): Im loss(theta + ih) / h. It subtracts nothing, so h may be so small that
the result is exact but for rounding. It needs the student's forward pass and loss, nothing else.

A mistake in a backward pass is named by following a small change of a parameter forward instead,
through equations in which a rule of differentiation is wrong: whoever forgot the slope of tanh has
the gradient of a network through which changes spread as if tanh had none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from exercises.check.student import call
from exercises.parameters import Parameters

_TINY = 1e-30  # the complex step; its square vanishes beside any gradient


@dataclass(frozen=True)
class Case:
    """A network, where it stands, and the window that it reads."""

    parameters: Parameters
    h: np.ndarray  # (m,)
    x: np.ndarray  # (T,)
    y: np.ndarray  # (T,)

    @classmethod
    def drawn(cls, x: list[int], y: list[int], std: float, rng: np.random.Generator) -> "Case":
        """Return a case of 5 characters and 4 units: all of its sizes differ."""
        K, m = 5, 4
        shapes = ((m, K), (m, m), (K, m), (m,), (K,))
        parameters = Parameters(*(std * rng.standard_normal(shape) for shape in shapes))
        return cls(parameters, rng.uniform(-1, 1, m), np.array(x), np.array(y))


def complex_step(case: Case) -> Parameters:
    """Return the gradient of the student's loss by each parameter."""
    moved = Parameters(*(theta.astype(complex) for theta in case.parameters))
    gradients = Parameters(*(np.zeros(theta.shape) for theta in moved))
    for theta, gradient in zip(moved, gradients, strict=True):
        for place in np.ndindex(theta.shape):
            theta[place] += _TINY * 1j
            _, o = call("network.forward", moved, case.h, case.x)
            window_loss = call("network.loss", call("network.softmax", o), case.y)
            gradient[place] = np.imag(window_loss) / _TINY
            theta[place] = theta[place].real
    return gradients


def _same(matrix: np.ndarray) -> np.ndarray:
    return matrix


def _slope(before: np.ndarray, h: np.ndarray) -> np.ndarray:
    return 1 - h * h


def _none(before: np.ndarray, h: np.ndarray) -> np.ndarray:
    return np.ones_like(h)


@dataclass(frozen=True)
class Rules:
    """How a small change spreads through the network: rightly, but for what is set."""

    error: Callable = lambda p, y: p - y  # d loss_t / d o_t, of vectors
    entering: Callable = _none  # what a change of a_t is multiplied by where it begins,
    to_output: Callable = _slope  # on its way to o_t
    onward: Callable = _slope  # and on its way to a_(t+1),
    recurrent: Callable = _same  # by way of this matrix, W given
    order: Callable = iter  # of the steps, from the first to the last
    U_reads: Callable = lambda x, y: x  # the column of U that has a change
    W_reads: Callable = lambda before, after: before  # the state that W's change is multiplied by
    V_reads: Callable = lambda before, after: after  # and V's
    counts: Callable = lambda t, x: True  # whether a parameter's change is felt at step t


def gradient(case: Case, name: str, rules: Rules) -> np.ndarray:
    """Return the gradient by one parameter of a network in which changes spread by these rules."""
    change = Parameters(*(np.zeros(theta.shape) for theta in case.parameters))
    changed = getattr(change, name)
    into = np.zeros(changed.shape)
    for place in np.ndindex(into.shape):
        changed[place] = 1
        into[place] = sum(_effects(case, change, rules))
        changed[place] = 0
    return into


def _effects(case: Case, change: Parameters, rules: Rules) -> Iterator[float]:
    U, W, V, b, c = case.parameters
    states = [case.h]
    for read in case.x:
        states.append(np.tanh(W @ states[-1] + U[:, read] + b))
    carried = np.zeros(len(b))
    for t in rules.order(range(len(case.x))):
        before, h = states[t], states[t + 1]
        column = rules.U_reads(case.x[t], case.y[t])
        felt = float(rules.counts(t, case.x))
        begins = change.W @ rules.W_reads(before, h) + change.U[:, column] + change.b
        moved = rules.recurrent(W) @ carried + felt * rules.entering(before, h) * begins
        carried = rules.onward(before, h) * moved
        moved_o = V @ (rules.to_output(before, h) * moved)
        moved_o += felt * (change.V @ rules.V_reads(before, h) + change.c)
        e = np.exp(V @ h + c)
        yield rules.error(e / e.sum(), np.eye(len(c))[case.y[t]]) @ moved_o


def _last_time(t: int, x: np.ndarray) -> bool:
    return x[t] not in x[t + 1 :]


def _first_time(t: int, x: np.ndarray) -> bool:
    return x[t] not in x[:t]


_BACK = "in d_h_t = V' d_o_t + W' d_a_(t+1), "
_EVERYWHERE = {  # mistakes that show in several parameters
    "the sign: p - y is wanted, and this is y - p. The loss would go up, not down.": Rules(
        error=lambda p, y: y - p
    ),
    "the 1 is not taken away: d_o = p - y, and this is p alone.": Rules(error=lambda p, y: p),
    "y alone is taken, and p is missing: d_o = p - y.": Rules(error=lambda p, y: -y),
}
_THROUGH_TIME = {
    "the derivative of tanh is missing: d_a_t = (1 - h_t * h_t) * d_h_t.": Rules(
        to_output=_none, onward=_none
    ),
    "the gradient through time is cut, as if nothing came after a character: "
    + _BACK
    + "the part with W is missing.": Rules(recurrent=lambda W: 0 * W),
    "a transposed product: " + _BACK + "it is W', the transpose of W, and this is W itself.": Rules(
        recurrent=lambda W: W.T
    ),
    "the derivative of tanh is missing on the way back through time: d_a_(t+1) is wanted in d_h_t, "
    "which is d_h_(t+1) times (1 - h_(t+1) * h_(t+1)), and this is d_h_(t+1).": Rules(
        entering=_slope, to_output=_none, onward=_none
    ),
    "what comes back through time is added after the derivative of tanh instead of before: "
    "(1 - h_t * h_t) multiplies all of d_h_t.": Rules(onward=_none),
    "the derivative of tanh is 1 - h * h, and this is 1 - h.": Rules(
        to_output=lambda before, h: 1 - h, onward=lambda before, h: 1 - h
    ),
    "the derivative of tanh is 1 - h * h, where h is tanh already; this takes tanh of it once "
    "more.": Rules(
        to_output=lambda before, h: 1 - np.tanh(h) ** 2,
        onward=lambda before, h: 1 - np.tanh(h) ** 2,
    ),
    "the derivative of tanh is 1 - h * h, and this is h * h.": Rules(
        to_output=lambda before, h: h * h, onward=lambda before, h: h * h
    ),
    "the loop runs from the first character to the last. What comes back from t + 1 must be there "
    "before t: from the last to the first.": Rules(order=reversed),
    "the derivative of tanh is taken at the state before. It is 1 - h_t * h_t, where h_t is the "
    "state after, hidden[t + 1].": Rules(
        to_output=lambda before, h: 1 - before**2, onward=lambda before, h: 1 - before**2
    ),
    "d_h_t is taken where d_a_t is wanted.": Rules(entering=lambda before, h: 1 / (1 - h * h)),
}
_OF_COLUMNS = {
    "the column is that of the character read, x_t, and this is y_t's.": Rules(
        U_reads=lambda x, y: y
    ),
    "d_U[:, x] += ... with all of x at once adds but one time to a column, even if its character "
    "occurs several times in the window. Add in a loop over t, or by np.add.at.": Rules(
        counts=_last_time
    ),
    "a column of U gets the gradient of one occurrence of its character only: += is wanted, and "
    "this is =.": Rules(counts=_first_time),
}


def slips(got: np.ndarray, right: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Yield sentences about what was done to a gradient rather than about how it came about."""
    largest = np.abs(got).max()
    yield "it is cut already. That is what clip is for, later.", np.clip(right, -largest, largest)
    if got.ndim == 2 and got.size > 1 and np.array_equal(got, 0 * got + got[0]):
        yield "all of its rows are the same. A column times a row is wanted: np.outer.", got


def mistakes(case: Case, name: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield a sentence about each usual mistake, and what it makes of one parameter's gradient."""
    T = len(case.x)
    rules = dict(_EVERYWHERE)
    rules[f"divided by T: the loss is a sum over the window's {T} characters, not a mean."] = Rules(
        error=lambda p, y: (p - y) / T
    )
    rules["d_o[:, y] takes these columns in all rows. One entry a row: d_o[np.arange(T), y]."] = (
        Rules(error=lambda p, y: p - np.isin(np.arange(len(p)), case.y))
    )
    if name in "bUW":
        rules |= _THROUGH_TIME
    if name == "U":
        rules |= _OF_COLUMNS
    if name == "W":
        rules["W multiplies h_(t-1), the state before, hidden[t]; this takes the state after."] = (
            Rules(W_reads=lambda before, after: after)
        )
    if name == "V":
        rules["V multiplies h_t, the state after, hidden[t + 1]; this takes the state before."] = (
            Rules(V_reads=lambda before, after: before)
        )
    rules[
        f"not summed over time: this is the term of the window's first character alone. += is "
        f"wanted for d_{name}, and this is =."
    ] = Rules(counts=lambda t, x: t == 0)
    rules[
        f"not summed over time: this is the term of the window's last character alone. d_{name} "
        f"has a term for each."
    ] = Rules(counts=lambda t, x: t == len(x) - 1)
    for said, each in rules.items():
        yield said, gradient(case, name, each)
    if name == "W":
        transposed = "transposed: d_W is the sum of d_a_t h_(t-1)', a column times a row."
        yield transposed, gradient(case, name, Rules()).T
