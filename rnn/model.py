"""The network: its parameters, forward pass, loss and backward pass, line by line the equations.

    a_t = W h_(t-1) + U x_t + b      h_t = tanh(a_t)      o_t = V h_t + c      p_t = softmax(o_t)
    loss = sum over t of -log p_t[y_t]

K is the size of the vocabulary, m that of the hidden state, T the characters in a window. x_t is a
character's index, so that U x_t is column x_t of U. This is the vanilla network of Elman
(Cognitive Science 14(2), 1990), trained by back-propagation through time (Werbos, Proceedings of
the IEEE 78(10), 1990). Every function takes real or complex parameters, which is what makes
the complex-step check of the gradients possible.
"""

from typing import NamedTuple

import numpy as np

from rnn.rng import standard_normal


class Parameters(NamedTuple):
    """What is learnt. Gradients and an optimiser's slots come in the same shapes and type."""

    U: np.ndarray  # (m, K) input to hidden
    W: np.ndarray  # (m, m) hidden to hidden
    V: np.ndarray  # (K, m) hidden to output
    b: np.ndarray  # (m,) hidden bias
    c: np.ndarray  # (K,) output bias

    @property
    def hidden_size(self) -> int:
        """Return m."""
        return len(self.b)

    @property
    def vocabulary_size(self) -> int:
        """Return K."""
        return len(self.c)

    def copy(self) -> "Parameters":
        """Return parameters that share no memory with these."""
        return Parameters(*(array.copy() for array in self))

    def astype(self, dtype: str) -> "Parameters":
        """Return parameters of another type, such as float32."""
        return Parameters(*(array.astype(dtype) for array in self))

    def filled(self, value: float) -> "Parameters":
        """Return arrays of the same shapes and type that hold `value` throughout."""
        return Parameters(*(np.full_like(array, value) for array in self))


def initial_parameters(
    vocabulary_size: int,
    hidden_size: int,
    std: float,
    rng: np.random.Generator,
) -> Parameters:
    """Return float64 parameters: U, W, V normal with standard deviation `std`, b and c zero."""
    K, m = vocabulary_size, hidden_size
    return Parameters(
        U=std * standard_normal((m, K), rng),
        W=std * standard_normal((m, m), rng),
        V=std * standard_normal((K, m), rng),
        b=np.zeros(m),
        c=np.zeros(K),
    )


def forward(parameters: Parameters, h: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read the characters x (T,) from the hidden state h (m,).

    Returns the hidden states (T + 1, m), of which the first is `h`, and the logits o (T, K).
    """
    U, W, V, b, c = parameters
    a = U[:, x].T + b  # all of a_t that does not wait for h_(t-1)
    hidden = np.empty((len(x) + 1, len(b)), dtype=np.result_type(a, h))
    hidden[0] = h
    for t in range(len(x)):
        np.tanh(W @ hidden[t] + a[t], out=hidden[t + 1])
    o = hidden[1:] @ V.T + c
    return hidden, o


def log_softmax(o: np.ndarray) -> np.ndarray:
    """Return log p (T, K) for logits o, shifted by their largest real part: no exp overflows."""
    shifted = o - o.real.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def loss(parameters: Parameters, h: np.ndarray, x: np.ndarray, y: np.ndarray) -> complex:
    """Return a window's loss in nats, summed over its T characters; real for real parameters."""
    _, o = forward(parameters, h, x)
    return -log_softmax(o)[np.arange(len(y)), y].sum()


def gradients(
    parameters: Parameters, h: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[float, Parameters, np.ndarray]:
    """Return a window's loss in nats, its gradient by parameter, and the hidden state after it.

    x and y (T,) are the characters that are read and those that follow them. The gradients are
    exact within the window (h counts as a constant) and not clipped.
    """
    hidden, o = forward(parameters, h, x)
    log_p = log_softmax(o)
    each = np.arange(len(y))
    window_loss = -float(log_p[each, y].sum(dtype=np.float64))

    _, W, V, _, _ = parameters
    d_o = np.exp(log_p)
    d_o[each, y] -= 1  # d loss / d o_t = p_t - y_t
    slope = 1 - hidden[1:] ** 2  # d h_t / d a_t
    d_a = slope * (d_o @ V)  # what comes by way of o_t, to which is added
    for t in reversed(range(len(x) - 1)):
        d_a[t] += slope[t] * (d_a[t + 1] @ W)  # what comes by way of h_(t+1)

    d_U = np.zeros_like(parameters.U)
    for t, column in enumerate(x.tolist()):
        d_U[:, column] += d_a[t]
    d_parameters = Parameters(
        U=d_U, W=d_a.T @ hidden[:-1], V=d_o.T @ hidden[1:], b=d_a.sum(axis=0), c=d_o.sum(axis=0)
    )
    return window_loss, d_parameters, hidden[-1]
