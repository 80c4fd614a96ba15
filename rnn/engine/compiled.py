"""The compiled engine: many updates a call, the same on every CPU; see `rnn.engine.Engine`.

The equations are those of `rnn.model`, the reference for what each function here computes. For
speed, a gradient is applied row by row where it arises, and where the optimiser allows it, only
those columns of U are touched whose characters occur in a window.

Nothing here calls BLAS, libm or NumPy's functions, sums have one order (see `rnn.engine.matmul`),
and `fastmath` is off: then IEEE arithmetic leaves one result. Arrays are flat, and loops run over
slices from 0, for which LLVM makes vectors. Compiled code is cached beside the sources.
"""

import math

import numpy as np

from rnn.engine import elementary, passes
from rnn.engine.compilation import compiled, inlined
from rnn.engine.draw import Draw
from rnn.engine.learner import Learner
from rnn.engine.learning import learn, zero_gradient_is_no_step
from rnn.engine.likeliest import keep_likeliest
from rnn.engine.matmul import ROWS, aligned_zeros, padded
from rnn.engine.passes import Padded, padded_, zeros_
from rnn.errors import Mismatched
from rnn.model import Parameters
from rnn.optimizers import Optimizer


def train(
    learner: Learner, windows: np.ndarray, optimizer: Optimizer, rates: np.ndarray, clip: float
) -> np.ndarray:
    """Make an update a window, and return the losses."""
    parameters, slots, hidden = learner
    theta, remembered = _pad(parameters), [_pad(slot) for slot in slots]
    number, K = hidden.dtype.type, parameters.vocabulary_size
    losses = _train(
        theta,
        Padded(*(tuple(slot[i] for slot in remembered) for i in range(len(theta)))),
        K,
        hidden,
        _as_places(windows, K),
        type(optimizer)(*map(number, optimizer)),
        rates.astype(number),
        number(clip),
    )
    for array, source in zip((parameters, *slots), (theta, *remembered), strict=True):
        _unpad(source, array)
    return losses


def losses(parameters: Parameters, hidden: np.ndarray, windows: np.ndarray) -> np.ndarray:
    """Return the loss of each window, and learn nothing."""
    K = parameters.vocabulary_size
    return _losses(_pad(parameters), K, hidden, _as_places(windows, K))


def sample(
    parameters: Parameters,
    hidden: np.ndarray,
    read: np.ndarray,
    draw: Draw,
    uniforms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Read some characters, then draw others."""
    K = parameters.vocabulary_size
    limits = (
        float(draw.temperature),
        K if draw.top_k is None else min(draw.top_k, K),
        float(draw.top_p),
    )
    return _sample(_pad(parameters), K, hidden, _as_places(read, K), Draw(*limits), uniforms)


def _pad(parameters: Parameters) -> Padded:
    def flat(array: np.ndarray) -> np.ndarray:
        shape = [padded(size) for size in array.shape]
        whole = aligned_zeros(math.prod(shape), array.dtype)
        whole.reshape(shape)[tuple(map(slice, array.shape))] = array
        return whole

    return Padded(*map(flat, parameters._replace(U=parameters.U.T)))


def _unpad(source: Padded, target: Parameters) -> None:
    m, K = target.hidden_size, target.vocabulary_size
    U, W, V = (array.reshape(-1, padded(m))[:, :m] for array in (source.U, source.W, source.V))
    target.U[:] = U[:K].T
    target.W[:] = W[:m]
    target.V[:] = V[:K]
    target.b[:] = source.b[:m]
    target.c[:] = source.c[:K]


def _as_places(indices: np.ndarray, vocabulary_size: int) -> np.ndarray:
    """Return indices of one type, so that the code is compiled once, after a look at each.

    Compiled code would read and write outside its arrays at any other.
    """
    places = np.ascontiguousarray(indices, np.intp)
    if places.size and not 0 <= places.min() <= places.max() < vocabulary_size:
        raise Mismatched(
            f"the indices run from {places.min()} to {places.max()}, but the network knows "
            f"{vocabulary_size} characters"
        )
    return places


@compiled
def _train(theta, slots, K, h, windows, optimizer, rates, clip):
    m, T = h.size, windows.shape[1] - 1
    M, L = padded_(m), padded_(K)
    window = passes.empty_window(m, K, T, h.dtype)
    hidden, block = window.hidden, zeros_(ROWS * M, h.dtype)
    d_b, d_c = zeros_(M, h.dtype), zeros_(L, h.dtype)
    occurring = min(T, K)
    d_U = zeros_((occurring + 1) * M, h.dtype)  # the last row stays zero
    row_of, characters = np.full(K, occurring, np.int64), np.empty(occurring, np.int64)
    losses = np.empty(rates.shape[0])
    passes.transpose_weights(theta, window, m, K)
    passes.copy(h, hidden[T * M : T * M + m])
    for update in range(losses.size):
        x, y = windows[update, :T], windows[update, 1:]
        rate_U, rate_W, rate_V, rate_b, rate_c = rates[update]
        passes.copy(hidden[T * M : (T + 1) * M], hidden[:M])
        losses[update] = passes.forward(theta, window, x, y, m, K)
        passes.backward(theta, window, T, m, K)

        count = _gradient_of_U(window.d_a, x, d_U, row_of, characters, M)
        for each in range(count if zero_gradient_is_no_step(optimizer) else K):
            character = characters[each] if zero_gradient_is_no_step(optimizer) else each
            start, row = character * M, row_of[character] * M
            learn(optimizer, theta.U, slots.U, start, start + M, d_U[row : row + M], rate_U, clip)
        for each in range(count):
            row_of[characters[each]] = occurring
        for row in range(0, m, ROWS):
            rows, start = min(ROWS, m - row), row * M
            passes.gradient_of_rows(block, window.d_a, row, rows, M, hidden, m, T)
            learn(optimizer, theta.W, slots.W, start, start + rows * M, block, rate_W, clip)
        for row in range(0, K, ROWS):
            rows, start = min(ROWS, K - row), row * M
            passes.gradient_of_rows(block, window.d_o, row, rows, L, hidden[M:], m, T)
            learn(optimizer, theta.V, slots.V, start, start + rows * M, block, rate_V, clip)
        passes.sum_of_rows(window.d_a, d_b, T)
        learn(optimizer, theta.b, slots.b, 0, M, d_b, rate_b, clip)
        passes.sum_of_rows(window.d_o, d_c, T)
        learn(optimizer, theta.c, slots.c, 0, L, d_c, rate_c, clip)
        passes.transpose_weights(theta, window, m, K)
    passes.copy(hidden[T * M : T * M + m], h)
    return losses


@compiled
def _losses(theta, K, h, windows):
    m, T = h.size, windows.shape[1] - 1
    M = padded_(m)
    window = passes.empty_window(m, K, T, h.dtype)
    losses = np.empty(windows.shape[0])
    passes.transpose_weights(theta, window, m, K)
    passes.copy(h, window.hidden[T * M : T * M + m])
    for index in range(losses.size):
        passes.copy(window.hidden[T * M : (T + 1) * M], window.hidden[:M])
        losses[index] = passes.forward(theta, window, windows[index, :T], windows[index, 1:], m, K)
    passes.copy(window.hidden[T * M : T * M + m], h)
    return losses


@compiled
def _sample(theta, K, h, read, draw, uniforms):
    m = h.size
    M = padded_(m)
    window = passes.empty_window(m, K, 1, h.dtype)
    p, heap = np.zeros(K), np.empty(K, np.int64)
    indices, probabilities = np.empty(uniforms.size, np.int64), np.empty(uniforms.size)
    passes.transpose_weights(theta, window, m, K)
    passes.copy(h, window.hidden[M : M + m])
    x = np.empty(1, np.intp)
    for i in range(1 - read.size, uniforms.size):
        x[0] = read[i + read.size - 1] if i <= 0 else indices[i - 1]
        passes.copy(window.hidden[M : 2 * M], window.hidden[:M])
        passes.hidden_states(theta, window, x, m)
        if i >= 0:
            passes.logits(theta, window, 1, m, K)
            indices[i], probabilities[i] = _drawn(window.d_o, p, heap, draw, uniforms[i])
    return indices, probabilities


@inlined
def _drawn(o, p, heap, draw, uniform):
    """Return a character and the probability that it was drawn with.

    `p` and `heap`, (K,), are overwritten.
    """
    likeliest = 0
    for k in range(p.size):
        if o[k] > o[likeliest]:
            likeliest = k
    if draw.temperature == 0:
        return likeliest, 1.0
    total = 0.0
    for k in range(p.size):
        p[k] = elementary.exp((np.float64(o[k]) - np.float64(o[likeliest])) / draw.temperature)
        total += p[k]
    if draw.top_k < p.size:
        total = keep_likeliest(p, heap, draw.top_k, math.inf)
    if draw.top_p < 1:
        total = keep_likeliest(p, heap, p.size, draw.top_p * total)
    drawn, target, below = likeliest, uniform * total, 0.0
    for k in range(p.size):
        if p[k] > 0:
            drawn = k  # the last possible one, should rounding leave the target above all
            below += p[k]
            if below > target:
                break
    return drawn, p[drawn] / total


@inlined
def _gradient_of_U(d_a, x, d_U, row_of, characters, M):
    """Sum d loss / d a over each character that occurs; return how many do.

    Each has a row of d_U, the last of which is that of the others.
    """
    count, none = 0, characters.size
    for t in range(x.size):
        here = d_a[t * M : (t + 1) * M]
        row = row_of[x[t]]
        if row == none:
            row_of[x[t]], characters[count] = count, x[t]
            passes.copy(here, d_U[count * M : (count + 1) * M])
            count += 1
        else:
            total = d_U[row * M : (row + 1) * M]
            for i in range(M):
                total[i] += here[i]
    return count
