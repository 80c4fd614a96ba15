"""What every rule promises, and each one's formula."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn import settings
from rnn.engine import compiled, reference
from rnn.optimizers import AdaGrad, Adam, rule_of
from tests.support.networks import arrays, batches, learner, network, numbers

ADAM = settings.Adam(
    learning_rate=0.01, base_width=12.0, fall=1.0, epsilon=1e-8, beta1=0.9, beta2=0.999
)
RULES = [AdaGrad(10.0, 1e-8), AdaGrad(0.0, 1e-30), Adam.of(ADAM)]


@pytest.mark.parametrize("rule", RULES)
def test_padding_of_zeros_stays_zero(rule):
    zeros = tuple(np.zeros(3, np.float32) for _ in rule.slots(network()))
    with np.errstate(all="raise"):
        theta, slots = rule.step(np.zeros(3, np.float32), zeros, np.zeros(3, np.float32), 0.1)
    assert not theta.any() and not any(slot.any() for slot in slots)


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_says_rightly_whether_a_gradient_of_zero_is_no_step(rule):
    theta = numbers().random(5)
    slots = tuple(np.full(5, 0.5) for _ in rule.slots(network()))
    after, after_slots = rule.step(theta, slots, np.zeros(5), 0.1)
    unchanged = all(map(np.array_equal, (after, *after_slots), (theta, *slots)))
    assert unchanged == rule.zero_gradient_is_no_step


@pytest.mark.parametrize("rule", RULES)
def test_a_step_leaves_what_is_passed_in(rule):
    theta, slots, g = np.ones(5), tuple(np.ones(5) for _ in rule.slots(network())), np.ones(5)
    rule.step(theta, slots, g, 0.1)
    assert all((array == 1).all() for array in (theta, *slots, g))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("clip", [1e-3, 5.0, math.inf])
@pytest.mark.parametrize("rule", RULES)
def test_the_compiled_step_is_that_of_numpy(rule, clip, dtype):
    """One update from the same gradients, up to the rounding in which these differ."""
    one, other = (learner(network(20, 10).astype(dtype), rule) for _ in range(2))
    for engine, each in ((reference, one), (compiled, other)):
        engine.train(each, batches(20, 5, 1), rule, np.full((1, 5), 0.1), clip)
    for right, array in zip(arrays(one), arrays(other), strict=True):
        assert array.dtype == dtype
        rtol, atol = (1e-4, 1e-8) if dtype == "float32" else (1e-9, 1e-15)
        np.testing.assert_allclose(array, right, rtol=rtol, atol=atol)


@given(st.integers(0, 20))
def test_a_step_of_adagrad_is_that_of_the_formula(seed):
    draws, rule = numbers(seed), AdaGrad(initial_accumulator=2.0, epsilon=1e-8)
    theta, g, G = draws.normal(size=50), draws.normal(size=50), draws.uniform(0, 10, 50)
    after, (total,) = rule.step(theta, (G,), g, 0.1)
    for i in range(50):
        assert total[i] == pytest.approx(G[i] + g[i] ** 2, rel=1e-15)
        step = 0.1 * g[i] / math.sqrt(G[i] + g[i] ** 2 + 1e-8)
        assert after[i] == pytest.approx(theta[i] - step, rel=1e-12)
    assert all((slot == 2.0).all() for slot in rule.slots(network())[0])


def test_updates_of_adam_are_those_of_the_formula():
    """With the corrections as the paper first states them, number by number."""
    rule, draws = rule_of(ADAM), numbers()
    theta, gradients = draws.normal(size=20), draws.normal(size=(30, 20))
    slots = (np.zeros(20), np.zeros(20))
    expected, mean, square = theta.tolist(), [0.0] * 20, [0.0] * 20
    for update, g in enumerate(gradients):
        rate = 0.01 * rule.correction(np.array([update]))[0]
        theta, slots = rule.step(theta, slots, g, rate)
        t = update + 1
        for i, slope in enumerate(g.tolist()):
            mean[i] = 0.9 * mean[i] + 0.1 * slope
            square[i] = 0.999 * square[i] + 0.001 * slope**2
            step = mean[i] / (1 - 0.9**t) / (math.sqrt(square[i] / (1 - 0.999**t)) + 1e-8)
            expected[i] -= 0.01 * step
    np.testing.assert_allclose(theta, expected, rtol=1e-6)


def test_the_correction_of_an_update_is_the_same_bits_whichever_others_are_asked_for():
    rule = rule_of(ADAM)
    together = rule.correction(np.arange(100_000))
    for update in (0, 1, 777, 65_535, 99_999):
        assert rule.correction(np.array([update]))[0] == together[update]
    assert together[0] == pytest.approx(math.sqrt(0.001) / 0.1, rel=1e-12)
    assert together[-1] == 1.0


def test_the_reference_engine_makes_one_update_a_window_and_carries_the_hidden_state():
    from rnn import model

    text, rule = batches(9, 5, 4), AdaGrad(1.0, 1e-8)
    many, one = (learner(network(std=5.0), rule) for _ in range(2))
    losses = reference.train(many, text, rule, np.full((4, 5), 0.1), 0.5)
    (h,) = one.hidden
    for (window,), expected in zip(text, losses, strict=True):
        loss, gradients, h = model.gradients(one.parameters, h, window[:-1], window[1:])
        assert expected == loss
        for theta, G, g in zip(one.parameters, one.slots[0], gradients, strict=True):
            theta[...], (G[...],) = rule.step(theta, (G,), np.clip(g, -0.5, 0.5), 0.1)
    one.hidden[:] = h
    assert all(map(np.array_equal, arrays(many), arrays(one)))
