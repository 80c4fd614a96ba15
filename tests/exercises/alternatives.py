"""Other right solutions: a solution's line, and what may stand in its place."""

RIGHT = [
    (
        "vocabulary",
        "encode",
        "np.array([index_of[character] for character in text])",
        "np.array(list(map(characters.index, text)), dtype=np.uint8)",
    ),
    (
        "vocabulary",
        "window",
        "return indices[start : start + T], indices[start + 1 : start + T + 1]",
        "return tuple(np.array([indices[start + t + i] for t in range(T)]) for i in (0, 1))",
    ),
    (
        "network",
        "softmax",
        "np.exp(o - o.max(axis=1, keepdims=True))",
        "np.exp(o - o.real.max(axis=1)[:, None])",
    ),
    ("network", "softmax", "e / e.sum(axis=1, keepdims=True)", "(e.T / e.sum(axis=1)).T"),
    (
        "network",
        "forward",
        "    return hidden, hidden[1:] @ V.T + c\n",
        "    return hidden, np.array([V @ hidden[t + 1] + c for t in range(len(x))])\n",
    ),
    (
        "network",
        "forward",
        """    hidden = np.zeros((len(x) + 1, len(b)), dtype=W.dtype)
    hidden[0] = h
    for t in range(len(x)):
        hidden[t + 1] = np.tanh(W @ hidden[t] + U[:, x[t]] + b)
""",
        """    hidden = [h]
    for index in x:
        hidden.append(np.tanh(W @ hidden[-1] + U[:, index] + b))
    hidden = np.array(hidden)
""",
    ),
    ("network", "forward", "U[:, x[t]]", "U @ np.eye(U.shape[1])[x[t]]"),
    (
        "network",
        "loss",
        "-np.log(p[np.arange(len(y)), y]).sum()",
        "sum(-np.log(p[t, y[t]]) for t in range(len(y)))",
    ),
    ("network", "backward", "d_U[:, x[t]] += d_a", "d_U += np.outer(d_a, np.eye(len(V))[x[t]])"),
    ("network", "backward", "p.copy()\n    d_o[np.arange(T), y] -= 1", "p - np.eye(len(V))[y]"),
    ("learning", "clip", "np.clip(g, -limit, limit)", "np.maximum(-limit, np.minimum(limit, g))"),
    ("learning", "adagrad", "np.sqrt(G + epsilon)", "(G + epsilon) ** 0.5"),
    (
        "learning",
        "adam",
        """    M = mean / (1 - beta1**t)
    S = square / (1 - beta2**t)
    return theta - eta * M / (np.sqrt(S) + epsilon), mean, square
""",
        """    eta = eta * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - eta * mean / (np.sqrt(square) + epsilon), mean, square
""",
    ),
    ("writing", "draw", "int(rng.choice(len(p), p=p))", "rng.choice(len(p), p=p)"),
    (
        "writing",
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(np.searchsorted(np.cumsum(p), rng.random()))",
    ),
    ("writing", "draw", "int(rng.choice(len(p), p=p))", "np.argmax(rng.multinomial(1, p))"),
    (
        "writing",
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(np.argmax(np.log(np.maximum(p, 1e-300)) + rng.gumbel(size=len(p))))",
    ),
    ("measuring", "bits_a_character", "loss / (T * np.log(2))", "loss / np.log(2) / T"),
]
