import numpy as np
import pytest
from conftest import network, numbers

from rnn import gradients, model
from rnn.gradients import Case, Difference
from rnn.model import Parameters

WINDOW = numbers().integers(0, 9, 11)
CASE = Case(hidden_size=6, std=0.1, carried=True, entries=None)


def check(function, case=CASE):
    return gradients.check({"it": function}, case, WINDOW, 9, 1e-5, numbers())


def test_both_methods_differentiate_a_function_whose_gradient_is_known():
    parameters = network()
    places = Parameters(*(np.arange(array.size) for array in parameters))

    def loss(moved):
        return sum((array**3).sum() for array in moved)

    for estimate, error in (
        (gradients.central_differences(loss, parameters, places, 1e-5), 1e-8),
        (gradients.complex_step(loss, parameters, places), 1e-14),
    ):
        for theta, slope in zip(parameters, estimate, strict=True):
            np.testing.assert_allclose(slope, 3 * theta.ravel() ** 2, atol=error)


def test_the_parameters_are_left_as_they_were():
    parameters, before = network(), network()
    places = Parameters(*(np.arange(array.size) for array in parameters))
    gradients.central_differences(lambda moved: 1.0, parameters, places, 1e-5)
    gradients.complex_step(lambda moved: 1.0 + 0j, parameters, places)
    for array, old in zip(parameters, before, strict=True):
        np.testing.assert_array_equal(array, old)


@pytest.mark.parametrize("carried", [False, True])
@pytest.mark.parametrize("entries", [None, 5])
def test_right_gradients_pass(carried, entries):
    tolerances = {"central_differences": 1e-8, "complex_step": 1e-12}
    differences = check(model.gradients, Case(6, 0.1, carried, entries))
    assert len(differences) == 10
    assert all(each.is_within(tolerances[each.method]) for each in differences)


@pytest.mark.parametrize("wrong", Parameters._fields)
def test_a_wrong_gradient_fails_in_its_own_row_alone(wrong):
    def nearly(parameters, h, x, y):
        loss, right, after = model.gradients(parameters, h, x, y)
        bent = getattr(right, wrong).copy()
        bent.flat[0] += 1e-6
        return loss, right._replace(**{wrong: bent}), after

    tolerances = {"central_differences": 1e-8, "complex_step": 1e-12}
    failed = {
        (each.method, each.parameter)
        for each in check(nearly)
        if not each.is_within(tolerances[each.method])
    }
    assert failed == {("central_differences", wrong), ("complex_step", wrong)}


def test_nan_never_passes():
    nan = float("nan")
    assert not Difference("", "", "complex_step", "U", nan, 0.0).is_within(1.0)
    assert not Difference("", "", "complex_step", "U", 0.0, nan).is_within(1.0)


def test_the_largest_difference_is_over_all_cases():
    rows = [Difference(case, "", "m", "U", value, 0.0) for case, value in (("a", 1.0), ("b", 3.0))]
    assert gradients.largest_by_parameter(rows) == {"m": {"U": 3.0}}
