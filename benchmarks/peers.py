"""The same training in other people's tools, each in its best form.

A peer is a function that makes the updates of all windows once more and returns their losses; what
prepares one takes parameters and windows (n, B, T + 1). What they compute is held against our
reference engine by benchmarks/contest.py before anything is timed.

What is here won against other forms, on one core of a Zen 4 in float32:

- JAX with gradients by `jax.grad` takes 1.1 to 1.6 times as long: its scan sums the gradient of W
  character by character, where one product at the end will do. States (m, B) with W @ h take 1.5
  times as long for 32 streams and 6 times for one; a vector for one stream takes 2 to 20 times.
  Loops unrolled by 5 make no difference from 32 streams on and lose a fifth before; by 25 they
  lose a fourth. One-hot products instead of look-ups take 0.9 to 1.2 times as long. W laid out
  transposed before the loop gains up to a seventh from 8 streams on, and for one mostly loses.
- PyTorch with autograd through a loop takes as long as nn.RNN. nn.RNN that multiplies looked-up
  columns by the identity takes up to 1.6 times as long as one that multiplies one-hot columns.
- `torch.compile` of what autograd makes takes twice as long as of gradients that are written out,
  and with sizes left open 1.5 times as long, after a compilation of minutes. From 8 streams on
  compiling gains nothing: nearly all of the time goes into MKL's products.
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


def classic(parameters: Parameters, windows: np.ndarray) -> Peer:
    """The formulation that tutorials teach: one character at a time, one-hot, in NumPy, AdaGrad.

    It knows no batches: B is 1.
    """
    U, W, V, b, c = (array.copy() for array in parameters)
    K, m, T = parameters.vocabulary_size, parameters.hidden_size, windows.shape[2] - 1
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
        for characters in windows[:, 0]:
            loss, gradients, state = window(characters[:-1], characters[1:], state)
            losses.append(loss)
            for theta, g, G in zip((U, W, V, b, c), gradients, memory, strict=True):
                np.clip(g, -CLIP, CLIP, out=g)
                G += g * g
                theta -= LEARNING_RATE * g / np.sqrt(G + EPSILON)
        return np.array(losses)

    return run


def _pytorch_gradients(theta: Parameters, h: Any, x: Any, y: Any) -> tuple:
    """Return the loss, its gradients and the last hidden states (B, m), from x and y (T, B).

    U stands transposed, one row a character.
    """
    import torch

    functional = torch.nn.functional
    (T, B), (K, m) = x.shape, theta.U.shape
    x, y = x.reshape(-1), y.reshape(-1)
    states, transposed = [h], theta.W.T
    for column in (functional.embedding(x, theta.U) + theta.b).view(T, B, m).unbind():
        states.append(torch.addmm(column, states[-1], transposed).tanh_())
    hidden = torch.stack(states)
    last = hidden[1:].view(-1, m)
    log_p = torch.log_softmax(torch.addmm(theta.c, last, theta.V.T), 1)
    loss = -log_p.gather(1, y[:, None]).sum() / B

    d_o = (log_p.exp() - functional.one_hot(y, K)) / B
    slope, d_h = (1 - hidden[1:] ** 2).unbind(), (d_o @ theta.V).view(T, B, m).unbind()
    d_a = [d_h[-1] * slope[-1]]
    for t in reversed(range(T - 1)):
        d_a.append(torch.addmm(d_h[t], d_a[-1], theta.W) * slope[t])
    d_a = torch.stack(d_a[::-1]).view(-1, m)
    gradients = Parameters(
        U=torch.zeros_like(theta.U).index_add(0, x, d_a),
        W=d_a.T @ hidden[:-1].view(-1, m),
        V=d_o.T @ last,
        b=d_a.sum(0),
        c=d_o.sum(0),
    )
    return loss, gradients, states[-1]


def _pytorch(prepare: Callable) -> Prepare:
    """Return what takes one update after another to the step that `prepare` makes."""

    def prepare_windows(parameters: Parameters, windows: np.ndarray) -> Peer:
        import torch

        theta = Parameters(*(torch.tensor(array) for array in parameters))
        theta = theta._replace(U=theta.U.T.contiguous())
        step = prepare(theta, len(windows))
        characters = torch.tensor(windows.transpose(0, 2, 1).astype(np.int64))
        h = torch.zeros((windows.shape[1], parameters.hidden_size), dtype=theta.b.dtype)

        def run() -> np.ndarray:
            nonlocal h
            losses = []
            for update, window in enumerate(characters):
                loss, h = step(update, h, window[:-1], window[1:])
                losses.append(loss)
            return torch.stack(losses).double().numpy()

        return run

    return prepare_windows


def pytorch_rnn(rule: Rule) -> Prepare:
    """PyTorch as it is mostly used: nn.RNN's kernel, autograd, and the fused optimiser."""
    import torch

    functional = torch.nn.functional

    def loss_of(theta: Parameters, h: Any, x: Any, y: Any) -> tuple:
        zero = torch.zeros_like(theta.b)
        read = functional.one_hot(x, len(theta.U)).to(h.dtype)
        weights = [theta.U.T, theta.W, theta.b, zero]
        hidden, h = torch.rnn_tanh(read, h[None], weights, True, 1, 0.0, True, False, False)
        o = torch.addmm(theta.c, hidden.flatten(0, 1), theta.V.T)
        loss = functional.cross_entropy(o, y.flatten(), reduction="sum")
        return loss / x.shape[1], h[0]

    def prepare(theta: Parameters, updates: int) -> Callable:
        learnt = [array.requires_grad_() for array in theta]
        optimizer = rule.pytorch(learnt)

        def step(update: int, h: Any, x: Any, y: Any) -> tuple:
            optimizer.zero_grad(set_to_none=True)
            loss, h = loss_of(theta, h, x, y)
            loss.backward()
            torch.nn.utils.clip_grad_value_(learnt, CLIP, foreach=True)
            optimizer.step()
            return loss.detach(), h.detach()

        return step

    return _pytorch(prepare)


def pytorch_by_hand(rule: Rule) -> Prepare:
    """PyTorch with the gradients written out, and its fused optimiser: nothing to compile."""
    import torch

    def prepare(theta: Parameters, updates: int) -> Callable:
        learnt = list(theta)
        optimizer = rule.pytorch(learnt)

        @torch.no_grad()
        def step(update: int, h: Any, x: Any, y: Any) -> tuple:
            loss, gradients, h = _pytorch_gradients(theta, h, x, y)
            for array, g in zip(learnt, gradients, strict=True):
                array.grad = g.clamp_(-CLIP, CLIP)
            optimizer.step()
            return loss, h

        return step

    return _pytorch(prepare)


def pytorch_compiled(rule: Rule) -> Prepare:
    """The same with all of an update compiled as one program, by the machine's C++ compiler."""
    import torch

    def prepare(theta: Parameters, updates: int) -> Callable:
        slots = Parameters(
            *(tuple(torch.full_like(array, start) for start in rule.start) for array in theta)
        )
        rates = torch.tensor(rule.rates(updates), dtype=theta.b.dtype)

        def step(theta: Parameters, slots: Parameters, h: Any, x: Any, y: Any, rate: Any) -> tuple:
            loss, gradients, h = _pytorch_gradients(theta, h, x, y)
            for array, before, g in zip(theta, slots, gradients, strict=True):
                result, after = rule.step(array, before, g.clamp(-CLIP, CLIP), rate, torch.sqrt)
                array.copy_(result)
                for slot, value in zip(before, after, strict=True):
                    slot.copy_(value)
            return loss, h

        compiled = torch.compile(step, fullgraph=True, dynamic=False)

        @torch.no_grad()
        def call(update: int, h: Any, x: Any, y: Any) -> tuple:
            return compiled(theta, slots, h, x, y, rates[update])

        return call

    return _pytorch(prepare)


def forget_compiled() -> None:
    """Let PyTorch compile anew: it gives up where one program is compiled for too many sizes."""
    import torch

    torch._dynamo.reset()


def jax(rule: Rule) -> Prepare:
    """JAX: the whole loop over the updates compiled as one program, buffers given back to it."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    def gradients_of(theta: Parameters, h: Any, x: Any, y: Any) -> tuple:
        """See `_pytorch_gradients`."""
        U, W, V, b, c = theta
        (T, B), (K, m) = x.shape, U.shape
        transposed = W.T if B == 1 else jax.lax.optimization_barrier(W.T)

        def forward(h: Any, column: Any) -> tuple:
            h = jnp.tanh(h @ transposed + column)
            return h, h

        def backward(through_time: Any, each: tuple) -> tuple:
            d_h, h = each
            d_a = (d_h + through_time) * (1 - h * h)
            return d_a @ W, d_a

        h_last, hidden = jax.lax.scan(forward, h, U[x] + b)
        before = jnp.concatenate([h[None], hidden[:-1]]).reshape(-1, m)
        after = hidden.reshape(-1, m)
        log_p = jax.nn.log_softmax(after @ V.T + c)
        wanted = jax.nn.one_hot(y.reshape(-1), K, dtype=b.dtype)
        d_o = (jnp.exp(log_p) - wanted) / B
        d_h = (d_o @ V).reshape(T, B, m)
        _, d_a = jax.lax.scan(backward, jnp.zeros_like(h), (d_h, hidden), reverse=True)
        d_a = d_a.reshape(-1, m)
        d_U = jnp.zeros_like(U).at[x.reshape(-1)].add(d_a)
        gradients = Parameters(d_U, d_a.T @ before, d_o.T @ after, d_a.sum(0), d_o.sum(0))
        return -(log_p * wanted).sum() / B, gradients, h_last

    def update(carry: tuple, each: tuple) -> tuple:
        theta, slots, h = carry
        window, rate = each
        loss, gradients, h = gradients_of(theta, h, window[:-1], window[1:])
        steps = [
            rule.step(array, before, jnp.clip(g, -CLIP, CLIP), rate, jnp.sqrt)
            for array, before, g in zip(theta, slots, gradients, strict=True)
        ]
        theta, slots = (Parameters(*each) for each in zip(*steps, strict=True))
        return (theta, slots, h), loss

    compiled = jax.jit(lambda carry, each: jax.lax.scan(update, carry, each), donate_argnums=0)

    def prepare(parameters: Parameters, windows: np.ndarray) -> Peer:
        theta = Parameters(*map(jnp.array, parameters._replace(U=parameters.U.T)))
        slots = Parameters(
            *(tuple(jnp.full_like(array, start) for start in rule.start) for array in theta)
        )
        characters = jnp.array(windows.transpose(0, 2, 1).astype(np.int32))
        rates = jnp.array(rule.rates(len(windows)), theta.b.dtype)
        h = jnp.zeros((windows.shape[1], parameters.hidden_size), theta.b.dtype)
        carry = (theta, slots, h)

        def run() -> np.ndarray:
            nonlocal carry
            carry, losses = compiled(carry, (characters, rates))
            return np.asarray(losses, np.float64)

        return run

    return prepare


def jax_sampling(parameters: Parameters, uniforms: np.ndarray) -> Callable[[], np.ndarray]:
    """Return what draws a character for each of the uniforms: JAX, the whole loop compiled."""
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    def sample(theta: Parameters, uniforms: Any) -> Any:
        def step(carry: tuple, uniform: Any) -> tuple:
            h, x = carry
            h = jnp.tanh(h @ theta.W.T + theta.U[x] + theta.b)
            below = jnp.cumsum(jax.nn.softmax((h @ theta.V.T + theta.c)[0].astype(uniform.dtype)))
            x = (below <= uniform * below[-1]).sum()
            return (h, x), x

        start = (jnp.zeros_like(theta.b)[None], jnp.zeros((), jnp.int64))
        return jax.lax.scan(step, start, uniforms)[1]

    theta = Parameters(*map(jnp.array, parameters._replace(U=parameters.U.T)))
    drawn = jnp.array(uniforms)
    return lambda: np.asarray(sample(theta, drawn))
