"""The checks of exercises/learning.py."""

import numpy as np

from exercises.check import expect
from exercises.check.student import call


def clip() -> None:
    """Cut by elements, on both sides, and only where it is too large."""
    g, limit = np.array([[0.5, -7.0, 2.0], [9.0, -1.5, -3.0]]), 2.5
    got = expect.array("clip(g, 2.5)", call("learning.clip", g, limit), g.shape)
    inside = np.abs(g) <= limit
    expect.close(
        "clip(g, 2.5)",
        got,
        np.where(inside, g, np.sign(g) * limit),
        {
            "scaled instead of cut: all of g was multiplied by limit / norm. Each entry is cut for "
            "itself.": g * limit / np.linalg.norm(g),
            "scaled instead of cut: all of g was multiplied by limit / its largest entry. Each "
            "entry is cut for itself.": g * limit / np.abs(g).max(),
            "cut from above only: -limit is a bound too.": np.minimum(g, limit),
            "cut from below only: limit is a bound too.": np.maximum(g, -limit),
            "what is too large became 0. It is to become limit, or -limit.": np.where(inside, g, 0),
            "the sign is lost: what is below -limit becomes -limit.": np.minimum(np.abs(g), limit),
            "what is below -limit became limit: it is to become -limit.": np.where(
                inside, g, limit
            ),
            "limit is not used: 5 is written into it.": np.clip(g, -5, 5),
            "nothing is cut.": g,
        },
        "right",
    )


def adagrad() -> None:
    """The accumulator first, then the step."""
    rng = np.random.default_rng(4)
    theta, g = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))
    G, eta, epsilon = rng.uniform(0.1, 2, (2, 3)), 0.3, 0.2
    returned = expect.several(
        "adagrad", call("learning.adagrad", theta, G, g, eta, epsilon), "theta, G"
    )
    new_theta = expect.array("theta", returned[0], theta.shape)
    new_G = expect.array("G", returned[1], G.shape)
    sum_G = G + g * g
    right = theta - eta * g / np.sqrt(sum_G + epsilon)
    expect.close(
        "G",
        new_G,
        sum_G,
        {
            "the accumulator is not kept: this is g * g of this step alone. G = G + g * g.": g * g,
            "the accumulator is not kept: G is returned as it came in.": G,
            "g is not squared: without that, gradients of different signs cancel out.": G + g,
            "|g| is added, and g * g is wanted.": G + np.abs(g),
            "theta and G are returned in the wrong order.": right,
            "epsilon was added to G for good: it belongs under the root only.": sum_G + epsilon,
        },
        "G + g * g",
    )
    expect.close(
        "theta",
        new_theta,
        right,
        {
            "epsilon is in the wrong place: it belongs under the root, sqrt(G + epsilon).": (
                theta - eta * g / (np.sqrt(sum_G) + epsilon)
            ),
            "epsilon is missing under the root.": theta - eta * g / np.sqrt(sum_G),
            "divided by the root of G as it was before this step. G = G + g * g comes first.": (
                theta - eta * g / np.sqrt(G + epsilon)
            ),
            "the sign: a step goes against the gradient.": theta
            + eta * g / np.sqrt(sum_G + epsilon),
            "the square root is missing.": theta - eta * g / (sum_G + epsilon),
            "not divided by the root at all: this is plain gradient descent.": theta - eta * g,
            "eta is missing.": theta - g / np.sqrt(sum_G + epsilon),
            "the gradient itself is missing: eta * g / sqrt(G + epsilon).": theta
            - eta / np.sqrt(sum_G + epsilon),
            "this is the step. theta minus the step is wanted.": eta * g / np.sqrt(sum_G + epsilon),
        },
        "right",
    )


def adam() -> None:
    """The means, and the step by them once their bias is corrected; in the midst and at first."""
    g = np.array([0.5, -2.0, 1e-4])
    theta = np.array([1.0, -1.0, 0.3])
    _check_adam(theta, np.array([0.2, 0.1, 2e-4]), np.array([0.05, 0.3, 1e-8]), g, 3)
    _check_adam(theta, np.zeros(3), np.zeros(3), g, 1)


def _check_adam(
    theta: np.ndarray, mean: np.ndarray, square: np.ndarray, g: np.ndarray, t: int
) -> None:
    eta, beta1, beta2, epsilon = 0.1, 0.9, 0.999, 1e-8
    given = theta, mean, square, g, t, eta, beta1, beta2, epsilon
    names = "theta, mean, square"
    returned = expect.several("adam", call("learning.adam", *given), names)
    new_theta, new_mean, new_square = (
        expect.array(name, value, theta.shape)
        for name, value in zip(names.split(", "), returned, strict=True)
    )
    before = mean, square
    mean = beta1 * mean + (1 - beta1) * g
    square = beta2 * square + (1 - beta2) * g * g
    M, S = mean / (1 - beta1**t), square / (1 - beta2**t)
    expect.close(
        "mean",
        new_mean,
        mean,
        {
            "the corrected mean M is returned. It is for this step only; what is kept is mean.": M,
            "beta1 and 1 - beta1 are swapped.": (1 - beta1) * before[0] + beta1 * g,
            "beta2 is used, and beta1 is meant.": beta2 * before[0] + (1 - beta2) * g,
            "(1 - beta1) is missing.": beta1 * before[0] + g,
            "the mean is not kept: beta1 * mean is missing.": (1 - beta1) * g,
        },
        "right",
    )
    expect.close(
        "square",
        new_square,
        square,
        {
            "the corrected S is returned. It is for this step only; what is kept is square.": S,
            "beta2 and 1 - beta2 are swapped.": (1 - beta2) * before[1] + beta2 * g * g,
            "beta1 is used, and beta2 is meant.": beta1 * before[1] + (1 - beta1) * g * g,
            "g is not squared.": beta2 * before[1] + (1 - beta2) * g,
            "(1 - beta2) is missing.": beta2 * before[1] + g * g,
            "the mean square is not kept: beta2 * square is missing.": (1 - beta2) * g * g,
            "1 - beta2 is squared too: it is (1 - beta2) * g * g.": beta2 * before[1]
            + ((1 - beta2) * g) ** 2,
        },
        "right",
    )
    root = np.sqrt(S)
    if expect.is_close(new_theta, theta - eta * M / (root + epsilon * root / np.sqrt(square))):
        return  # the paper's other order, in which epsilon is added before the correction
    wrong = {
        "the correction of the bias is missing: M = mean / (1 - beta1^t) and "
        "S = square / (1 - beta2^t).": (mean, np.sqrt(square) + epsilon),
        "only the mean is corrected. S = square / (1 - beta2^t) is missing.": (
            M,
            np.sqrt(square) + epsilon,
        ),
        "only the square is corrected. M = mean / (1 - beta1^t) is missing.": (
            mean,
            root + epsilon,
        ),
        "epsilon is in the wrong place: it belongs beside the root, sqrt(S) + epsilon.": (
            M,
            np.sqrt(S + epsilon),
        ),
        "the square root is missing.": (M, S + epsilon),
        "the step is by g, and it is to be by M, the mean.": (g, root + epsilon),
    }
    for said, exponent in (
        ("beta^t is a power, and this is beta * t.", lambda beta: beta * t),
        ("the power is t: the correction is independent of t here.", lambda beta: beta),
        (
            "the power is t, which counts from 1 already: this is t + 1.",
            lambda beta: beta ** (t + 1),
        ),
        ("the power is t, which counts from 1: this is t - 1.", lambda beta: beta ** (t - 1)),
    ):
        share1, share2 = 1 - exponent(beta1), 1 - exponent(beta2)
        if share1 and share1 * share2 > 0:
            with np.errstate(invalid="ignore"):
                wrong.setdefault(said, (mean / share1, np.sqrt(square / share2) + epsilon))
    expect.close(
        "theta",
        new_theta,
        theta - eta * M / (root + epsilon),
        {
            "the sign: a step goes against the gradient.": theta + eta * M / (root + epsilon),
            **{said: theta - eta * up / down for said, (up, down) in wrong.items()},
        },
        "right",
    )
