"""The passes through B windows, forward and backward, in compiled code: see `rnn.model`.

Each function does a part of the work, which threads may divide among them. Rows are padded with
zeros to whole vectors. W and V, which pass through the CPU from end to end at each character, lie
in panels: the first vector of each row, then the second of each, and so on, so that what is read
together stands together. They are kept transposed as well; U is kept transposed alone.
"""

import math
import os
from typing import NamedTuple

import numpy as np

from rnn.engine import elementary
from rnn.engine.compilation import inlined
from rnn.engine.matmul import (
    PADDING,
    Matrix,
    add_product,
    add_rows_product,
    aligned_zeros,
    lanes,
    padded,
    rounded_up,
    transpose,
)

lanes_, padded_, rounded_up_ = inlined(lanes), inlined(padded), inlined(rounded_up)
zeros_ = inlined(aligned_zeros)


class Padded(NamedTuple):
    """Parameters in the engine's layout: flat arrays, rows padded."""

    U: np.ndarray  # (K, m): a row a character
    W: np.ndarray  # (m, m) in panels
    V: np.ndarray  # (K, m) in panels
    b: np.ndarray  # (m,)
    c: np.ndarray  # (K,)


class Room(NamedTuple):
    """What the passes through B windows of T characters fill: flat arrays, rows padded.

    The rows of a stream stand together, T + 1 of them, since one thread computes them. Of d_o and
    d_a the last row of each stream is none and stays zero.
    """

    W_T: np.ndarray  # (m, m) W transposed, in panels
    V_T: np.ndarray  # (m, K) V transposed, in panels
    hidden: np.ndarray  # (B (T + 1), m)
    d_o: np.ndarray  # (B (T + 1), K) the logits o, then d loss / d o
    d_a: np.ndarray  # (B (T + 1), m)
    losses: np.ndarray  # (B (T + 1),) float64: of each character

    @classmethod
    def of(cls, hidden: np.ndarray, K: int, T: int) -> "Room":
        """Return room for windows that follow those after which the states are `hidden` (B, m).

        Raises MemoryError where the machine has less.
        """
        B, m = hidden.shape
        rows, M, L = B * (T + 1), padded(m), padded(K)
        sizes = (M * M, M * L, rows * M, rows * L, rows * M)
        # A system promises more than it has, and kills who takes it at its word.
        if (size := sum(sizes) * hidden.itemsize) > memory():
            raise MemoryError(
                f"{size / 2**30:,.1f} GiB for {B:,} streams of {T:,} characters and {m:,} units, "
                f"on a machine that has {memory() / 2**30:,.1f}"
            )
        room = cls(*(aligned_zeros(size, hidden.dtype) for size in sizes), np.zeros(rows))
        room.states_after(B, T, m)[:] = hidden
        return room

    def states_after(self, B: int, T: int, m: int) -> np.ndarray:
        """Return a view of the hidden states after the windows: (B, m)."""
        return self.hidden.reshape(B, T + 1, -1)[:, T, :m]


class Part(NamedTuple):
    """The streams, and the units, of which hidden states are computed."""

    first: int  # stream
    last: int  # the stream after
    first_vector: int  # of units
    last_vector: int  # the vector after


def memory() -> float:
    """Return how many bytes of memory the machine has; no limit where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return math.inf


@inlined
def panels(array, rows, first):
    """Return a matrix in panels of so many rows, from its panel `first` on."""
    lanes = lanes_(array)
    return Matrix(array, first * rows * lanes, lanes, rows * lanes)


@inlined
def vectors_(size, array):
    """Return how many vectors hold a row of `size` numbers."""
    return rounded_up_(size) // lanes_(array)


@inlined
def transpose_panel(source, target, rows, columns, panel):
    """Bring a panel of W or V in its transpose up to date; of both, so many rows and columns."""
    lanes = lanes_(source)
    start, to = panel * padded_(rows) * lanes, panel * lanes * lanes
    transpose(source, start, target, to, padded_(columns) * lanes, vectors_(rows, source))


@inlined
def carry_on(room, T, m, part):
    """Begin with the states after the windows before."""
    M, lanes = padded_(m), lanes_(room.hidden)
    width = (part.last_vector - part.first_vector) * lanes
    for s in range(part.first, part.last):
        start = s * (T + 1) * M + part.first_vector * lanes
        end = start + T * M
        copy(room.hidden[end : end + width], room.hidden[start : start + width])


@inlined
def hidden_state(theta, room, x, t, T, m, part):
    """Fill h_(t+1) of each stream, counted from 0, from h_t; x is (B, T), or longer."""
    M, hidden, lanes = padded_(m), room.hidden, lanes_(room.hidden)
    streams, vectors = part.last - part.first, part.last_vector - part.first_vector
    start, width = part.first_vector * lanes, vectors * lanes
    b = theta.b[start : start + width]
    for s in range(part.first, part.last):
        column, row = x[s, t] * M + start, (s * (T + 1) + t + 1) * M + start
        U_x, here = theta.U[column : column + width], hidden[row : row + width]
        for i in range(width):
            here[i] = U_x[i] + b[i]
    before = (part.first * (T + 1) + t) * M
    C = Matrix(hidden, before + M + start, (T + 1) * M, lanes)
    A = Matrix(hidden, before, (T + 1) * M, 1)
    W_T = panels(room.W_T, M, part.first_vector)
    add_rows_product(C, A, W_T, streams, vectors, m, t % 2)
    for s in range(part.first, part.last):
        row = (s * (T + 1) + t + 1) * M + start
        here = hidden[row : row + width]
        for i in range(width):
            here[i] = elementary.tanh(here[i])


@inlined
def logits(theta, room, m, K, first, last):
    """Fill some rows of o from their hidden states."""
    M, L, lanes = padded_(m), padded_(K), lanes_(room.d_o)
    for row in range(first, last):
        copy(theta.c, room.d_o[row * L : (row + 1) * L])
    o, h = Matrix(room.d_o, first * L, L, lanes), Matrix(room.hidden, (first + 1) * M, M, 1)
    add_product(o, h, panels(room.V_T, M, np.intp(0)), last - first, vectors_(K, room.d_o), m)


@inlined
def softmax_less_target(room, windows, K, first, last):
    """Turn some rows of logits into (p - y) / B in place, and note their losses.

    `windows` is (B, T + 1).
    """
    L, (B, length), o = padded_(K), windows.shape, room.d_o
    lanes = zeros_(PADDING, o.dtype)
    for index in range(first, last):
        row = o[index * L : (index + 1) * L]
        if index % length == length - 1:  # that of no character
            clear(row)
            continue
        y = windows[index // length, index % length + 1]
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

        logit = row[y] - largest
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
        streams = o.dtype.type(B)
        divisor = total * streams
        for k in range(L):
            row[k] /= divisor
        row[y] -= o.dtype.type(1) / streams
        room.losses[index] = elementary.log(np.float64(total)) - np.float64(logit)


@inlined
def mean_loss(losses, B):
    """Return the loss of a window, on average over B streams."""
    total = 0.0
    for index in range(losses.size):
        total += losses[index]
    return total / B


@inlined
def by_way_of_outputs(theta, room, m, K, first, last):
    """Fill some rows of d_a with d loss / d h as far as it comes by way of o."""
    M, L, lanes = padded_(m), padded_(K), lanes_(room.d_a)
    clear(room.d_a[first * M : last * M])
    d_h, d_o = Matrix(room.d_a, first * M, M, lanes), Matrix(room.d_o, first * L, L, 1)
    add_product(d_h, d_o, panels(theta.V, L, np.intp(0)), last - first, vectors_(m, room.d_a), K)


@inlined
def backward(theta, room, t, T, m, part):
    """Turn d loss / d h_(t+1) by way of o into d loss / d a, after that of the character after."""
    M, d_a, hidden, lanes = padded_(m), room.d_a, room.hidden, lanes_(room.d_a)
    streams, vectors = part.last - part.first, part.last_vector - part.first_vector
    start, width = part.first_vector * lanes, vectors * lanes
    if t < T - 1:
        here = (part.first * (T + 1) + t) * M
        C = Matrix(d_a, here + start, (T + 1) * M, lanes)
        A = Matrix(d_a, here + M, (T + 1) * M, 1)
        W = panels(theta.W, M, part.first_vector)
        add_rows_product(C, A, W, streams, vectors, m, t % 2)
    for s in range(part.first, part.last):
        row = (s * (T + 1) + t) * M + start
        d_h, h = d_a[row : row + width], hidden[row + M : row + M + width]
        for i in range(width):
            d_h[i] *= hidden.dtype.type(1) - h[i] * h[i]


@inlined
def gradient_of_panels(gradient, d_out, d_row, hidden, M, first, count, terms):
    """Fill some panels of the gradient of W or V: sums over the terms of d_out[term] h[term]^T.

    `d_row` is the length of a row of d_out; `hidden` begins with h of the first term.
    """
    clear(gradient)
    lanes = lanes_(gradient)
    rows = gradient.size // (count * lanes)
    g, h = Matrix(gradient, 0, lanes, rows * lanes), Matrix(hidden, first * lanes, M, lanes)
    add_product(g, Matrix(d_out, 0, 1, d_row), h, rows, count, terms)


@inlined
def sum_of_rows(rows, columns, length, total):
    """Fill some columns of `total` with their sum over all rows, each of some length."""
    total = total[columns]
    clear(total)
    for row in range(0, rows.size, length):
        here = rows[row + columns.start : row + columns.stop]
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
