"""The passes through a window, forward and backward, in compiled code: see `rnn.model`.

Rows are padded with zeros to whole vectors, W and V are kept transposed as well, and U is kept
transposed alone.
"""

from typing import NamedTuple

import numpy as np

from rnn.engine import elementary
from rnn.engine.compilation import inlined
from rnn.engine.matmul import (
    PADDING,
    Matrix,
    add_product,
    add_row_product,
    aligned_zeros,
    padded,
    transpose,
)

padded_, zeros_ = inlined(padded), inlined(aligned_zeros)


class Padded(NamedTuple):
    """Parameters in the engine's layout: flat arrays, rows padded."""

    U: np.ndarray  # (K, m): a row a character
    W: np.ndarray  # (m, m)
    V: np.ndarray  # (K, m)
    b: np.ndarray  # (m,)
    c: np.ndarray  # (K,)


class Window(NamedTuple):
    """What the passes through a window of T characters fill: flat arrays, rows padded."""

    W_T: np.ndarray  # (m, m) W transposed
    V_T: np.ndarray  # (m, K) V transposed
    hidden: np.ndarray  # (T + 1, m)
    d_o: np.ndarray  # (T, K) the logits o, then p, then d loss / d o
    d_a: np.ndarray  # (T, m)


@inlined
def empty_window(m, K, T, dtype):
    """Return a window that holds zeros."""
    M, L = padded_(m), padded_(K)
    return Window(
        zeros_(M * M, dtype),
        zeros_(M * L, dtype),
        zeros_((T + 1) * M, dtype),
        zeros_(T * L, dtype),
        zeros_(T * M, dtype),
    )


@inlined
def transpose_weights(theta, window, m, K):
    """Bring W and V transposed up to date."""
    M, L = padded_(m), padded_(K)
    transpose(theta.W, M, window.W_T, M, M, M)
    transpose(theta.V, M, window.V_T, L, L, M)


@inlined
def forward(theta, window, x, y, m, K):
    """Fill hidden states and d loss / d o, and return the loss."""
    hidden_states(theta, window, x, m)
    logits(theta, window, x.size, m, K)
    return _softmax_less_target(window.d_o, y, K)


@inlined
def backward(theta, window, T, m, K):
    """Fill d loss / d a, after `forward`."""
    M, L = padded_(m), padded_(K)
    d_a, hidden = window.d_a, window.hidden
    clear(d_a)
    add_product(
        Matrix(d_a, 0, M, 1), Matrix(window.d_o, 0, L, 1), Matrix(theta.V, 0, M, 1), T, M, K
    )
    W = Matrix(theta.W, 0, M, 1)
    for t in range(T - 1, -1, -1):
        if t < T - 1:
            add_row_product(
                Matrix(d_a, t * M, 0, 1), Matrix(d_a, (t + 1) * M, 0, 1), W, M, m, t % 2
            )
        here, h = d_a[t * M : (t + 1) * M], hidden[(t + 1) * M : (t + 2) * M]
        for i in range(M):
            here[i] *= hidden.dtype.type(1) - h[i] * h[i]


@inlined
def hidden_states(theta, window, x, m):
    """Fill hidden states 1 to T from the first."""
    M, hidden = padded_(m), window.hidden
    W_T = Matrix(window.W_T, 0, M, 1)
    for t in range(x.size):
        column, here = x[t] * M, hidden[(t + 1) * M : (t + 2) * M]
        U_x = theta.U[column : column + M]
        for i in range(M):
            here[i] = U_x[i] + theta.b[i]
        add_row_product(
            Matrix(hidden, (t + 1) * M, 0, 1), Matrix(hidden, t * M, 0, 1), W_T, M, m, t % 2
        )
        for i in range(M):
            here[i] = elementary.tanh(here[i])


@inlined
def logits(theta, window, T, m, K):
    """Fill o (T, K) from the hidden states 1 to T."""
    M, L = padded_(m), padded_(K)
    for t in range(T):
        copy(theta.c, window.d_o[t * L : (t + 1) * L])
    hidden, V_T = Matrix(window.hidden, M, M, 1), Matrix(window.V_T, 0, L, 1)
    add_product(Matrix(window.d_o, 0, L, 1), hidden, V_T, T, L, m)


@inlined
def _softmax_less_target(o, y, K):
    """Turn the logits into p_t - y_t in place, and return the loss."""
    L, loss = padded_(K), 0.0
    lanes = zeros_(PADDING, o.dtype)
    for t in range(y.size):
        row = o[t * L : (t + 1) * L]
        for k in range(K, L):
            row[k] = row[0]  # so that the padding holds no maximum of its own
        for lane in range(PADDING):
            lanes[lane] = row[lane]
        for start in range(PADDING, L, PADDING):
            part = row[start : start + PADDING]
            for lane in range(PADDING):
                lanes[lane] = part[lane] if part[lane] > lanes[lane] else lanes[lane]
        largest = lanes[0]
        for lane in range(1, PADDING):
            largest = lanes[lane] if lanes[lane] > largest else largest

        logit = row[y[t]] - largest
        for k in range(L):
            row[k] = elementary.exp(row[k] - largest)
        for k in range(K, L):
            row[k] = 0

        for lane in range(PADDING):
            lanes[lane] = row[lane]
        for start in range(PADDING, L, PADDING):
            part = row[start : start + PADDING]
            for lane in range(PADDING):
                lanes[lane] += part[lane]
        total = lanes[0]
        for lane in range(1, PADDING):
            total += lanes[lane]
        for k in range(L):
            row[k] /= total
        row[y[t]] -= o.dtype.type(1)
        loss += elementary.log(np.float64(total)) - np.float64(logit)
    return loss


@inlined
def gradient_of_rows(gradient, d_out, row, rows, d_row, hidden, m, T):
    """Fill `rows` rows of the gradient of W or V: sums over t of d_out[t, row] h[t].

    `d_row` is the length of a row of d_out; `hidden` begins with h[0].
    """
    M = padded_(m)
    clear(gradient[: rows * M])
    d_out_T = Matrix(d_out, row, 1, d_row)
    add_product(Matrix(gradient, 0, M, 1), d_out_T, Matrix(hidden, 0, M, 1), rows, M, T)


@inlined
def sum_of_rows(rows, total, count):
    """Fill `total` with the sum of as many rows of its length."""
    clear(total)
    for row in range(count):
        here = rows[row * total.size : (row + 1) * total.size]
        for i in range(total.size):
            total[i] += here[i]


# Loops, since Numba takes half a second to compile each assignment to a slice.
@inlined
def copy(source, target):
    """Fill `target` with the beginning of `source`."""
    for i in range(target.size):
        target[i] = source[i]


@inlined
def clear(target):
    """Fill `target` with zeros."""
    for i in range(target.size):
        target[i] = 0
