"""The solutions to exercises/network.py."""

import numpy as np

from exercises.parameters import Parameters


def softmax(o: np.ndarray) -> np.ndarray:
    e = np.exp(o - o.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def forward(parameters: Parameters, h: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    U, W, V, b, c = parameters
    hidden = np.zeros((len(x) + 1, len(b)), dtype=W.dtype)
    hidden[0] = h
    for t in range(len(x)):
        hidden[t + 1] = np.tanh(W @ hidden[t] + U[:, x[t]] + b)
    return hidden, hidden[1:] @ V.T + c


def loss(p: np.ndarray, y: np.ndarray) -> float:
    return -np.log(p[np.arange(len(y)), y]).sum()


def backward(
    parameters: Parameters, hidden: np.ndarray, p: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Parameters:
    U, W, V, b, _ = parameters
    T = len(x)
    d_o = p.copy()
    d_o[np.arange(T), y] -= 1
    d_U, d_W, d_b = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b)
    d_a = np.zeros_like(b)
    for t in reversed(range(T)):
        d_h = V.T @ d_o[t] + W.T @ d_a
        d_a = (1 - hidden[t + 1] ** 2) * d_h
        d_U[:, x[t]] += d_a
        d_W += np.outer(d_a, hidden[t])
        d_b += d_a
    return Parameters(U=d_U, W=d_W, V=d_o.T @ hidden[1:], b=d_b, c=d_o.sum(axis=0))
