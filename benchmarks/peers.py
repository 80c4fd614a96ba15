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


def pytorch(parameters: Parameters, indices: np.ndarray, T: int) -> Peer:
    """PyTorch: an embedding for U, nn.RNN's own kernel, fused Adagrad."""
    import torch

    torch.set_num_threads(1)
    U, W, V, b, c = (torch.tensor(array, requires_grad=True) for array in parameters)
    with torch.no_grad():
        U = U.T.contiguous().requires_grad_()
    # nn.RNN multiplies its input by a matrix; the identity leaves looked-up columns as they are.
    identity = torch.eye(len(b), dtype=b.dtype)
    zero = torch.zeros(len(b), dtype=b.dtype)
    learnt = [U, W, V, b, c]
    optimizer = torch.optim.Adagrad(
        learnt, lr=LEARNING_RATE, initial_accumulator_value=INITIAL_ACCUMULATOR,
        eps=EPSILON, fused=True,
    )  # fmt: skip
    characters = torch.tensor(indices.astype(np.int64))
    h = torch.zeros(1, len(b), dtype=b.dtype)

    def run() -> np.ndarray:
        nonlocal h
        losses = []
        for start in range(0, len(characters) - 1, T):
            x, y = characters[start : start + T], characters[start + 1 : start + T + 1]
            optimizer.zero_grad(set_to_none=True)
            columns = torch.nn.functional.embedding(x, U)
            hidden, h = torch.rnn_tanh(
                columns, h.detach(), [identity, W, b, zero], True, 1, 0.0, True, False, False
            )
            o = torch.addmm(c, hidden, V.T)
            loss = torch.nn.functional.cross_entropy(o, y, reduction="sum")
            loss.backward()
            torch.nn.utils.clip_grad_value_(learnt, CLIP, foreach=True)
            optimizer.step()
            losses.append(loss.detach())
        return torch.stack(losses).double().numpy()

    return run


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
