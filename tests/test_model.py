import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import model
from tests.support.networks import network, numbers


def slow_forward(parameters, h, x):
    """The equations with Python's own numbers, one unit at a time."""
    U, W, V, b, c = (array.tolist() for array in parameters)
    h, hidden, probabilities = list(h), [list(h)], []
    for index in x:
        h = [
            cmath.tanh(
                sum(w * before for w, before in zip(row, h, strict=True)) + U[i][index] + b[i]
            )
            for i, row in enumerate(W)
        ]
        o = [
            sum(v * unit for v, unit in zip(row, h, strict=True)) + c[k] for k, row in enumerate(V)
        ]
        total = sum(cmath.exp(each) for each in o)
        hidden.append(h)
        probabilities.append([cmath.exp(each) / total for each in o])
    return np.array(hidden), np.array(probabilities)


@given(st.integers(1, 6), st.integers(1, 5), st.integers(1, 4), st.integers(0, 9))
def test_the_forward_pass_is_that_of_the_equations(K, m, T, seed):
    rng = numbers(seed)
    parameters = network(K, m, seed=seed)
    h, x, y = rng.uniform(-1, 1, m), rng.integers(0, K, T), rng.integers(0, K, T)
    hidden, probabilities = slow_forward(parameters, h, x)
    fast_hidden, o = model.forward(parameters, h, x)
    np.testing.assert_allclose(fast_hidden, hidden.real, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(np.exp(model.log_softmax(o)), probabilities.real, rtol=1e-12)
    slow_loss = -sum(math.log(probabilities[t][y[t]].real) for t in range(T))
    assert model.loss(parameters, h, x, y) == pytest.approx(slow_loss, rel=1e-12)


def test_the_softmax_does_not_overflow():
    log_p = model.log_softmax(np.array([[1e4, 0.0, -1e4]]))
    np.testing.assert_array_equal(log_p, [[0.0, -1e4, -2e4]])


@given(st.integers(2, 6), st.integers(1, 5), st.integers(1, 4), st.integers(0, 9))
def test_the_gradients_are_those_of_a_difference_quotient(K, m, T, seed):
    rng = numbers(seed)
    parameters = network(K, m, seed=seed)
    h, x, y = rng.uniform(-1, 1, m), rng.integers(0, K, T), rng.integers(0, K, T)
    loss, gradients, after = model.gradients(parameters, h, x, y)
    assert loss == pytest.approx(model.loss(parameters, h, x, y), rel=1e-12)
    np.testing.assert_array_equal(after, model.forward(parameters, h, x)[0][-1])
    for name, gradient in gradients._asdict().items():
        direction = rng.standard_normal(gradient.shape)
        theta = getattr(parameters, name)

        def moved(step, name=name, theta=theta, direction=direction):
            there = parameters._replace(**{name: theta + step * direction})
            return model.loss(there, h, x, y)

        slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-6, abs=1e-8)


def test_initial_parameters_are_normal_with_zero_biases():
    parameters = model.initial_parameters(80, 100, 0.01, numbers())
    shapes = [array.shape for array in parameters]
    assert shapes == [(100, 80), (100, 100), (80, 100), (100,), (80,)]
    assert (parameters.hidden_size, parameters.vocabulary_size) == (100, 80)
    assert not parameters.b.any() and not parameters.c.any()
    for weights in (parameters.U, parameters.W, parameters.V):
        assert abs(weights.mean()) < 0.01 * 5 / math.sqrt(weights.size)
        assert weights.std() == pytest.approx(0.01, rel=0.05)
        assert (np.abs(weights) < 0.01).mean() == pytest.approx(0.6827, abs=0.03)


def test_initial_parameters_come_from_the_generator_alone():
    first, again, other = (model.initial_parameters(5, 4, 0.1, numbers(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.W, again.W)
    assert (first.W != other.W).all()


def test_a_copy_shares_no_memory():
    parameters = network()
    assert not any(map(np.shares_memory, parameters, parameters.copy()))
