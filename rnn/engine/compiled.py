"""The compiled engine: many updates a call, the same on every CPU; see `rnn.engine.Engine`.

The equations are those of `rnn.model`, the reference for what each function here computes. For
speed, a gradient is applied panel by panel where it arises, and where the optimiser allows it, only
those columns of U are touched whose characters occur in a window.

Nothing here calls BLAS, libm or NumPy's functions, sums have one order (see `rnn.engine.matmul`),
and `fastmath` is off: then IEEE arithmetic leaves one result. Arrays are flat, and loops run over
slices from 0, for which LLVM makes vectors. Compiled code is cached beside the sources.
"""

import math
from typing import NamedTuple

import numpy as np

from rnn.engine import elementary, passes, team
from rnn.engine.compilation import compiled, inlined
from rnn.engine.draw import Draw
from rnn.engine.learner import Learner
from rnn.engine.learning import learn, zero_gradient_is_no_step
from rnn.engine.likeliest import keep_likeliest
from rnn.engine.matmul import ROWS, VECTOR_BYTES, aligned_zeros, lanes, padded
from rnn.engine.passes import Padded, Part, Room, lanes_, padded_, vectors_, zeros_
from rnn.engine.team import finish, meet, part, shares_units, take
from rnn.errors import Mismatched
from rnn.model import Parameters
from rnn.optimizers import Optimizer

_PANELS = 8  # so many of a gradient at a time: what they are summed from passes by once for all


def train(
    learner: Learner, windows: np.ndarray, optimizer: Optimizer, rates: np.ndarray, clip: float
) -> np.ndarray:
    """Make an update a window of each stream, and return the losses."""
    parameters, slots, hidden = learner
    theta, remembered = _pad(parameters), [_pad(slot) for slot in slots]
    number, (B, m), K = hidden.dtype.type, hidden.shape, parameters.vocabulary_size
    losses, T = np.empty(len(windows)), windows.shape[2] - 1
    room = _room(theta, hidden, K, T)
    arguments = (
        theta,
        Padded(*(tuple(slot[i] for slot in remembered) for i in range(len(theta)))),
        m,
        K,
        _as_places(windows, K),
        type(optimizer)(*map(number, optimizer)),
        rates.astype(number),
        number(clip),
        room,
        losses,
    )
    size = min(team.allowed(), team.helpful(B, m, K, T))
    team.together(size, lambda member: _train(*arguments, member))
    for array, source in zip((parameters, *slots), (theta, *remembered), strict=True):
        _unpad(source, array)
    hidden[:] = room.states_after(B, T, m)
    return losses


def foretell(
    parameters: Parameters, hidden: np.ndarray, windows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each window and the states between them, and learn nothing."""
    K, T = parameters.vocabulary_size, windows.shape[1] - 1
    states = np.empty((len(windows) + 1, hidden.size), hidden.dtype)
    states[0] = hidden
    theta = _pad(parameters)
    room = _room(theta, hidden[None], K, T)
    return _foretell(theta, K, _as_places(windows, K), room, states), states


def sample(
    parameters: Parameters,
    hidden: np.ndarray,
    read: np.ndarray,
    draw: Draw,
    uniforms: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Read some characters, then draw others."""
    K = parameters.vocabulary_size
    limits = Draw(
        float(draw.temperature),
        K if draw.top_k is None else min(draw.top_k, K),
        float(draw.top_p),
    )
    theta = _pad(parameters)
    room = _room(theta, hidden[None], K, 1)
    return _sample(theta, hidden.size, K, _as_places(read, K), limits, uniforms, room)


def _room(theta: Padded, hidden: np.ndarray, K: int, T: int) -> Room:
    room = Room.of(hidden, K, T)
    _transpose(theta, room, hidden.shape[1], K)
    return room


def _pad(parameters: Parameters) -> Padded:
    U, W, V, b, c = parameters
    return Padded(_flat(U.T), _panels(W), _panels(V), _flat(b), _flat(c))


def _unpad(source: Padded, target: Parameters) -> None:
    m, K = target.hidden_size, target.vocabulary_size
    target.U[:] = source.U.reshape(-1, padded(m))[:K, :m].T
    target.W[:] = _rows(source.W, m)[:m, :m]
    target.V[:] = _rows(source.V, K)[:K, :m]
    target.b[:] = source.b[:m]
    target.c[:] = source.c[:K]


def _flat(array: np.ndarray) -> np.ndarray:
    shape = [padded(size) for size in array.shape]
    whole = aligned_zeros(math.prod(shape), array.dtype)
    whole.reshape(shape)[tuple(map(slice, array.shape))] = array
    return whole


def _panels(array: np.ndarray) -> np.ndarray:
    rows = _vectors(_flat(array), padded(len(array)), -1)
    panels = aligned_zeros(rows.size * lanes(array), array.dtype)
    _vectors(panels, *rows.T.shape)[:] = rows.T
    return panels


def _rows(panels: np.ndarray, rows: int) -> np.ndarray:
    by_row = np.ascontiguousarray(_vectors(panels, -1, padded(rows)).T)
    return by_row.view(panels.dtype)


def _vectors(array: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Return a view of a flat array by its vectors, which NumPy moves faster than their numbers."""
    return array.view(f"V{VECTOR_BYTES}").reshape(rows, columns)


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
def _transpose(theta, room, m, K):
    """Fill the transposes of W and V."""
    for panel in range(vectors_(m, room.hidden)):
        passes.transpose_panel(theta.W, room.W_T, m, m, panel)
        passes.transpose_panel(theta.V, room.V_T, K, m, panel)


@compiled
def _train(theta, slots, m, K, windows, optimizer, rates, clip, room, losses, team):
    B, T = windows.shape[1], windows.shape[2] - 1
    scratch = _scratch(m, K, B * T, room.hidden)
    phase = np.intp(0)  # Numba compiles anew for the literal 0
    for update in range(losses.size):
        phase = _passes(theta, room, windows[update], m, K, team, phase) + 1
        for turn in range(team.size):
            share = take(team, phase, turn)
            if share >= 0:
                if share == 0:
                    losses[update] = passes.mean_loss(room.losses, B)
                how = (optimizer, rates[update], clip, scratch, share, team.size)
                _learn(theta, slots, room, windows[update], m, K, *how)
                finish(team)
        meet(team, phase)


@inlined
def _passes(theta, room, window, m, K, team, phase):
    """Make the passes forward and backward, from the phase before on; return their last phase.

    Each share of the streams is computed from the first step to the last. Where the units of all
    streams are shared out instead, each step is a phase.
    """
    (B, length), vectors = window.shape, vectors_(m, room.hidden)
    T, by_units = length - 1, shares_units(team, B, m)
    steps = 2 * T + 2
    steps_of_phase = 1 if by_units else steps
    for first_step in range(0, steps, steps_of_phase):
        phase += 1
        for turn in range(team.size):
            share = take(team, phase, turn)
            if share >= 0:
                if by_units:
                    first_row, last_row = part(B * length - 1, share, team.size)
                    mine = Part(0, B, *part(vectors, share, team.size))
                else:
                    first, last = part(B, share, team.size)
                    # But for the very last row: of no character, as the last of each stream is.
                    first_row, last_row = first * length, min(last * length, B * length - 1)
                    mine = Part(first, last, 0, vectors)
                for step in range(first_step, first_step + steps_of_phase):
                    if step == 0:
                        passes.carry_on(room, T, m, mine)
                    elif step <= T:
                        passes.hidden_state(theta, room, window, step - 1, T, m, mine)
                    elif step == T + 1:
                        _outputs(theta, room, window, m, K, first_row, last_row)
                    else:
                        passes.backward(theta, room, steps - 1 - step, T, m, mine)
                finish(team)
        meet(team, phase)
    return phase


@inlined
def _outputs(theta, room, window, m, K, first, last):
    """Compute some rows of the logits, of their losses, and of what these say of the states.

    By so many rows at a time as stay in the CPU's second cache meanwhile.
    """
    for start in range(first, last, ROWS):
        end = min(start + ROWS, last)
        passes.logits(theta, room, m, K, start, end)
        passes.softmax_less_target(room, window, K, start, end)
        passes.by_way_of_outputs(theta, room, m, K, start, end)


class _Scratch(NamedTuple):
    """What a thread needs while it learns."""

    d_U: np.ndarray  # a row for each character that occurs; the last row stays zero
    panels: np.ndarray  # some of the gradient of W or V
    d_b: np.ndarray
    d_c: np.ndarray
    row_of: np.ndarray  # (K,) the row of d_U of each character: the last, where it does not occur
    characters: np.ndarray  # the characters that occur


@inlined
def _scratch(m, K, characters, like):
    occurring, M, dtype = min(characters, K), padded_(m), like.dtype
    return _Scratch(
        zeros_((occurring + 1) * M, dtype),
        zeros_(_PANELS * max(m, K) * lanes_(like), dtype),
        zeros_(M, dtype),
        zeros_(padded_(K), dtype),
        np.full(K, occurring, np.int64),
        np.empty(occurring, np.int64),
    )


@inlined
def _learn(theta, slots, room, window, m, K, optimizer, rates, clip, scratch, share, shares):
    """Make the steps of a share of the parameters, each part as its gradient arises."""
    M, L, lanes, terms = padded_(m), padded_(K), lanes_(room.hidden), window.size - 1
    rate_U, rate_W, rate_V, rate_b, rate_c = rates
    first, last = part(vectors_(m, room.hidden), share, shares)
    units = slice(first * lanes, last * lanes)
    _learn_U(theta, slots, room.d_a, window, M, optimizer, rate_U, clip, scratch, units)

    step = optimizer, clip, scratch.panels
    panels = theta.W, slots.W, room.W_T, rate_W
    _learn_panels(panels, m, M, room.d_a, room.hidden, m, terms, step, first, last)
    # Of an odd number of panels, who has one more of W has one less of V.
    first, last = part(vectors_(m, room.hidden), shares - 1 - share, shares)
    panels = theta.V, slots.V, room.V_T, rate_V
    _learn_panels(panels, K, L, room.d_o, room.hidden[M:], m, terms, step, first, last)

    d_b, d_c = scratch.d_b, scratch.d_c
    passes.sum_of_rows(room.d_a, units, M, d_b)
    learn(optimizer, theta.b, slots.b, units.start, units.stop, d_b[units], rate_b, clip)
    first, last = part(vectors_(K, room.hidden), share, shares)
    outputs = slice(first * lanes, last * lanes)
    passes.sum_of_rows(room.d_o, outputs, L, d_c)
    learn(optimizer, theta.c, slots.c, outputs.start, outputs.stop, d_c[outputs], rate_c, clip)


@inlined
def _learn_panels(panels, rows, d_row, d_out, h, m, terms, step, first, last):
    """Make the steps of some panels of W or V, by a few whose gradients the CPU's caches hold."""
    array, slots, transposed, rate = panels
    optimizer, clip, gradients = step
    lanes = lanes_(h)
    size = rows * lanes
    for few in range(first, last, _PANELS):
        count = min(_PANELS, last - few)
        of_few = gradients[: count * size]
        passes.gradient_of_panels(of_few, d_out, d_row, h, padded_(m), few, count, terms)
        for index in range(count):
            panel, g = few + index, of_few[index * size : (index + 1) * size]
            start = panel * d_row * lanes
            learn(optimizer, array, slots, start, start + size, g, rate, clip)
            passes.transpose_panel(array, transposed, rows, m, panel)


@inlined
def _learn_U(theta, slots, d_a, window, M, optimizer, rate, clip, scratch, units):
    """Make the steps of some units of U, of those columns alone that the rule moves."""
    row_of, characters, none = scratch.row_of, scratch.characters, scratch.characters.size
    count = _gradient_of_U(d_a, window, scratch.d_U, row_of, characters, M, units)
    for each in range(count if zero_gradient_is_no_step(optimizer) else row_of.size):
        character = characters[each] if zero_gradient_is_no_step(optimizer) else each
        row, g = character * M, row_of[character] * M
        start, end = row + units.start, row + units.stop
        g_of_units = scratch.d_U[g + units.start : g + units.stop]
        learn(optimizer, theta.U, slots.U, start, end, g_of_units, rate, clip)
    for each in range(count):
        row_of[characters[each]] = none


@compiled
def _foretell(theta, K, windows, room, states):
    m, T, losses = states.shape[1], windows.shape[1] - 1, np.empty(windows.shape[0])
    M, one = padded_(m), Part(0, 1, 0, vectors_(m, room.hidden))
    for index in range(losses.size):
        window = windows[index : index + 1]
        passes.carry_on(room, T, m, one)
        for t in range(T):
            passes.hidden_state(theta, room, window, t, T, m, one)
        passes.logits(theta, room, m, K, 0, T)
        passes.softmax_less_target(room, window, K, 0, T)
        losses[index] = passes.mean_loss(room.losses, 1)
        passes.copy(room.hidden[T * M :], states[index + 1])
    return losses


@compiled
def _sample(theta, m, K, read, draw, uniforms, room):
    p, heap = np.zeros(K), np.empty(K, np.int64)
    indices, probabilities = np.empty(uniforms.size, np.int64), np.empty(uniforms.size)
    x, one = np.empty((1, 1), np.intp), Part(0, 1, 0, vectors_(m, room.hidden))
    for i in range(1 - read.size, uniforms.size):
        x[0, 0] = read[i + read.size - 1] if i <= 0 else indices[i - 1]
        passes.carry_on(room, 1, m, one)
        passes.hidden_state(theta, room, x, 0, 1, m, one)
        if i >= 0:
            passes.logits(theta, room, m, K, 0, 1)
            indices[i], probabilities[i] = _drawn(room.d_o, p, heap, draw, uniforms[i])
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
def _gradient_of_U(d_a, x, d_U, row_of, characters, M, units):
    """Sum d loss / d a of some units over each character that occurs; return how many do.

    Each has a row of d_U, the last of which is that of the others. x is (B, T + 1), of which the
    last is not read.
    """
    count, none = 0, characters.size
    B, length = x.shape
    for s in range(B):
        for t in range(length - 1):
            start = (s * length + t) * M
            here = d_a[start + units.start : start + units.stop]
            row = row_of[x[s, t]]
            if row == none:
                row_of[x[s, t]], characters[count] = count, x[s, t]
                passes.copy(here, d_U[count * M + units.start : count * M + units.stop])
                count += 1
            else:
                total = d_U[row * M + units.start : row * M + units.stop]
                for i in range(total.size):
                    total[i] += here[i]
    return count
