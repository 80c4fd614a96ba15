"""What students do: a solution's line, what stands in its place, and the words of the refusal."""

from typing import NamedTuple


class Wrong(NamedTuple):
    """One wrong solution."""

    module: str
    function: str
    old: str
    new: str
    says: str

    def __str__(self) -> str:
        return f"{self.function}: {' '.join(self.new.split())}"


VOCABULARY = [
    ("distinct_characters", "sorted(set(text))", "set(text)", "the order of a set"),
    ("distinct_characters", "sorted(set(text))", "sorted(text)", "more than once"),
    ("distinct_characters", "set(text)", "set(text.lower())", "Capital letters"),
    ("distinct_characters", "set(text)", "set(text.replace(' ', ''))", "Capital letters, spaces"),
    ("distinct_characters", '"".join(sorted(set(text)))', "sorted(set(text))", "not a str"),
    ("distinct_characters", "return ", "", "without `return`"),
    (
        "encode",
        "np.array([index_of[character] for character in text])",
        "[index_of[character] for character in text]",
        "a list, not a NumPy array",
    ),
    ("encode", "enumerate(characters)", "enumerate(characters, 1)", "begin at 0, not at 1"),
    ("encode", "index_of[character] for", "ord(character) for", "code points"),
    (
        "encode",
        "for character in text])",
        "for character in text], dtype=float)",
        "an index is an integer",
    ),
    ("encode", "enumerate(characters)", "enumerate(sorted(set(text)))", "the text are numbered"),
    ("decode", '"".join', '" ".join', "puts nothing between"),
    (
        "decode",
        '"".join(characters[index] for index in indices)',
        "[characters[index] for index in indices]",
        "not a str",
    ),
    ("decode", "characters[index]", "chr(index)", "a place in `characters`, not a code point"),
    ("decode", "in indices", "in indices[::-1]", "the wrong way round"),
    ("window", "indices[start + 1 : start + T + 1]", "indices[start : start + T]", "y is x"),
    (
        "window",
        "indices[start + 1 : start + T + 1]",
        "indices[start + T : start + 2 * T]",
        "y begins where x ends",
    ),
    ("window", "start + 1 : start + T + 1", "start + 1 : start + T", "end - start entries"),
    ("window", "start + 1 : start + T + 1", "start - 1 : start + T - 1", "y is what came before"),
    ("window", "start : start + T],", "start : T],", "x has the shape (0,)"),
]

NETWORK = [
    (
        "softmax",
        "np.exp(o - o.max(axis=1, keepdims=True))",
        "np.exp(o)",
        "exp of anything above 709",
    ),
    ("softmax", "o.max(axis=1, keepdims=True)", "o.max()", "all exp of a row are 0"),
    ("softmax", "e.sum(axis=1, keepdims=True)", "e.sum()", "Each row is a distribution"),
    (
        "softmax",
        "np.exp(o - o.max(axis=1, keepdims=True))",
        "np.abs(np.exp(o - o.max()))",
        "all exp of a row are 0",
    ),
    ("softmax", "e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0)", "the sum of each column"),
    (
        "softmax",
        "np.exp(o - o.max(axis=1, keepdims=True))",
        "np.exp(np.real(o - o.max(axis=1, keepdims=True)))",
        "throws the imaginary part away",
    ),
    (
        "softmax",
        "e = np.exp(o - o.max(axis=1, keepdims=True))",
        "o -= o.max(axis=1, keepdims=True)\n    e = np.exp(o)",
        "changes its argument o in place",
    ),
    ("softmax", "e.sum(axis=1, keepdims=True)", "e.sum(axis=1)", "Two shapes do not go together"),
    ("forward", "W @ hidden[t]", "W @ h", "the hidden state is not carried"),
    ("forward", "W @ hidden[t]", "hidden[t] @ W", "W is transposed"),
    (
        "forward",
        "np.tanh(W @ hidden[t] + U[:, x[t]] + b)",
        "W @ hidden[t] + U[:, x[t]] + b",
        "tanh is missing",
    ),
    ("forward", " + b)", ")", "the bias b is missing"),
    ("forward", "    hidden[0] = h\n", "", "it is zero. The reading begins"),
    ("forward", "hidden[1:] @ V.T + c", "hidden[:-1] @ V.T + c", "the state before it"),
    ("forward", "hidden[1:] @ V.T + c", "softmax(hidden[1:] @ V.T + c)", "before the softmax"),
    ("forward", "hidden[1:] @ V.T + c", "hidden[1:] @ V.T", "the bias c is missing"),
    ("forward", ", dtype=W.dtype", "", "must be of the type of what goes into it"),
    ("forward", "U[:, x[t]]", "U[x[t]]", "Two shapes do not go together"),
    ("forward", "return hidden, ", "return ", "is to return 2 values: hidden, o"),
    (
        "forward",
        "return hidden, ",
        "return hidden[1:], ",
        "hidden has the shape (6, 4), not (7, 4)",
    ),
    ("loss", ".sum()", ".mean()", "divided by T"),
    ("loss", "-np.log", "np.log", "the sign"),
    ("loss", "np.log", "np.log2", "the logarithm to base 2"),
    ("loss", "p[np.arange(len(y)), y]", "p[:, y]", "One entry a row"),
    ("loss", "np.log(p[np.arange(len(y)), y])", "np.log(p)", "sum is over all characters"),
    (
        "loss",
        "-np.log(p[np.arange(len(y)), y]).sum()",
        "-sum(__import__('math').log(p[t, y[t]]) for t in range(len(y)))",
        "not from math",
    ),
    (
        "loss",
        "-np.log(p[np.arange(len(y)), y]).sum()",
        "-np.log(p[np.arange(len(y)), y]).sum().real",
        "throws the imaginary part away",
    ),
    (
        "backward",
        "d_o[np.arange(T), y] -= 1",
        "d_o = -d_o\n    d_o[np.arange(T), y] += 1",
        "the sign: p - y is wanted",
    ),
    ("backward", "    d_o[np.arange(T), y] -= 1\n", "", "this is p alone"),
    (
        "backward",
        "d_o[np.arange(T), y] -= 1",
        "d_o[np.arange(T), y] -= 1\n    d_o /= T",
        "divided by T: the loss is a sum",
    ),
    ("backward", "p.copy()", "p", "changes its argument p in place"),
    ("backward", "W.T @ d_a", "W @ d_a", "a transposed product"),
    ("backward", "(1 - hidden[t + 1] ** 2) * d_h", "d_h", "the derivative of tanh is missing"),
    ("backward", "hidden[t + 1] ** 2", "hidden[t + 1]", "and this is 1 - h."),
    ("backward", "hidden[t + 1] ** 2", "np.tanh(hidden[t + 1]) ** 2", "takes tanh of it once more"),
    ("backward", " + W.T @ d_a", "", "the gradient through time is cut"),
    (
        "backward",
        """        d_a = (1 - hidden[t + 1] ** 2) * d_h
        d_U[:, x[t]] += d_a
        d_W += np.outer(d_a, hidden[t])
        d_b += d_a
""",
        """        d_z = (1 - hidden[t + 1] ** 2) * d_h
        d_U[:, x[t]] += d_z
        d_W += np.outer(d_z, hidden[t])
        d_b += d_z
        d_a = d_h
""",
        "which is d_h_(t+1) times",
    ),
    (
        "backward",
        "        d_h = V.T @ d_o[t] + W.T @ d_a\n        d_a = (1 - hidden[t + 1] ** 2) * d_h\n",
        "        d_a = (1 - hidden[t + 1] ** 2) * (V.T @ d_o[t]) + W.T @ d_a\n",
        "is added after the derivative of tanh",
    ),
    (
        "backward",
        "d_b += d_a",
        "d_b = d_a",
        "not summed over time: this is the term of the window's",
    ),
    ("backward", "d_W += np.outer", "d_W = np.outer", "+= is wanted for d_W"),
    ("backward", "d_U[:, x[t]] += d_a", "d_U[:, x[t]] = d_a", "+= is wanted, and this is ="),
    ("backward", "np.outer(d_a, hidden[t])", "np.outer(hidden[t], d_a)", "transposed: d_W"),
    (
        "backward",
        "np.outer(d_a, hidden[t])",
        "np.outer(d_a, hidden[t + 1])",
        "this takes the state after",
    ),
    ("backward", "d_o.T @ hidden[1:]", "d_o.T @ hidden[:-1]", "this takes the state before"),
    (
        "backward",
        "d_o.T @ hidden[1:]",
        "hidden[1:].T @ d_o",
        "d_V has the shape (4, 5), not (5, 4)",
    ),
    ("backward", "c=d_o.sum(axis=0)", "c=d_o[-1]", "the window's last character alone"),
    (
        "backward",
        "d_W += np.outer(d_a, hidden[t])",
        "d_W += np.outer(d_a, hidden[t]) * (t + 1)",
        "With a window of one character all gradients are right",
    ),
    (
        "backward",
        "d_W += np.outer(d_a, hidden[t])",
        "d_W += 3 * np.outer(d_a, hidden[t])",
        "wrong with a window of one character too",
    ),
    ("backward", "V.T @ d_o[t]", "V @ d_o[t]", "Two shapes do not go together"),
    ("backward", "reversed(range(T))", "range(T)", "from the last to the first"),
    ("backward", "d_o[np.arange(T), y] -= 1", "d_o[:, y] -= 1", "takes these columns in all rows"),
    ("backward", "d_o[np.arange(T), y] -= 1", "d_o[y] -= 1", "d_c is wrong in 5 of 5"),
    ("backward", "U=d_U, W=d_W,", "U=d_W, W=d_U,", "in the wrong order"),
    ("backward", "return Parameters", "Parameters", "a function without `return`"),
    ("backward", "d_U[:, x[t]]", "d_U[:, y[t]]", "and this is y_t's"),
    ("backward", "d_b += d_a", "d_b += d_h", "d_h_t is taken where d_a_t is wanted"),
    ("backward", "hidden[t + 1] ** 2", "hidden[t] ** 2", "is taken at the state before"),
    ("backward", "np.outer(d_a, hidden[t])", "d_a * hidden[t]", "all of its rows are the same"),
    ("backward", "W=d_W", "W=np.clip(d_W, -0.5, 0.5)", "it is cut already"),
    ("forward", "hidden[t + 1] = np", "h = np", "nothing is put into hidden[t + 1]"),
    (
        "backward",
        """    for t in reversed(range(T)):
        d_h = V.T @ d_o[t] + W.T @ d_a
        d_a = (1 - hidden[t + 1] ** 2) * d_h
        d_U[:, x[t]] += d_a
""",
        """    rows = np.zeros((T, len(b)))
    for t in reversed(range(T)):
        d_h = V.T @ d_o[t] + W.T @ d_a
        d_a = rows[t] = (1 - hidden[t + 1] ** 2) * d_h
        if t == 0:
            d_U[:, x] += rows.T
""",
        "with all of x at once adds but one time",
    ),
]

LEARNING = [
    (
        "clip",
        "np.clip(g, -limit, limit)",
        "np.clip(g, -limit, limit, out=g)",
        "clip changes its argument g in place",
    ),
    (
        "clip",
        "np.clip(g, -limit, limit)",
        "g * min(1, limit / np.linalg.norm(g))",
        "scaled instead of cut",
    ),
    ("clip", "np.clip(g, -limit, limit)", "g * limit / abs(g).max()", "its largest entry"),
    ("clip", "np.clip(g, -limit, limit)", "np.minimum(g, limit)", "cut from above only"),
    ("clip", "-limit, limit)", "-5, 5)", "5 is written into it"),
    ("clip", "np.clip(g, -limit, limit)", "np.where(abs(g) > limit, 0, g)", "became 0"),
    ("adagrad", "np.sqrt(G + epsilon)", "(np.sqrt(G) + epsilon)", "epsilon is in the wrong place"),
    ("adagrad", "G = G + g * g", "G = g * g", "the accumulator is not kept: this is g * g"),
    (
        "adagrad",
        "np.sqrt(G + epsilon), G",
        "np.sqrt(G + epsilon), G - g * g",
        "returned as it came in",
    ),
    ("adagrad", "G = G + g * g", "G += g * g", "adagrad changes its argument G in place"),
    ("adagrad", "theta - eta", "theta + eta", "goes against the gradient"),
    ("adagrad", "np.sqrt(G + epsilon)", "(G + epsilon)", "the square root is missing"),
    (
        "adagrad",
        "np.sqrt(G + epsilon)",
        "np.sqrt(G - g * g + epsilon)",
        "as it was before this step",
    ),
    (
        "adagrad",
        "theta - eta * g / np.sqrt(G + epsilon), G",
        "G, theta - eta * g / np.sqrt(G + epsilon)",
        "in the wrong order",
    ),
    (
        "adam",
        "    M = mean / (1 - beta1**t)\n    S = square / (1 - beta2**t)\n",
        "    M, S = mean, square\n",
        "the correction of the bias is missing",
    ),
    ("adam", "square / (1 - beta2**t)", "square", "only the mean is corrected"),
    ("adam", "mean / (1 - beta1**t)", "mean", "only the square is corrected"),
    (
        "adam",
        "(np.sqrt(S) + epsilon), mean, square",
        "(np.sqrt(S) + epsilon), M, S",
        "the corrected mean M is returned",
    ),
    ("adam", "(1 - beta2) * g * g", "(1 - beta2) * g", "g is not squared"),
    ("adam", "(np.sqrt(S) + epsilon)", "np.sqrt(S + epsilon)", "epsilon is in the wrong place"),
    (
        "adam",
        "    M = mean / (1 - beta1**t)\n    S = square / (1 - beta2**t)\n",
        "    M = mean / (1 - beta1 ** (t - 1))\n    S = square / (1 - beta2 ** (t - 1))\n",
        "this is t - 1",
    ),
    (
        "adam",
        "mean = beta1 * mean + (1 - beta1) * g",
        "mean = (1 - beta1) * g",
        "the mean is not kept",
    ),
]

WRITING = [
    ("draw", "int(rng.choice(len(p), p=p))", "int(p.argmax())", "argmax"),
    ("draw", "int(rng.choice(len(p), p=p))", "int(rng.integers(len(p)))", "drawn equally often"),
    (
        "draw",
        "rng.choice(len(p), p=p)",
        "np.random.choice(len(p), p=p)",
        "takes nothing from the generator",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(rng.choice(len(p), p=np.exp(p) / np.exp(p).sum()))",
        "the softmax is taken of p",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(rng.choice(len(p), p=p**2 / (p**2).sum()))",
        "p is squared somewhere",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(rng.choice(len(p), p=np.round(p, 1) / np.round(p, 1).sum()))",
        "Chi-square is",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "rng.choice(len(p), 1, p=p)",
        "an array of shape (1,), not one index",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int(np.searchsorted(np.cumsum(p), rng.random())) + 1",
        "one step too far",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "int((rng.choice(len(p), p=p) + 1) % len(p))",
        "an index too far",
    ),
    (
        "draw",
        "int(rng.choice(len(p), p=p))",
        "(rng.random(), int(np.random.default_rng().choice(len(p), p=p)))[1]",
        "with the same seed",
    ),
    ("at_temperature", "o / temperature", "o * temperature", "multiplied by the temperature"),
    (
        "at_temperature",
        "softmax(o / temperature)",
        "softmax(o) / temperature",
        "It is the logits that are divided",
    ),
    ("at_temperature", "o / temperature", "o", "the temperature is not used"),
    (
        "at_temperature",
        "softmax(o / temperature)",
        "softmax(softmax(o) / temperature)",
        "the softmax is taken twice",
    ),
    (
        "write",
        "x = draw(at_temperature(o, temperature)[0], rng)\n        written.append(x)",
        "written.append(draw(at_temperature(o, temperature)[0], rng))",
        "each character drawn is to be the next that is read",
    ),
    ("write", "        h = hidden[-1]\n", "", "the hidden state is not carried"),
    ("write", "    written = []\n", "    written, h = [], 0 * h\n", "in another state than h"),
    ("write", "written = []", "written = [x]", "x itself is not part"),
    ("write", "at_temperature(o, temperature)", "softmax(o)", "the temperature is not used"),
    ("write", "np.array(written)", "written", "write returns a list"),
    (
        "write",
        "forward(parameters, h, np.array([x]))",
        "forward(parameters, h, x)",
        "look at what it hands over",
    ),
    (
        "write",
        "    written = []\n",
        "    written, rng = [], np.random.default_rng()\n",
        "Pass rng on to draw",
    ),
    ("draw", "int(rng.choice(len(p), p=p))", "rng.choice(p)", "draws one of the probabilities"),
]

MEASURING = [
    ("bits_a_character", "np.log(2)", "np.log10(2)", "the wrong logarithm"),
    ("bits_a_character", "loss / (T * np.log(2))", "loss / np.log(2)", "not divided by T"),
    ("bits_a_character", "loss / (T * np.log(2))", "loss / T", "these are still nats"),
    ("bits_a_character", "(T * np.log(2))", "T * np.log(2)", "multiplied by log(2)"),
    (
        "bits_a_character",
        "loss / (T * np.log(2))",
        "np.log2(loss / T)",
        "the logarithm of the loss",
    ),
]

WRONG = [
    Wrong(module, *wrong)
    for module, each in (
        ("vocabulary", VOCABULARY),
        ("network", NETWORK),
        ("learning", LEARNING),
        ("writing", WRITING),
        ("measuring", MEASURING),
    )
    for wrong in each
]
