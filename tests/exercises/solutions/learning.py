"""The solutions to exercises/learning.py."""

import numpy as np


def clip(g: np.ndarray, limit: float) -> np.ndarray:
    return np.clip(g, -limit, limit)


def adagrad(
    theta: np.ndarray, G: np.ndarray, g: np.ndarray, eta: float, epsilon: float
) -> tuple[np.ndarray, np.ndarray]:
    G = G + g * g
    return theta - eta * g / np.sqrt(G + epsilon), G


def adam(
    theta: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    g: np.ndarray,
    t: int,
    eta: float,
    beta1: float,
    beta2: float,
    epsilon: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = beta1 * mean + (1 - beta1) * g
    square = beta2 * square + (1 - beta2) * g * g
    M = mean / (1 - beta1**t)
    S = square / (1 - beta2**t)
    return theta - eta * M / (np.sqrt(S) + epsilon), mean, square
