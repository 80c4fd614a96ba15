"""What is seen of a network that learns well or badly, beside its loss."""

import math

import numpy as np
import pytest

from rnn import model
from rnn.engine import Learner, compiled, reference
from rnn.optimizers import AdaGrad
from rnn.training import health
from tests.support.networks import arrays, batches, learner, network, numbers

ENGINES = pytest.mark.parametrize("engine", [reference, compiled])


@ENGINES
def test_the_measurements_are_those_of_the_equations(engine):
    """By the definition: each unit, each entry of the gradient and each square in its turn."""
    one, (streams,) = learner(network(std=2.0)), batches(9, 5, 1)
    parameters, (hidden,), (window,) = one.parameters, one.hidden, streams
    _, gradients, after = model.gradients(parameters, hidden, window[:-1], window[1:])
    entries = [value for array in gradients for value in array.ravel().tolist()]
    saturated = [h for h in after.tolist() if abs(h) > 0.99]
    clipped = [g for g in entries if abs(g) > 0.25]
    assert 0 < len(saturated) < 7 and 0 < len(clipped) < len(entries), "to be a test"
    norms = [math.sqrt(math.fsum(g * g for g in array.ravel().tolist())) for array in gradients]
    measured = health.measure(engine, one, streams, 0.25)
    expected = (len(saturated) / 7, len(clipped) / len(entries), *norms)
    np.testing.assert_allclose(measured, expected, rtol=1e-12)


@ENGINES
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_measurement_changes_nothing(engine, dtype):
    one, other = (learner(network().astype(dtype)) for _ in range(2))
    health.measure(engine, one, batches(9, 5, 1)[0], 5.0)
    assert all(map(np.array_equal, arrays(one), arrays(other)))


def test_a_first_step_of_the_whole_rate_is_seen_to_saturate_the_hidden_layer():
    """AdaGrad from G = 0, as the course report has it, at ten times its rate; and from 100."""
    K, m, T = 80, 100, 25
    text = batches(K, T, 101)
    measured = {}
    for initial_accumulator in (0.0, 100.0):
        rule = AdaGrad(initial_accumulator, 1e-8)
        parameters = model.initial_parameters(K, m, 0.01, numbers())
        one = Learner(parameters, rule.slots(parameters), np.zeros((1, m)))
        start = health.measure(compiled, one, text[0], 5.0)
        assert start.saturated_share == start.clipped_share == 0.0
        compiled.train(one, text[:100], rule, np.full((100, 5), 1.0), 5.0)
        measured[initial_accumulator] = health.measure(compiled, one, text[100], 5.0)
    lost, sound = measured[0.0], measured[100.0]
    assert lost.saturated_share > 0.9 and sound.saturated_share < 0.1
    assert lost.norm_U < 0.1 * sound.norm_U and lost.norm_V > 10 * sound.norm_V


@ENGINES
def test_a_gradient_beyond_all_numbers_is_measured(engine):
    """Its norm may not be finite; the shares are."""
    parameters = network(9, 7, std=1.0)
    parameters = parameters._replace(V=1e200 * parameters.V)
    with np.errstate(all="ignore"):
        measured = health.measure(engine, learner(parameters), batches(9, 5, 1)[0], 5.0)
    assert measured.norm_b == math.inf
    assert 0 <= measured.saturated_share <= 1 and 0 < measured.clipped_share <= 1


@pytest.mark.parametrize("updates_per_epoch", [1, 2, 3, 4, 5, 7, 23, 20689])
def test_the_schedule_has_the_quarters_of_each_epoch(updates_per_epoch):
    schedule = health.Schedule(updates_per_epoch)
    epochs = 3
    expected = sorted(
        {
            epoch * updates_per_epoch + updates_per_epoch * quarter // 4
            for epoch in range(epochs)
            for quarter in range(4)
        }
    )
    count = schedule.count_before(epochs * updates_per_epoch)
    assert [schedule.update(index) for index in range(count)] == expected
    for index, update in enumerate(expected):
        assert schedule.has(update) and schedule.count_before(update) == index
        assert schedule.count_before(update + 1) == index + 1
        assert schedule.next_after(update) == [*expected, epochs * updates_per_epoch][index + 1]
    between = set(range(min(epochs * updates_per_epoch, 1000))) - set(expected)
    assert not any(map(schedule.has, between))
