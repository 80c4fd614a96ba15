import mpmath
import numpy as np
import pytest
from numba import njit

from rnn.engine import elementary
from tests.support.networks import numbers

TYPES = [np.float32, np.float64]


def mapped(function):
    @njit
    def compiled(x, result):
        for i in range(x.size):
            result[i] = function(x[i])

    def call(x):
        result = np.empty_like(x)
        compiled(x, result)
        return result

    return call


exp, tanh, log = map(mapped, (elementary.exp, elementary.tanh, elementary.log))


def largest_error(function, exact, x):
    """Return the largest error in units in the last place of the right result."""
    with mpmath.workprec(140):
        right = [exact(mpmath.mpf(float(value))) for value in x]
        units = np.spacing(np.abs(np.array([float(value) for value in right]).astype(x.dtype)))
        return max(
            abs(float((mpmath.mpf(float(value)) - exactly) / mpmath.mpf(float(unit))))
            for value, exactly, unit in zip(function(x), right, units, strict=True)
        )


def near(dtype, *scales):
    return np.concatenate([scale * numbers().uniform(-1, 1, 4000) for scale in scales]).astype(
        dtype
    )


@pytest.mark.parametrize("dtype", TYPES)
def test_exp_is_within_1_1_units_in_the_last_place(dtype):
    largest = 87.0 if dtype == np.float32 else 708.0
    assert largest_error(exp, mpmath.exp, near(dtype, largest, 10, 1, 1e-3, 1e-30)) < 1.1


@pytest.mark.parametrize("dtype", TYPES)
def test_tanh_is_within_2_3_units_in_the_last_place(dtype):
    assert largest_error(tanh, mpmath.tanh, near(dtype, 25, 2, 1, 0.4, 1e-3, 1e-30)) < 2.3


def test_log_is_within_2_units_in_the_last_place():
    x = np.concatenate([np.exp(near(np.float64, 700, 1, 1e-3)), 1 + near(np.float64, 0.4, 1e-7)])
    assert largest_error(log, mpmath.log, x) < 2


@pytest.mark.parametrize("dtype", TYPES)
def test_the_edges_are_those_of_ieee(dtype):
    inf, nan = np.inf, np.nan
    x = np.array([0.0, -0.0, inf, -inf, nan, 1e4, -1e4], dtype)
    np.testing.assert_array_equal(exp(x), np.array([1, 1, inf, 0, nan, inf, 0], dtype))
    expected = np.array([0.0, -0.0, 1, -1, nan, 1, -1], dtype)
    np.testing.assert_array_equal(tanh(x), expected)
    np.testing.assert_array_equal(np.signbit(tanh(x[:4])), np.signbit(expected[:4]))
    assert log(np.array([1.0]))[0] == 0
    assert np.isnan(log(np.array([nan]))[0])


@pytest.mark.parametrize("dtype", TYPES)
def test_exp_goes_down_to_the_smallest_numbers(dtype):
    x = np.linspace(-103, -87.5, 400) if dtype == np.float32 else np.linspace(-745, -708.5, 400)
    x = x.astype(dtype)
    smallest = np.finfo(dtype).smallest_subnormal
    right = np.array([float(mpmath.exp(mpmath.mpf(float(value)))) for value in x])
    assert np.abs(exp(x).astype(np.float64) - right).max() <= 1.1 * float(smallest)
