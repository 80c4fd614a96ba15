"""The compiled engine: model and AdaGrad once more, many updates a call, the same on every CPU.

The equations are those of `rnn.model`, the reference for what each function here computes. For
speed, rows are padded with zeros to whole vectors, W and V are kept transposed as well, U is kept
transposed alone, and a gradient is applied row by row where it arises. Only those columns of U
whose characters occur in a window are touched: elsewhere the gradient is zero, and AdaGrad changes
nothing.

Nothing here calls BLAS, libm or NumPy's functions, sums have one order (see `rnn.engine.matmul`),
and `fastmath` is off: then IEEE arithmetic leaves one result. Arrays are flat, and loops run over
slices from 0, for which LLVM makes vectors. Compiled code is cached beside the sources.
"""

import math
from typing import NamedTuple

import numpy as np

from rnn.engine import elementary
from rnn.engine.compilation import compiled, inlined
from rnn.engine.matmul import (
    PADDING,
    ROWS,
    add_product,
    add_row_product,
    aligned_zeros,
    padded,
    transpose,
)
from rnn.errors import InputError
from rnn.model import Parameters


class _Padded(NamedTuple):
    """Parameters, or the memory of AdaGrad, in the engine's layout: flat arrays, rows padded."""

    U: np.ndarray  # (K, m): a row a character
    W: np.ndarray  # (m, m)
    V: np.ndarray  # (K, m)
    b: np.ndarray  # (m,)
    c: np.ndarray  # (K,)


def _pad(parameters: Parameters, filling: float) -> _Padded:
    def flat(array: np.ndarray) -> np.ndarray:
        shape = [padded(size) for size in array.shape]
        whole = aligned_zeros(math.prod(shape), array.dtype)
        whole.fill(filling)
        whole.reshape(shape)[tuple(map(slice, array.shape))] = array
        return whole

    return _Padded(*map(flat, parameters._replace(U=parameters.U.T)))


def _unpad(source: _Padded, target: Parameters) -> None:
    m, K = target.hidden_size, target.vocabulary_size
    U, W, V = (array.reshape(-1, padded(m))[:, :m] for array in (source.U, source.W, source.V))
    target.U[:] = U[:K].T
    target.W[:] = W[:m]
    target.V[:] = V[:K]
    target.b[:] = source.b[:m]
    target.c[:] = source.c[:K]


def advance(
    parameters: Parameters,
    memory: Parameters,
    h: np.ndarray,
    indices: np.ndarray,
    sequence_length: int,
    learning_rate: float,
    epsilon: float,
    clip: float,
) -> np.ndarray:
    """Train on n windows of T characters that follow one another: see `rnn.engine.reference`."""
    theta, G = _pad(parameters, 0.0), _pad(memory, 1.0)  # 1: no root of zero in the padding
    number = parameters.b.dtype.type
    losses = _advance(
        theta,
        G,
        parameters.vocabulary_size,
        h,
        _as_places(indices, parameters.vocabulary_size),
        sequence_length,
        number(learning_rate),
        number(epsilon),
        number(clip),
    )
    _unpad(theta, parameters)
    _unpad(G, memory)
    return losses


def gradients(
    parameters: Parameters, h: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[float, Parameters, np.ndarray]:
    """Return loss, gradients before clipping and hidden state after: see `rnn.model.gradients`.

    The passes and products are those that `advance` runs; but for the update, nothing is left out.
    """
    gradient = _pad(Parameters(*(np.zeros_like(array) for array in parameters)), 0.0)
    K = parameters.vocabulary_size
    loss, after = _gradients(
        _pad(parameters, 0.0), gradient, K, h, _as_places(x, K), _as_places(y, K)
    )
    result = Parameters(*(np.empty_like(array) for array in parameters))
    _unpad(gradient, result)
    return loss, result, after


def feed(parameters: Parameters, h: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the hidden state (m,) after the characters x (T,): see `rnn.engine.reference.feed`."""
    return _feed(_pad(parameters, 0.0), h, _as_places(x, parameters.vocabulary_size))


def sample(
    parameters: Parameters, h: np.ndarray, x: int, temperature: float, uniforms: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one character for each of the `uniforms`: see `rnn.engine.reference.sample`."""
    K = parameters.vocabulary_size
    (x,) = _as_places(np.array([x]), K)
    return _sample(_pad(parameters, 0.0), K, h, int(x), float(temperature), uniforms)


def _as_places(indices: np.ndarray, vocabulary_size: int) -> np.ndarray:
    """Return indices of one type, so that the code is compiled once, after a look at each.

    Compiled code would read and write outside its arrays at any other.
    """
    places = np.ascontiguousarray(indices, np.intp)
    if places.size and not 0 <= places.min() <= places.max() < vocabulary_size:
        raise InputError(
            f"the indices run from {places.min()} to {places.max()}, but the network knows "
            f"{vocabulary_size} characters; make both from the same book"
        )
    return places


@compiled
def _advance(theta, G, K, h, indices, T, learning_rate, epsilon, clip):
    m = h.size
    M, L = padded_(m), padded_(K)
    W_T, V_T = zeros_(M * M, h.dtype), zeros_(M * L, h.dtype)
    hidden, d_a = zeros_((T + 1) * M, h.dtype), zeros_(T * M, h.dtype)
    d_o, block = zeros_(T * L, h.dtype), zeros_(ROWS * M, h.dtype)
    d_U = zeros_(min(T, K) * M, h.dtype)
    d_b, d_c = zeros_(M, h.dtype), zeros_(L, h.dtype)
    slots, occurring = np.full(K, -1, np.int64), np.empty(min(T, K), np.int64)
    losses = np.empty((indices.size - 1) // T)
    transpose(theta.W, M, W_T, M, M, M)
    transpose(theta.V, M, V_T, L, L, M)
    _copy(h, hidden[T * M : T * M + m])
    for update in range(losses.size):
        x = indices[update * T : update * T + T]
        y = indices[update * T + 1 : update * T + T + 1]
        _copy(hidden[T * M : (T + 1) * M], hidden[:M])
        losses[update] = _forward_and_backward(theta, W_T, V_T, x, y, hidden, d_o, d_a, m, K)

        count = _gradient_of_U(d_a, x, d_U, slots, occurring, M)
        for slot in range(count):
            row, column = slot * M, occurring[slot] * M
            U, G_U = theta.U[column : column + M], G.U[column : column + M]
            _learn(U, G_U, d_U[row : row + M], learning_rate, epsilon, clip)
        for row in range(0, m, ROWS):
            rows = min(ROWS, m - row)
            _gradient_of_rows(block, d_a, row, rows, M, hidden, 0, M, T)
            start, end = row * M, (row + rows) * M
            _learn(theta.W[start:end], G.W[start:end], block, learning_rate, epsilon, clip)
        for row in range(0, K, ROWS):
            rows = min(ROWS, K - row)
            _gradient_of_rows(block, d_o, row, rows, L, hidden, M, M, T)
            start, end = row * M, (row + rows) * M
            _learn(theta.V[start:end], G.V[start:end], block, learning_rate, epsilon, clip)
        _sum_of_rows(d_a, d_b, T)
        _learn(theta.b, G.b, d_b, learning_rate, epsilon, clip)
        _sum_of_rows(d_o, d_c, T)
        _learn(theta.c, G.c, d_c, learning_rate, epsilon, clip)
        transpose(theta.W, M, W_T, M, M, M)
        transpose(theta.V, M, V_T, L, L, M)
    _copy(hidden[T * M : T * M + m], h)
    return losses


@compiled
def _gradients(theta, gradient, K, h, x, y):
    m, T = h.size, x.size
    M, L = padded_(m), padded_(K)
    W_T, V_T = zeros_(M * M, h.dtype), zeros_(M * L, h.dtype)
    hidden, d_a, d_o = (
        zeros_((T + 1) * M, h.dtype),
        zeros_(T * M, h.dtype),
        zeros_(T * L, h.dtype),
    )
    d_U = zeros_(min(T, K) * M, h.dtype)
    slots, occurring = np.full(K, -1, np.int64), np.empty(min(T, K), np.int64)
    transpose(theta.W, M, W_T, M, M, M)
    transpose(theta.V, M, V_T, L, L, M)
    _copy(h, hidden[:m])
    loss = _forward_and_backward(theta, W_T, V_T, x, y, hidden, d_o, d_a, m, K)

    count = _gradient_of_U(d_a, x, d_U, slots, occurring, M)
    for slot in range(count):
        start = occurring[slot] * M
        _copy(d_U[slot * M : (slot + 1) * M], gradient.U[start : start + M])
    _gradient_of_rows(gradient.W, d_a, 0, m, M, hidden, 0, M, T)
    _gradient_of_rows(gradient.V, d_o, 0, K, L, hidden, M, M, T)
    _sum_of_rows(d_a, gradient.b, T)
    _sum_of_rows(d_o, gradient.c, T)
    return loss, hidden[T * M : T * M + m].copy()


@compiled
def _feed(theta, h, x):
    m = h.size
    M, T = padded_(m), x.size
    W_T, hidden = zeros_(M * M, h.dtype), zeros_((T + 1) * M, h.dtype)
    transpose(theta.W, M, W_T, M, M, M)
    _copy(h, hidden[:m])
    _hidden_states(theta, W_T, x, hidden, m)
    return hidden[T * M : T * M + m].copy()


@compiled
def _sample(theta, K, h, x, temperature, uniforms):
    m = h.size
    M, L = padded_(m), padded_(K)
    W_T, V_T = zeros_(M * M, h.dtype), zeros_(M * L, h.dtype)
    hidden, o, p = zeros_(2 * M, h.dtype), zeros_(L, h.dtype), np.zeros(K)
    indices, probabilities = np.empty(uniforms.size, np.int64), np.empty(uniforms.size)
    transpose(theta.W, M, W_T, M, M, M)
    transpose(theta.V, M, V_T, L, L, M)
    read = np.array([x])
    _copy(h, hidden[M : M + m])
    for i in range(uniforms.size):
        _copy(hidden[M : 2 * M], hidden[:M])
        _hidden_states(theta, W_T, read, hidden, m)
        _logits(theta, V_T, hidden, o, 1, m, L)
        likeliest = 0
        for k in range(K):
            if o[k] > o[likeliest]:
                likeliest = k
        drawn, probability = likeliest, 1.0
        if temperature > 0:
            total = 0.0
            for k in range(K):
                p[k] = elementary.exp((np.float64(o[k]) - np.float64(o[likeliest])) / temperature)
                total += p[k]
            target, below = uniforms[i] * total, 0.0
            for k in range(K):
                if p[k] > 0:
                    drawn = k  # the last possible one, should rounding leave the target above all
                    below += p[k]
                    if below > target:
                        break
            probability = p[drawn] / total
        indices[i], probabilities[i] = drawn, probability
        read[0] = drawn
    return indices, probabilities


@inlined
def _forward_and_backward(theta, W_T, V_T, x, y, hidden, d_o, d_a, m, K):
    """Fill hidden states, d loss / d o and d loss / d a for a window, and return its loss."""
    T, M, L = x.size, padded_(m), padded_(K)
    _hidden_states(theta, W_T, x, hidden, m)
    _logits(theta, V_T, hidden, d_o, T, m, L)
    loss = _softmax_less_target(d_o, y, K, L)

    _clear(d_a)
    add_product(d_a, 0, M, d_o, 0, L, 1, theta.V, 0, M, T, M, K)
    for t in range(T - 1, -1, -1):
        if t < T - 1:
            add_row_product(d_a, t * M, d_a, (t + 1) * M, 1, theta.W, 0, M, M, m, t % 2)
        here, h = d_a[t * M : (t + 1) * M], hidden[(t + 1) * M : (t + 2) * M]
        for i in range(M):
            here[i] *= hidden.dtype.type(1) - h[i] * h[i]
    return loss


@inlined
def _hidden_states(theta, W_T, x, hidden, m):
    """Fill hidden states 1 to T from the first."""
    M = padded_(m)
    for t in range(x.size):
        column, here = x[t] * M, hidden[(t + 1) * M : (t + 2) * M]
        U_x = theta.U[column : column + M]
        for i in range(M):
            here[i] = U_x[i] + theta.b[i]
        add_row_product(hidden, (t + 1) * M, hidden, t * M, 1, W_T, 0, M, M, m, t % 2)
        for i in range(M):
            here[i] = elementary.tanh(here[i])


@inlined
def _logits(theta, V_T, hidden, o, T, m, L):
    """Fill o (T, K) from the hidden states 1 to T."""
    M = padded_(m)
    for t in range(T):
        _copy(theta.c, o[t * L : (t + 1) * L])
    add_product(o, 0, L, hidden, M, M, 1, V_T, 0, L, T, L, m)


@inlined
def _softmax_less_target(o, y, K, L):
    """Turn the logits into p_t - y_t in place, and return the loss."""
    loss = 0.0
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
def _gradient_of_U(d_a, x, d_U, slots, occurring, M):
    """Sum d loss / d a over each character that occurs; return how many do."""
    count = 0
    for t in range(x.size):
        slot = slots[x[t]]
        if slot < 0:
            slots[x[t]], occurring[count] = count, x[t]
            _copy(d_a[t * M : (t + 1) * M], d_U[count * M : (count + 1) * M])
            count += 1
        else:
            total, here = d_U[slot * M : (slot + 1) * M], d_a[t * M : (t + 1) * M]
            for i in range(M):
                total[i] += here[i]
    for slot in range(count):
        slots[occurring[slot]] = -1
    return count


@inlined
def _gradient_of_rows(gradient, d_out, row, rows, d_row, hidden, start, M, T):
    """Fill `rows` rows of the gradient of W or V: sums over t of d_out[t, row] h[t]."""
    _clear(gradient[: rows * M])
    add_product(gradient, 0, M, d_out, row, 1, d_row, hidden, start, M, rows, M, T)


@inlined
def _sum_of_rows(rows, total, count):
    """Fill `total` with the sum of as many rows of its length."""
    _clear(total)
    for row in range(count):
        here = rows[row * total.size : (row + 1) * total.size]
        for i in range(total.size):
            total[i] += here[i]


# Loops, since Numba takes half a second to compile each assignment to a slice.
@inlined
def _copy(source, target):
    for i in range(target.size):
        target[i] = source[i]


@inlined
def _clear(target):
    for i in range(target.size):
        target[i] = 0


@inlined
def _learn(theta, G, gradient, learning_rate, epsilon, clip):
    """Make AdaGrad's update of some numbers: see `rnn.optimizers.adagrad`."""
    for i in range(theta.size):
        g = gradient[i]
        g = clip if g > clip else g
        g = -clip if g < -clip else g
        total = G[i] + g * g
        G[i] = total
        theta[i] -= g * learning_rate / math.sqrt(total + epsilon)


padded_, zeros_ = inlined(padded), inlined(aligned_zeros)
