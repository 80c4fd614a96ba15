import numpy as np
import pytest

from rnn.engine import reference
from rnn.evaluation import gradient_check
from rnn.evaluation.gradient_check import Case, Difference
from rnn.model import Parameters
from tests.support.networks import network, numbers

WINDOWS = numbers().integers(0, 9, (1, 11))
CASE = Case(hidden_size=6, std=0.1, carried=True, entries=None)


class Bent:
    """The reference engine, whose gradients are looked at and bent before they are used."""

    def __init__(self, bend):
        self.bend = bend

    def train(self, learner, windows, optimizer, rates, clip):
        losses = reference.train(learner, windows, optimizer, rates, clip)
        self.bend(learner.slots[0], windows[0, 0])
        return losses


def check(engine, case=CASE):
    return gradient_check.check({"it": engine}, case, WINDOWS, 9, 1e-5, numbers())


def test_both_methods_differentiate_a_function_whose_gradient_is_known():
    parameters = network()
    places = Parameters(*(np.arange(array.size) for array in parameters))

    def loss(moved):
        return sum((array**3).sum() for array in moved)

    for estimate, error in (
        (gradient_check.central_differences(loss, parameters, places, 1e-5), 1e-8),
        (gradient_check.complex_step(loss, parameters, places), 1e-14),
    ):
        for theta, slope in zip(parameters, estimate, strict=True):
            np.testing.assert_allclose(slope, 3 * theta.ravel() ** 2, atol=error)


def test_the_parameters_are_left_as_they_were():
    parameters, before = network(), network()
    places = Parameters(*(np.arange(array.size) for array in parameters))
    gradient_check.central_differences(lambda moved: 1.0, parameters, places, 1e-5)
    gradient_check.complex_step(lambda moved: 1.0 + 0j, parameters, places)
    for array, old in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("entries", [None, 5])
def test_right_gradients_pass(carried, entries):
    tolerances = {"central_differences": 1e-8, "complex_step": 1e-12}
    differences = check(reference, Case(6, 0.1, carried, entries))
    assert len(differences) == 10
    assert all(each.is_within(tolerances[each.method]) for each in differences)


@pytest.mark.parametrize("wrong", Parameters._fields)
def test_a_wrong_gradient_fails_in_its_own_row_alone(wrong):
    def bend(gradient, window):
        getattr(gradient, wrong).flat[0] += 1e-6

    tolerances = {"central_differences": 1e-8, "complex_step": 1e-12}
    failed = {
        (each.method, each.parameter)
        for each in check(Bent(bend))
        if not each.is_within(tolerances[each.method])
    }
    assert failed == {("central_differences", wrong), ("complex_step", wrong)}


def test_nan_never_passes():
    nan = float("nan")
    assert not Difference("", "", "complex_step", "U", nan, 0.0).is_within(1.0)
    assert not Difference("", "", "complex_step", "U", 0.0, nan).is_within(1.0)


@pytest.mark.parametrize(
    ("hidden_size", "entries", "vocabulary_size", "sequence_length", "checked"),
    [
        (10, None, 80, 25, "all"),
        (10, None, 100, 25, "all"),
        (100, 100, 100, 25, "100"),
        (100, None, 80, 25, "111"),
        (10, None, 80, 1000, "55"),
        (2048, 100, 100, 25, "3"),
    ],
)
def test_small_networks_are_checked_at_every_entry_and_large_ones_at_fewer(
    hidden_size, entries, vocabulary_size, sequence_length, checked
):
    case = Case(hidden_size, 0.1, False, entries).affordable(vocabulary_size, sequence_length)
    assert str(case) == f"m={hidden_size}, std 0.1, h0 zero, {checked} entries"


@pytest.mark.parametrize("vocabulary_size", [9, 100, 101, 5000, 65_536])
def test_a_large_vocabulary_costs_no_more_than_one_of_100_characters(vocabulary_size):
    seen = []

    def look(gradient, window):
        seen.append(gradient.vocabulary_size)

    window = numbers().integers(0, vocabulary_size, (1, 11))
    differences = gradient_check.check(
        {"it": Bent(look)}, Case(2, 0.1, True, 5), window, vocabulary_size, 1e-5, numbers()
    )
    assert set(seen) == {min(vocabulary_size, 100)}
    assert all(each.is_within(1e-8) for each in differences)


def test_a_window_of_more_than_100_characters_keeps_them_all():
    def look(gradient, window):
        assert gradient.vocabulary_size == 301 and set(window) == set(range(301))

    window = 7 * numbers().permutation(301)[None]
    case = Case(2, 0.1, True, 2)
    gradient_check.check({"it": Bent(look)}, case, window, 5000, 1e-5, numbers())
