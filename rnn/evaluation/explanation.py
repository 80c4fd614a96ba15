"""What the units of a network stand for, and which characters it takes for alike.

All sums are of whole numbers, and all else is done in a fixed order with + - * / and square roots:
the same bits on every CPU, which a library of linear algebra does not promise.
"""

import math

import numpy as np

_STEPS = 2**16  # into which 1 is cut to make whole numbers
_SQUARINGS = 40


def correlations(hidden: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return the correlation of each unit with each feature, (m, F): 0 where either is constant.

    Args:
        hidden: (n, m) from -1 to 1, the units at n <= 10,000 places of a text.
        features: (F, n) whole numbers from 0 to 200.
    """
    n = len(hidden)
    units = np.rint(hidden * _STEPS).astype(np.int64)
    covariances = n * (units.T @ features.T) - np.outer(units.sum(axis=0), features.sum(axis=1))
    of_units = n * (units * units).sum(axis=0) - units.sum(axis=0) ** 2
    of_features = n * (features * features).sum(axis=1) - features.sum(axis=1) ** 2
    scale = np.sqrt(np.outer(of_units.astype(float), of_features.astype(float)))
    return np.divide(covariances, scale, out=np.zeros(scale.shape), where=scale > 0)


def principal_components(points: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """Return two coordinates of each point, (n, 2), and which share of the variance each shows.

    They are those of principal component analysis (Pearson, Philosophical Magazine 2(11), 1901):
    the eigenvectors of the largest eigenvalues of the points' inner products. For an eigenvector,
    the matrix is squared until nothing else is left of it. Of its two signs, that is taken with
    which its largest entry is positive. `points` is (n, d), finite.
    """
    largest = float(np.abs(points).max()) or 1.0
    whole = np.rint(points.astype(np.float64) / largest * 2**15).astype(np.int64)
    centred = len(whole) * whole - whole.sum(axis=0)
    rest = (centred @ centred.T).astype(np.float64)
    total = math.fsum(rest.diagonal()) or 1.0
    coordinates, shares = [], []
    for _ in range(2):
        vector = _first_eigenvector(rest)
        value = math.fsum((vector[:, np.newaxis] * rest * vector).ravel().tolist())
        coordinates.append(vector * math.sqrt(max(value, 0.0)))
        shares.append(value / total)
        rest = rest - value * (vector[:, np.newaxis] * vector)
    return np.stack(coordinates, axis=1), shares


def _first_eigenvector(matrix: np.ndarray) -> np.ndarray:
    for _ in range(_SQUARINGS):
        scale = np.abs(matrix).max()
        if not scale:
            return np.zeros(len(matrix))
        matrix = _product(matrix / scale, matrix / scale)
    column = matrix[:, matrix.diagonal().argmax()]
    length = math.sqrt(math.fsum((column * column).tolist()))
    vector = column / length if length else column
    return vector if vector[np.abs(vector).argmax()] >= 0 else -vector


def _product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return left @ right, added up in the order of the columns."""
    result = np.zeros((len(left), right.shape[1]))
    for column, row in zip(left.T, right, strict=True):
        result += column[:, np.newaxis] * row
    return result
