"""The same training in other people's tools, each in its best form.

Every function takes parameters, indices and T, and returns a function that makes the updates of all
windows once more and returns their losses. What they compute is held against our engine by
benchmarks/speed.py before anything is timed.
"""

from collections.abc import Callable

import numpy as np

from rnn.model import Parameters

LEARNING_RATE, EPSILON, CLIP, INITIAL_ACCUMULATOR = 0.01, 1e-8, 5.0, 10.0
Peer = Callable[[], np.ndarray]


def classic(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """The formulation that tutorials teach: one character at a time, one-hot, in NumPy."""
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


def _pytorch_windows(
    parameters: Parameters, indices: np.ndarray, T: int, prepare: Callable
) -> Peer:
    """Return what takes one window after another to the step that `prepare` makes."""
    import torch

    torch.set_num_threads(1)
    theta = Parameters(*(torch.tensor(array) for array in parameters))
    theta = theta._replace(U=theta.U.T.contiguous())
    step = prepare(theta)
    characters = torch.tensor(indices.astype(np.int64))
    h = torch.zeros_like(theta.b)

    def run() -> np.ndarray:
        nonlocal h
        losses = []
        for start in range(0, len(characters) - 1, T):
            x, y = characters[start : start + T], characters[start + 1 : start + T + 1]
            loss, h = step(h, x, y)
            losses.append(loss)
        return torch.stack(losses).double().numpy()

    return run


def _pytorch_eager(loss_of: Callable) -> Callable:
    import torch

    def prepare(theta: Parameters) -> Callable:
        learnt = [array.requires_grad_() for array in theta]
        optimizer = torch.optim.Adagrad(
            learnt, lr=LEARNING_RATE, initial_accumulator_value=INITIAL_ACCUMULATOR,
            eps=EPSILON, fused=True,
        )  # fmt: skip

        def step(h: object, x: object, y: object) -> tuple:
            optimizer.zero_grad(set_to_none=True)
            loss, h = loss_of(theta, h, x, y)
            loss.backward()
            torch.nn.utils.clip_grad_value_(learnt, CLIP, foreach=True)
            optimizer.step()
            return loss.detach(), h.detach()

        return step

    return prepare


def pytorch_rnn(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """PyTorch as it is mostly used: nn.RNN's kernel, autograd, and the fused Adagrad."""
    return _pytorch_windows(parameters, indices, T, _pytorch_eager(_pytorch_loss_by_rnn))


def pytorch_loop(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """PyTorch with a loop over the characters instead of nn.RNN."""
    return _pytorch_windows(parameters, indices, T, _pytorch_eager(_pytorch_loss))


def pytorch_compiled(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """PyTorch with all of an update compiled as one program, by the machine's C++ compiler."""
    import torch

    def prepare(theta: Parameters) -> Callable:
        memory = Parameters(*(torch.full_like(array, INITIAL_ACCUMULATOR) for array in theta))

        def step(h: object, x: object, y: object) -> tuple:
            gradients, (loss, h) = torch.func.grad_and_value(_pytorch_loss, has_aux=True)(
                theta, h, x, y
            )
            for array, g, G in zip(theta, gradients, memory, strict=True):
                g = g.clamp(-CLIP, CLIP)
                G += g * g
                array -= LEARNING_RATE * g / torch.sqrt(G + EPSILON)
            return loss, h

        torch._dynamo.reset()  # what was compiled for other sizes
        return torch.compile(step, fullgraph=True)

    return _pytorch_windows(parameters, indices, T, prepare)


def jax(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
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
        theta, memory, h = carry
        (loss, h), gradients = jax.value_and_grad(loss_of, has_aux=True)(theta, h, *window)
        gradients = Parameters(*(jnp.clip(g, -CLIP, CLIP) for g in gradients))
        memory = Parameters(*(G + g * g for G, g in zip(memory, gradients, strict=True)))
        theta = Parameters(
            *(
                array - LEARNING_RATE * g / jnp.sqrt(G + EPSILON)
                for array, g, G in zip(theta, gradients, memory, strict=True)
            )
        )
        return (theta, memory, h), loss

    compiled = jax.jit(lambda carry, x, y: jax.lax.scan(update, carry, (x, y)), donate_argnums=0)
    windows = (len(indices) - 1) // T
    x = jnp.array(indices[:-1].reshape(windows, T).astype(np.int32))
    y = jnp.array(indices[1:].reshape(windows, T).astype(np.int32))
    theta = Parameters(*(jnp.array(array) for array in parameters))
    memory = Parameters(*(jnp.full_like(array, INITIAL_ACCUMULATOR) for array in theta))
    carry = (theta, memory, jnp.zeros_like(theta.b))

    def run() -> np.ndarray:
        nonlocal carry
        carry, losses = compiled(carry, x, y)
        return np.asarray(losses, np.float64)

    return run
