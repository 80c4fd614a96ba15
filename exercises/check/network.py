"""The checks of exercises/network.py."""

import math
from itertools import chain

import numpy as np

from exercises.check import expect
from exercises.check.gradient import Case, complex_step, mistakes, slips
from exercises.check.student import Mistake, call
from exercises.parameters import Parameters

_X, _Y = [3, 1, 3, 0, 4, 1], [1, 3, 0, 4, 1, 2]  # T = 6; two characters occur twice


def softmax() -> None:
    """Probabilities, in whatever size the logits come."""
    o = np.array([[0.5, -1.0, 2.0], [0.0, 0.3, -0.3]])
    p = expect.array("softmax(o)", call("network.softmax", o), o.shape)
    e = np.exp(o)
    shifted = np.exp(o - o.max(axis=1, keepdims=True))
    expect.close(
        "p",
        p,
        e / e.sum(axis=1, keepdims=True),
        {
            "divided by the sum of the whole array. Each row is a distribution of its own: "
            "sum(axis=1, keepdims=True).": e / e.sum(),
            "divided by the sum of each column. It is rows that sum to 1: axis=1.": e
            / e.sum(axis=0),
            "divided by the sum of the whole array, the largest logit of each row being taken "
            "away. Each row is a distribution of its own: sum(axis=1, keepdims=True).": shifted
            / shifted.sum(),
            "divided by the sum of each column, the largest logit of each row being taken away. It "
            "is rows that sum to 1: axis=1.": shifted / shifted.sum(axis=0),
            "not divided by the sum.": e,
            "this is log p, the logarithm of what is wanted.": np.log(
                e / e.sum(axis=1, keepdims=True)
            ),
        },
        "right",
    )
    for large in (np.array([[1000.0, 999.0], [-1000.0, -999.0]]), np.array([[0.0, -2000.0]])):
        got = call("network.softmax", large)
        p = expect.array(f"softmax({large.tolist()})", got, large.shape)
        e = np.exp(large - large.max(axis=1, keepdims=True))
        expect.close(
            f"softmax({large.tolist()})",
            p,
            e / e.sum(axis=1, keepdims=True),
            {},
            "right",
        )
    _keeps_imaginary("softmax", call("network.softmax", o + 1e-30j * np.array([1.0, 0.0, 0.0])))


def forward() -> None:
    """Each state and each logit follow from the state before by the equations."""
    case = Case.drawn(_X, _Y, 0.5, np.random.default_rng(1))
    U, W, V, b, c = case.parameters
    (m, K), T = U.shape, len(case.x)
    returned = expect.several(
        "forward", call("network.forward", case.parameters, case.h, case.x), "hidden, o"
    )
    hidden = expect.array("hidden", returned[0], (T + 1, m))
    o = expect.array("o", returned[1], (T, K))
    expect.close(
        "hidden[0]",
        hidden[0],
        case.h,
        {"it is zero. The reading begins in the state h that is passed in.": 0 * case.h},
        "h",
    )
    for t, read in enumerate(case.x):
        before, column = hidden[t], U[:, read]
        a = W @ before + column + b
        wrong = {
            "tanh is missing.": a,
            "W is transposed: it is W hidden[t], not hidden[t] W.": np.tanh(
                W.T @ before + column + b
            ),
            "the bias b is missing.": np.tanh(W @ before + column),
            "W hidden[t] is missing: the state before has no effect.": np.tanh(column + b),
            "the part with U is missing: what is read has no effect.": np.tanh(W @ before + b),
            "the hidden state is not carried: each character is read from h, the state at the "
            "window's beginning, instead of from hidden[t].": np.tanh(W @ case.h + column + b),
            "the hidden state is not carried: each is read from a state of zeros.": np.tanh(
                column + b
            ),
            "nothing is put into hidden[t + 1]: it is still zero.": 0 * a,
            "a sigmoid instead of tanh.": 1 / (1 + np.exp(-a)),
            "the state before is added to the new one.": before + np.tanh(a),
        }
        expect.close(
            f"hidden[{t + 1}]",
            hidden[t + 1],
            np.tanh(a),
            wrong,
            f"tanh(W hidden[{t}] + U x_{t} + b)",
        )
    right = hidden[1:] @ V.T + c
    e = np.exp(right)
    expect.close(
        "o",
        o,
        right,
        {
            "V multiplies the state after each character, hidden[t + 1]; this takes the state "
            "before it.": hidden[:-1] @ V.T + c,
            "the bias c is missing.": hidden[1:] @ V.T,
            "these are probabilities. forward returns the logits, before the softmax.": e
            / e.sum(axis=1, keepdims=True),
            "there is no tanh about the logits.": np.tanh(right),
        },
        "V hidden[t + 1] + c",
    )
    moved = Parameters(*(theta + 1e-30j for theta in case.parameters))
    _keeps_imaginary("forward", call("network.forward", moved, case.h, case.x)[1])


def loss() -> None:
    """The sum of -log p of what followed."""
    rng = np.random.default_rng(2)
    p = rng.dirichlet(np.ones(5), 6)
    y = np.array(_Y)
    T = len(y)
    got = expect.array("loss(p, y)", call("network.loss", p, y), ())
    right = -sum(math.log(p[t, y[t]]) for t in range(T))
    expect.close(
        "loss(p, y)",
        got,
        np.asarray(right),
        {
            "divided by T. The loss is a sum over the window, not a mean.": right / T,
            "the sign: log of a probability is negative, and the loss is positive.": -right,
            "the logarithm to base 2. A loss in nats has the natural one.": right / math.log(2),
            "the logarithm to base 10. A loss in nats has the natural one.": right / math.log(10),
            "p[:, y] and p[y] take whole columns and rows. One entry a row is wanted: "
            "p[np.arange(T), y].": -np.log(p[:, y]).sum(),
            "p[y] takes whole rows. One entry a row is wanted: p[np.arange(T), y].": (
                -np.log(p[y]).sum()
            ),
            "the sum is over all characters. Only p of the one that followed counts: "
            "p[np.arange(T), y].": -np.log(p).sum(),
            "this is the entropy of p. The loss looks only at what followed, y.": -(
                p * np.log(p)
            ).sum(),
            "the logarithm is missing.": -p[np.arange(T), y].sum(),
            "the product of the probabilities became a logarithm too late: log of a sum is not a "
            "sum of logs.": -np.log(p[np.arange(T), y].sum()),
        },
        "right",
    )
    _keeps_imaginary("loss", call("network.loss", p + 1e-30j, y))


def backward() -> None:
    """The gradients are those of the student's own loss, by the complex step."""
    case = Case.drawn(_X, _Y, 0.7, np.random.default_rng(3))
    got = _gradients(case)
    right = complex_step(case)
    names = ("c", "V", "b", "U", "W")  # from the loss backwards
    wrong = [n for n in names if not expect.is_close(getattr(got, n), getattr(right, n))]
    if not wrong:
        return
    name, fine = wrong[0], [each for each in names if each not in wrong]
    theirs, true = getattr(got, name), getattr(right, name)
    known = chain(slips(theirs, true), mistakes(case, name))
    likely = next((said for said, as_if in known if expect.is_close(theirs, as_if)), None)
    raise Mistake(
        *expect.difference(f"d_{name}", theirs, true, "complex step"),
        f"{_listed(fine)} {'is' if len(fine) == 1 else 'are'} right." if fine else "",
        f"Likely: {likely}" if likely else _where_to_look(case),
    )


def _gradients(case: Case) -> Parameters:
    hidden, o = call("network.forward", case.parameters, case.h, case.x)
    p = call("network.softmax", o)
    returned = call("network.backward", case.parameters, hidden, p, case.x, case.y)
    returned = expect.several("backward", returned, "U, W, V, b, c")
    theirs, ours = ([np.shape(each) for each in some] for some in (returned, case.parameters))
    if theirs != ours and sorted(theirs) == sorted(ours):
        raise Mistake(
            "backward returns the gradients in the wrong order.",
            "Likely: without their names. Return Parameters(U=..., W=..., V=..., b=..., c=...).",
        )
    return Parameters(
        *(
            expect.array(f"d_{name}", gradient, theta.shape)
            for name, gradient, theta in zip(
                Parameters._fields, returned, case.parameters, strict=True
            )
        )
    )


def _where_to_look(case: Case) -> str:
    """Return what a window of one character tells where no usual mistake explains it."""
    short = Case(case.parameters, case.h, case.x[:1], case.y[:1])
    try:
        got, right = _gradients(short), complex_step(short)
    except Mistake:
        return ""
    if all(map(expect.is_close, got, right)):
        return (
            "With a window of one character all gradients are right. So look at what passes from "
            "t + 1 back to t, and at the sums over t."
        )
    return (
        "It is wrong with a window of one character too, where nothing comes back through time. So "
        "make it right for that first: T = 1, d_h = V' d_o."
    )


def _listed(names: list[str]) -> str:
    names = [f"d_{name}" for name in names]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _keeps_imaginary(name: str, got: object) -> None:
    if not np.any(np.imag(np.asarray(got))):
        raise Mistake(
            f"{name} throws the imaginary part away. The check moves a parameter by a tiny "
            "imaginary step, to see what becomes of it in the loss.",
            "Likely: float(), abs() or .real. Without them the same lines do for both kinds of "
            "numbers.",
        )
