"""Exercises 5 to 8: the network, its loss, and the gradient of its loss.

    a_t = W h_(t-1) + U x_t + b      h_t = tanh(a_t)      o_t = V h_t + c      p_t = softmax(o_t)
    loss = sum over t of -log p_t[y_t]

K is the size of the vocabulary, m that of the hidden state, T the characters in a window. x_t is a
character's index. In the equations it stands for a vector that is 1 at this index and 0 elsewhere,
so that U x_t is column x_t of U, and nothing needs to be multiplied.

The check puts complex numbers into softmax, forward and loss: it moves a parameter by a tiny
imaginary step and reads its effect from the imaginary part of the loss. So an array that you make
in order to fill it must be of the type of what goes in: `np.zeros(shape, dtype=W.dtype)`.

No function changes the arrays that it is given.
"""

import numpy as np

from exercises.parameters import Parameters


def softmax(o: np.ndarray) -> np.ndarray:
    """Return the probabilities p (T, K) for the logits o (T, K).

        p[t, k] = exp(o[t, k]) / (sum over j of exp(o[t, j]))

    Each row of p sums to 1. exp(710) is more than a float can hold, yet a logit may be larger. What
    can you take away from all logits of a row without changing p?
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def forward(parameters: Parameters, h: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Read the characters x (T,) from the hidden state h (m,).

    Returns the hidden states (T + 1, m) and the logits o (T, K), before the softmax. The first of
    the hidden states is `h`, so the state after character t is hidden[t + 1]:

        hidden[t + 1] = tanh(W hidden[t] + U x_t + b)
        o[t] = V hidden[t + 1] + c
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def loss(p: np.ndarray, y: np.ndarray) -> float:
    """Return a window's loss in nats: its probabilities p (T, K) against what followed, y (T,).

        loss = sum over t of -log p[t, y_t]

    log is the natural logarithm. The sum is over the window's T characters: it is not a mean.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def backward(
    parameters: Parameters, hidden: np.ndarray, p: np.ndarray, x: np.ndarray, y: np.ndarray
) -> Parameters:
    """Return the gradient of a window's loss by each parameter, in their shapes.

    `hidden` (T + 1, m) is what `forward` returned, p (T, K) the softmax of its logits. x (T,) are
    the characters that were read and y (T,) those that followed. `d_z` is short for d loss / d z,
    M' for the transpose of M. From the last character to the first:

        d_o_t = p_t - y_t                          y_t as a vector: 1 at the index y_t, else 0
        d_h_t = V' d_o_t + W' d_a_(t+1)            d_a_(T) is zero: the window ends there
        d_a_t = (1 - h_t * h_t) * d_h_t            * by elements, and h_t is hidden[t + 1]

    and, each a sum over all t:

        d_c = sum of d_o_t           d_V = sum of d_o_t h_t'
        d_b = sum of d_a_t           d_W = sum of d_a_t h_(t-1)'
        d_U: to its column x_t is added d_a_t
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")
