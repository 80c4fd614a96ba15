"""What units go with, and which characters are alike, held against NumPy's linear algebra."""

import numpy as np
import pytest

from rnn.evaluation.explanation import correlations, principal_components
from tests.support.networks import numbers


def test_correlations_are_those_of_numpy():
    hidden = numbers().uniform(-1, 1, (1000, 5))
    features = np.stack([numbers(seed).integers(0, 201, 1000) for seed in range(3)])
    features[0] = (hidden[:, 2] > 0) * 1
    expected = np.corrcoef(hidden.T, features)[:5, 5:]
    assert correlations(hidden, features) == pytest.approx(expected, abs=1e-4)
    assert correlations(hidden, features)[2, 0] > 0.8


def test_what_is_constant_goes_with_nothing():
    hidden = np.stack([np.full(9, 0.3), np.linspace(-1, 1, 9)], axis=1)
    features = np.stack([np.arange(9), np.full(9, 7)])
    assert correlations(hidden, features) == pytest.approx(np.array([[0, 0], [1, 0]]), abs=1e-9)


def test_the_longest_text_and_the_largest_values_do_not_overflow():
    hidden = np.where(np.arange(10_000) % 2, 1.0, -1.0)[:, np.newaxis]
    features = np.where(np.arange(10_000) % 2, 200, 0)[np.newaxis]
    assert correlations(hidden, features) == pytest.approx(1)


@pytest.mark.parametrize("shape", [(2, 3), (80, 100), (200, 2048)])
def test_principal_components_are_those_of_a_singular_value_decomposition(shape):
    points = (numbers().standard_normal(shape) * np.linspace(3, 1, shape[1])).astype("float32")
    points[:, :2] *= (9, 5)
    coordinates, shares = principal_components(points)
    left, values, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    assert shares[0] == pytest.approx(values[0] ** 2 / (values**2).sum(), rel=1e-3)
    for index in range(1 if shape[0] == 2 else 2):
        same = abs(np.corrcoef(left[:, index], coordinates[:, index])[0, 1])
        assert same == pytest.approx(1, abs=1e-4)
        largest = coordinates[np.abs(coordinates[:, index]).argmax(), index]
        assert largest > 0


@pytest.mark.parametrize("points", [np.zeros((3, 4)), np.ones((5, 2)), np.full((2, 2), 1e-300)])
def test_points_that_are_all_alike_stand_together(points):
    coordinates, shares = principal_components(points)
    assert (coordinates == 0).all() and shares == [0, 0]
