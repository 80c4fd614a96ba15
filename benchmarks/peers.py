"""The same training in other people's tools, each in its best form.

A peer is a function that makes the updates of all windows once more and returns their losses; what
prepares one takes parameters, indices and T. What they compute is held against our engine by
benchmarks/speed.py before anything is timed.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from rnn.model import Parameters

LEARNING_RATE, EPSILON, CLIP = 0.01, 1e-8, 5.0
INITIAL_ACCUMULATOR = 10.0  # of AdaGrad
# Adam steps by the full rate however small a gradient is, even where it is hardly more than
# rounding. The rate is low, so that wide networks of float32 stay together while compared.
ADAM_LEARNING_RATE, BETA1, BETA2 = 0.0001, 0.9, 0.999

Peer = Callable[[], np.ndarray]
Prepare = Callable[[Parameters, np.ndarray, int], Peer]


class Rule(NamedTuple):
    """An optimiser in the words that PyTorch and JAX share."""

    start: tuple[float, ...]  # what each slot starts at
    rates: Callable[[int], np.ndarray]  # n -> the rates of the first n updates, (n,)
    step: Callable[..., tuple]  # theta, slots, g, rate, sqrt -> theta, slots
    pytorch: Callable[[list], Any]  # what is learnt -> PyTorch's own optimiser


def _adagrad_step(theta: Any, slots: tuple, g: Any, rate: Any, sqrt: Callable) -> tuple:
    (G,) = slots
    G = G + g * g
    return theta - rate * g / sqrt(G + EPSILON), (G,)


def _adagrad_of_pytorch(learnt: list) -> Any:
    import torch

    return torch.optim.Adagrad(
        learnt, lr=LEARNING_RATE, initial_accumulator_value=INITIAL_ACCUMULATOR,
        eps=EPSILON, fused=True,
    )  # fmt: skip


def _adam_step(theta: Any, slots: tuple, g: Any, rate: Any, sqrt: Callable) -> tuple:
    mean, square = slots
    mean = BETA1 * mean + (1 - BETA1) * g
    square = BETA2 * square + (1 - BETA2) * g * g
    return theta - rate * mean / (sqrt(square) + EPSILON), (mean, square)


def _adam_rates(n: int) -> np.ndarray:
    t = np.arange(1, n + 1)
    return ADAM_LEARNING_RATE * np.sqrt(1 - BETA2**t) / (1 - BETA1**t)


def _adam_of_pytorch(learnt: list) -> Any:
    import torch

    return torch.optim.Adam(
        learnt, lr=ADAM_LEARNING_RATE, betas=(BETA1, BETA2), eps=EPSILON, fused=True
    )


ADAGRAD = Rule(
    (INITIAL_ACCUMULATOR,), lambda n: np.full(n, LEARNING_RATE), _adagrad_step, _adagrad_of_pytorch
)
ADAM = Rule((0.0, 0.0), _adam_rates, _adam_step, _adam_of_pytorch)


def classic(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """The formulation that tutorials teach: one character at a time, one-hot, in NumPy, AdaGrad."""
    U, W, V, b, c = (array.copy() for array in parameters)
    K, m = parameters.vocabulary_size, parameters.hidden_size
    dtype = b.dtype
    memory = [np.full_like(array, INITIAL_ACCUMULATOR) for array in (U, W, V, b, c)]
    state = np.zeros(m, dtype)

    def window(x: np.ndarray, y: np.ndarray, h: np.ndarray) -> tuple[float, list, np.ndarray]:
        inputs, hidden, p, loss = {}, {-1: h}, {}, 0.0
        for t in range(T):
            inputs[t] = np.zeros(K, dtype)
            inputs[t][x[t]] = 1
            hidden[t] = np.tanh(U @ inputs[t] + W @ hidden[t - 1] + b)
            o = V @ hidden[t] + c
            e = np.exp(o - o.max())
            p[t] = e / e.sum()
            loss -= np.log(p[t][y[t]])
        d_U, d_W, d_V, d_b, d_c = (np.zeros_like(array) for array in (U, W, V, b, c))
        through_time = np.zeros_like(h)
        for t in reversed(range(T)):
            d_o = p[t].copy()
            d_o[y[t]] -= 1
            d_V += np.outer(d_o, hidden[t])
            d_c += d_o
            d_a = (V.T @ d_o + through_time) * (1 - hidden[t] ** 2)
            d_b += d_a
            d_U += np.outer(d_a, inputs[t])
            d_W += np.outer(d_a, hidden[t - 1])
            through_time = W.T @ d_a
        return loss, [d_U, d_W, d_V, d_b, d_c], hidden[T - 1]

    def run() -> np.ndarray:
        nonlocal state
        losses = []
        for start in range(0, len(indices) - 1, T):
            x, y = indices[start : start + T], indices[start + 1 : start + T + 1]
            loss, gradients, state = window(x, y, state)
            losses.append(loss)
            for theta, g, G in zip((U, W, V, b, c), gradients, memory, strict=True):
                np.clip(g, -CLIP, CLIP, out=g)
                G += g * g
                theta -= LEARNING_RATE * g / np.sqrt(G + EPSILON)
        return np.array(losses)

    return run


def _pytorch_loss(theta: Parameters, h: object, x: object, y: object) -> tuple:
    """Return the loss and the last hidden state; U stands transposed, one row a character."""
    import torch

    columns = torch.nn.functional.embedding(x, theta.U)
    hidden = []
    for column in columns + theta.b:
        h = torch.tanh(torch.addmv(column, theta.W, h))
        hidden.append(h)
    o = torch.addmm(theta.c, torch.stack(hidden), theta.V.T)
    return torch.nn.functional.cross_entropy(o, y, reduction="sum"), h


def _pytorch_loss_by_rnn(theta: Parameters, h: object, x: object, y: object) -> tuple:
    """The same by nn.RNN, whose input is multiplied: by the identity, for columns looked up."""
    import torch

    identity, zero = torch.eye(len(h), dtype=h.dtype), torch.zeros_like(h)
    columns = torch.nn.functional.embedding(x, theta.U)
    weights = [identity, theta.W, theta.b, zero]
    hidden, h = torch.rnn_tanh(columns, h[None], weights, True, 1, 0.0, True, False, False)
    o = torch.addmm(theta.c, hidden, theta.V.T)
    return torch.nn.functional.cross_entropy(o, y, reduction="sum"), h[0]


def _pytorch_windows(prepare: Callable) -> Prepare:
    """Return what takes one window after another to the step that `prepare` makes."""

    def prepare_windows(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
        import torch

        torch.set_num_threads(1)
        theta = Parameters(*(torch.tensor(array) for array in parameters))
        theta = theta._replace(U=theta.U.T.contiguous())
        windows = (len(indices) - 1) // T
        step = prepare(theta, windows)
        characters = torch.tensor(indices.astype(np.int64))
        h = torch.zeros_like(theta.b)

        def run() -> np.ndarray:
            nonlocal h
            losses = []
            for update in range(windows):
                start = update * T
                x, y = characters[start : start + T], characters[start + 1 : start + T + 1]
                loss, h = step(update, h, x, y)
                losses.append(loss)
            return torch.stack(losses).double().numpy()

        return run

    return prepare_windows


def _pytorch_eager(rule: Rule, loss_of: Callable) -> Prepare:
    import torch

    def prepare(theta: Parameters, windows: int) -> Callable:
        learnt = [array.requires_grad_() for array in theta]
        optimizer = rule.pytorch(learnt)

        def step(update: int, h: object, x: object, y: object) -> tuple:
            optimizer.zero_grad(set_to_none=True)
            loss, h = loss_of(theta, h, x, y)
            loss.backward()
            torch.nn.utils.clip_grad_value_(learnt, CLIP, foreach=True)
            optimizer.step()
            return loss.detach(), h.detach()

        return step

    return _pytorch_windows(prepare)


def pytorch_rnn(rule: Rule) -> Prepare:
    """PyTorch as it is mostly used: nn.RNN's kernel, autograd, and the fused optimiser."""
    return _pytorch_eager(rule, _pytorch_loss_by_rnn)


def pytorch_loop(rule: Rule) -> Prepare:
    """PyTorch with a loop over the characters instead of nn.RNN."""
    return _pytorch_eager(rule, _pytorch_loss)


def pytorch_compiled(rule: Rule) -> Prepare:
    """PyTorch with all of an update compiled as one program, by the machine's C++ compiler."""
    import torch

    def prepare(theta: Parameters, windows: int) -> Callable:
        slots = Parameters(
            *(tuple(torch.full_like(array, start) for start in rule.start) for array in theta)
        )
        rates = torch.tensor(rule.rates(windows), dtype=theta.b.dtype)

        def step(h: object, x: object, y: object, rate: object) -> tuple:
            gradients, (loss, h) = torch.func.grad_and_value(_pytorch_loss, has_aux=True)(
                theta, h, x, y
            )
            for array, before, g in zip(theta, slots, gradients, strict=True):
                g = g.clamp(-CLIP, CLIP)
                result, after = rule.step(array, before, g, rate, torch.sqrt)
                array.copy_(result)
                for slot, value in zip(before, after, strict=True):
                    slot.copy_(value)
            return loss, h

        compiled = torch.compile(step, fullgraph=True)
        return lambda update, h, x, y: compiled(h, x, y, rates[update])

    return _pytorch_windows(prepare)


def forget_compiled() -> None:
    """Let PyTorch compile anew: with code for other sizes there, it would make one for any size."""
    import torch

    torch._dynamo.reset()


def jax(rule: Rule) -> Prepare:
    """JAX: the whole loop over the windows compiled as one program, buffers given back to it."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def loss_of(theta: Parameters, h: object, x: object, y: object) -> tuple:
        columns = theta.U[:, x].T + theta.b

        def step(h: object, column: object) -> tuple:
            h = jnp.tanh(theta.W @ h + column)
            return h, h

        h, hidden = jax.lax.scan(step, h, columns)
        o = hidden @ theta.V.T + theta.c
        log_p = jax.nn.log_softmax(o)
        return -jnp.take_along_axis(log_p, y[:, None], axis=1).sum(), h

    def update(carry: tuple, window: tuple) -> tuple:
        theta, slots, h = carry
        x, y, rate = window
        (loss, h), gradients = jax.value_and_grad(loss_of, has_aux=True)(theta, h, x, y)
        steps = [
            rule.step(array, before, jnp.clip(g, -CLIP, CLIP), rate, jnp.sqrt)
            for array, before, g in zip(theta, slots, gradients, strict=True)
        ]
        theta, slots = (Parameters(*each) for each in zip(*steps, strict=True))
        return (theta, slots, h), loss

    compiled = jax.jit(lambda carry, each: jax.lax.scan(update, carry, each), donate_argnums=0)

    def prepare(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
        windows = (len(indices) - 1) // T
        x = jnp.array(indices[:-1].reshape(windows, T).astype(np.int32))
        y = jnp.array(indices[1:].reshape(windows, T).astype(np.int32))
        theta = Parameters(*(jnp.array(array) for array in parameters))
        slots = Parameters(
            *(tuple(jnp.full_like(array, start) for start in rule.start) for array in theta)
        )
        rates = jnp.array(rule.rates(windows), theta.b.dtype)
        carry = (theta, slots, jnp.zeros_like(theta.b))

        def run() -> np.ndarray:
            nonlocal carry
            carry, losses = compiled(carry, (x, y, rates))
            return np.asarray(losses, np.float64)

        return run

    return prepare
