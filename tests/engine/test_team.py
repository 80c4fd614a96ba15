"""Batches of streams, and threads that share the work and change no byte."""

import math
import os
import threading

import numpy as np
import pytest

from rnn import model
from rnn.engine import compiled, reference, team
from rnn.engine.gradient import gradient
from rnn.errors import BadEnvironment
from rnn.evaluation import gradient_check
from rnn.model import Parameters
from tests.support.networks import ADAGRAD, ADAM, arrays, batches, learner, network, numbers

pytestmark = pytest.mark.usefixtures("compiled_code")
SIZES = [
    # K, m, T, B
    (9, 7, 5, 2),
    (5, 300, 3, 1),  # so wide and with so few streams that threads share out the units
    (17, 270, 4, 5),
    (80, 100, 25, 8),
    (33, 20, 6, 37),
]


def train(engine, learner, windows, rule=ADAGRAD, rate=0.05):
    return engine.train(learner, windows, rule, np.full((len(windows), 5), rate), 5.0)


@pytest.fixture
def threads(monkeypatch):
    """Set how many threads work, be it worth it or not, and note how many did."""
    used = set()
    together = team.together

    def noted(size, work):
        together(size, lambda member: (used.add(member.size), work(member)))

    def use(number):
        used.clear()
        monkeypatch.setenv(team.VARIABLE, str(number))
        return used

    monkeypatch.setattr(team, "helpful", lambda *sizes: math.inf)
    monkeypatch.setattr(team, "together", noted)
    return use


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("K", "m", "T", "B"), SIZES)
def test_any_number_of_threads_gives_the_same_bytes(K, m, T, B, dtype, threads):
    results = set()
    for number in (1, 2, 3, 5, 8):
        used = threads(number)
        for rule in (ADAGRAD, ADAM):
            one = learner(network(K, m, 0.05).astype(dtype), rule, B)
            losses = train(compiled, one, batches(K, T, 12, B), rule, 0.01)
            results.add((rule, b"".join(array.tobytes() for array in (losses, *arrays(one)))))
        assert used == {number}
    assert len(results) == 2


@pytest.mark.parametrize(("K", "m", "T", "B"), SIZES)
def test_updates_by_batches_have_the_losses_of_the_reference(K, m, T, B):
    text = batches(K, T, 30, B)
    one, other = (learner(network(K, m, 0.01), B=B) for _ in range(2))
    expected, losses = train(reference, one, text), train(compiled, other, text)
    np.testing.assert_allclose(losses, expected, rtol=1e-9)
    for right, array in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_allclose(array, right, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("engine", [reference, compiled])
@pytest.mark.parametrize(("K", "m", "T", "B"), SIZES)
def test_loss_and_gradients_of_a_batch_are_the_means_of_its_streams(K, m, T, B, engine):
    one, (windows,) = learner(network(K, m, 0.1), B=B), batches(K, T, 1, B)
    each = [
        model.gradients(one.parameters, h, window[:-1], window[1:])
        for h, window in zip(one.hidden, windows, strict=True)
    ]
    gradients, hidden = gradient(engine, one.parameters, one.hidden, windows)
    for array, *streams in zip(gradients, *(g for _, g, _ in each), strict=True):
        right = np.mean(streams, axis=0)
        assert np.abs(array - right).max() <= 1e-12 * max(np.abs(right).max(), 1e-3)
    np.testing.assert_allclose(hidden, [h for _, _, h in each], rtol=0, atol=1e-12)
    (loss,) = train(engine, one, windows[None])
    assert loss == pytest.approx(np.mean([value for value, _, _ in each]), rel=1e-12)


def test_the_gradients_of_a_batch_pass_the_gradient_check():
    engines = {"numpy": reference, "compiled": compiled}
    case = gradient_check.Case(hidden_size=6, std=0.1, carried=True, entries=None)
    (windows,) = batches(9, 10, 1, 3)
    differences = gradient_check.check(engines, case, windows, 9, 1e-5, numbers())
    assert len(differences) == 2 * 2 * len(Parameters._fields)
    tolerances = {"central_differences": 1e-8, "complex_step": 1e-12}
    assert all(each.is_within(tolerances[each.method]) for each in differences)


def test_all_cores_are_used_unless_the_environment_says_otherwise(monkeypatch):
    monkeypatch.delenv(team.VARIABLE, raising=False)
    assert 1 <= team.allowed() <= os.cpu_count()
    if hasattr(os, "sched_getaffinity"):
        monkeypatch.setattr(os, "sched_getaffinity", lambda process: {3})
        assert team.allowed() == 1
    monkeypatch.setenv(team.VARIABLE, "3")
    assert team.allowed() == 3


@pytest.mark.parametrize("value", ["0", "-1", "two", "1.5", "10000", "9" * 5000, "\u0663", "1 2"])
def test_a_number_of_threads_that_is_none_is_refused(value, monkeypatch):
    monkeypatch.setenv(team.VARIABLE, value)
    with pytest.raises(BadEnvironment, match=r"RNN_THREADS is .* a number from 1 to 256"):
        train(compiled, learner(network()), batches(9, 5, 1))


def test_no_more_threads_work_than_help():
    assert team.helpful(B=1, m=100, K=80, T=25) == 1
    assert team.helpful(B=1, m=1024, K=80, T=25) > 1
    assert team.helpful(B=8, m=4, K=80, T=25) == 1
    assert team.helpful(B=8, m=100, K=80, T=25) == 8


def test_where_the_system_lets_fewer_threads_start_these_do_the_work(threads, monkeypatch):
    used, start, allowed = threads(8), threading.Thread.start, [None, None]

    def start_few(thread):
        if not allowed:
            raise RuntimeError("can't start new thread")
        allowed.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_few)
    one, other = (learner(network(), B=8) for _ in range(2))
    losses = train(compiled, one, batches(9, 5, 10, 8))
    assert used == {3}
    monkeypatch.undo()
    np.testing.assert_array_equal(losses, train(compiled, other, batches(9, 5, 10, 8)))
