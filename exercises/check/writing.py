"""The checks of exercises/writing.py."""

from collections.abc import Mapping

import numpy as np

from exercises.check import expect
from exercises.check.student import Mistake, call, calls
from exercises.parameters import Parameters

_DRAWS = 2_000
_ONE_IN_A_BILLION = 6.0  # standard deviations of a normal number: so rarely is a right one refused


def draw() -> None:
    """Each index as often as it is probable, by a chi-square test, and by `rng` alone."""
    p = np.array([0.40, 0.0, 0.25, 0.05, 0.18, 0.12])
    rng = np.random.default_rng(5)
    before = rng.bit_generator.state
    draws = calls(_DRAWS, "writing.draw", p, rng)
    drawn = np.array([_index(index, len(p)) for index in draws])
    if rng.bit_generator.state == before:
        likely = "Likely: another generator than the one that is passed in."
        if (drawn == p.argmax()).all():
            likely = (
                "Likely: argmax. The likeliest character each time is not a sample: a network that "
                "writes so soon goes round in circles."
            )
        raise Mistake("draw takes nothing from the generator rng.", likely)
    if (drawn == 1).any():
        raise Mistake(
            f"draw drew index 1, and p is {p.tolist()}: 1 has the probability 0.",
            _likely_distribution(drawn, _wrong(p)),
        )
    _by_chance(f"draw(p, rng), where p is {p.tolist()}", drawn, p, _wrong(p))
    again = [
        [int(index) for index in calls(50, "writing.draw", p, rng)]
        for rng in (np.random.default_rng(6), np.random.default_rng(6))
    ]
    if again[0] != again[1]:
        raise Mistake(
            "draw draws something else from a generator with the same seed.",
            "Likely: np.random or random is used as well. All chance is to come from rng.",
        )


def at_temperature() -> None:
    """The softmax of the logits, divided by the temperature."""
    o, temperature = np.array([[1.0, -0.5, 0.3], [0.2, 0.0, 2.0]]), 0.4
    said = "at_temperature(o, 0.4)"
    p = expect.array(said, call("writing.at_temperature", o, temperature), o.shape)
    plain = _softmax(o)
    expect.close(
        said,
        p,
        _softmax(o / temperature),
        {
            "multiplied by the temperature instead of divided.": _softmax(o * temperature),
            "the probabilities are divided, and no longer sum to 1. It is the logits that are "
            "divided, before the softmax.": plain / temperature,
            "the temperature is not used.": plain,
            "the softmax is taken twice: it is the logits that are divided.": _softmax(
                plain / temperature
            ),
            "the powers p^(1 / temperature) are not divided by their sum.": plain
            ** (1 / temperature),
            "these are the logits, divided. Their softmax is missing.": o / temperature,
        },
        "right",
    )
    cold = expect.array(
        "at_temperature(o, 0.001)", call("writing.at_temperature", o, 0.001), o.shape
    )
    expect.close("at_temperature(o, 0.001)", cold, _softmax(o / 0.001), {}, "right")


def write() -> None:
    """Networks of which it is known what they write: by what is read, by the state, by chance."""
    _reads_what_it_wrote()
    _carries_its_state()
    _draws_at_its_temperature()


def _reads_what_it_wrote() -> None:
    K = 4
    onward = np.roll(np.eye(K), 1, axis=0)  # takes what stands at i to i + 1, round and round
    none = np.zeros(K)
    alphabet = Parameters(10 * np.eye(K), np.zeros((K, K)), 50 * onward, none, none)
    said = "A network that knows the alphabet 0, 1, 2, 3, 0, ... read 0 and wrote"
    _writes(
        said,
        alphabet,
        none,
        [1, 2, 3, 0, 1, 2],
        {
            "each character drawn is to be the next that is read: x = draw(...).": [1] * 6,
            "x itself is not part of what is written.": [0, 1, 2, 3, 0, 1],
        },
    )


def _carries_its_state() -> None:
    K = 4
    onward = np.roll(np.eye(K), 1, axis=0)
    none = np.zeros(K)
    clock = Parameters(np.zeros((K, K)), 10 * onward, 50 * np.eye(K), none, none)
    said = "A network that only counts, 1, 2, 3, 0, ..., whatever it reads, wrote"
    _writes(
        said,
        clock,
        np.eye(K)[0],
        [1, 2, 3, 0, 1, 2],
        {
            "the hidden state is not carried: after each character, h is the last of the states "
            "that forward returned.": [1] * 6,
        },
        otherwise="it begins in another state than h, such as zeros.",
    )


def _draws_at_its_temperature() -> None:
    p = np.array([0.45, 0.30, 0.20, 0.05])
    K, m, length, temperature = len(p), 3, 600, 0.5
    dice = Parameters(np.zeros((m, K)), np.zeros((m, m)), np.zeros((K, m)), np.zeros(m), np.log(p))
    texts = [
        expect.array(
            "write(...)",
            call("writing.write", dice, np.zeros(m), 0, length, rng, temperature),
            (length,),
        )
        for rng in (np.random.default_rng(7), np.random.default_rng(7))
    ]
    _by_chance(
        f"write at temperature {temperature}",
        texts[0],
        _powers(p, 1 / temperature),
        {
            "the temperature is not used: these are the probabilities at temperature 1.": p,
            "the temperature is used twice.": _powers(p, 1 / temperature**2),
            "multiplied by the temperature instead of divided.": _powers(p, temperature),
        },
    )
    if (texts[0] != texts[1]).any():
        raise Mistake(
            "write writes something else from a generator with the same seed.",
            "Likely: a generator is made inside. Pass rng on to draw.",
        )


def _writes(
    said: str,
    parameters: Parameters,
    h: np.ndarray,
    right: list[int],
    mistakes: Mapping[str, list[int]],
    otherwise: str = "",
) -> None:
    rng = np.random.default_rng(8)
    got = call("writing.write", parameters, h, 0, len(right), rng, 1.0)
    if isinstance(got, list):
        raise Mistake("write returns a list, not a NumPy array.", "Likely: np.array(...) is left.")
    got = np.asarray(got)
    if got.shape == (len(right) + 1,):
        raise Mistake(
            f"write returned {len(got)} characters where length is {len(right)}.",
            "Likely: x itself is not part of what is written.",
        )
    got = expect.array("write(...)", got, (len(right),))
    if got.tolist() != right:
        likely = next((why for why, wrong in mistakes.items() if got.tolist() == wrong), otherwise)
        shown = ", ".join(str(index) for index in got.tolist())
        raise Mistake(
            f"{said} {shown} instead of {', '.join(map(str, right))}.",
            likely and f"Likely: {likely}",
        )


def _index(got: object, K: int) -> int:
    if isinstance(got, np.ndarray) and got.ndim:
        raise Mistake(
            f"draw returns an array of shape {got.shape}, not one index.",
            "Likely: a size was asked for: rng.choice(K, 1, p=p), or rng.multinomial.",
        )
    if not isinstance(got, int | np.integer) and not (
        isinstance(got, np.ndarray) and got.dtype.kind in "iu"
    ):
        raise Mistake(
            f"draw returns a {type(got).__name__}, not an index from 0 to {K - 1}.",
            "Likely: rng.choice(p), which draws one of the probabilities; its first argument is "
            "what to draw from."
            if isinstance(got, float)
            else "",
        )
    if not 0 <= got < K:
        raise Mistake(
            f"draw returned {got}, and indices are 0 to {K - 1}.",
            "Likely: counted from 1, or one step too far along the cumulated probabilities.",
        )
    return int(got)


def _wrong(p: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "p is not used: every index is drawn equally often.": np.full(len(p), 1 / len(p)),
        "an index too far: what is meant for i is drawn as i + 1.": np.roll(p, 1),
        "an index too short: what is meant for i + 1 is drawn as i.": np.roll(p, -1),
        "the softmax is taken of p, which is one already.": _softmax(p[None])[0],
        "p is squared somewhere, or drawn from twice.": _powers(p, 2),
    }


def _by_chance(
    said: str, drawn: np.ndarray, p: np.ndarray, mistakes: Mapping[str, np.ndarray]
) -> None:
    """Raise Mistake where what was drawn is not what the probabilities p (K,) would give."""
    counts = np.bincount(drawn.astype(int), minlength=len(p))
    statistic, bound = _chi_square(counts, p)
    if statistic <= bound:
        return
    share = counts / len(drawn)
    place = int(np.abs(share - p).argmax())
    raise Mistake(
        f"{said}: of {len(drawn)} draws {100 * share[place]:.1f} % are the index {place}, whose "
        f"probability is {100 * p[place]:.1f} %. Chi-square is {statistic:.0f}; by chance it stays "
        f"below {bound:.0f}.",
        _likely_distribution(drawn, mistakes),
    )


def _likely_distribution(drawn: np.ndarray, mistakes: Mapping[str, np.ndarray]) -> str:
    for said, p in mistakes.items():
        statistic, bound = _chi_square(np.bincount(drawn.astype(int), minlength=len(p)), p)
        if statistic <= bound:
            return f"Likely: {said}"
    return ""


def _chi_square(counts: np.ndarray, p: np.ndarray) -> tuple[float, float]:
    """Return Pearson's statistic, and what it exceeds once in a billion where p is right.

    The bound is that of Wilson and Hilferty (PNAS 17(12), 1931): the cube root of a chi-square
    number is nearly normal.
    """
    if counts[p == 0].any():
        return np.inf, 0.0
    counts, p = counts[p > 0], p[p > 0]
    expected = counts.sum() * p
    spread = 2 / (9 * (len(p) - 1))
    bound = (len(p) - 1) * (1 - spread + _ONE_IN_A_BILLION * np.sqrt(spread)) ** 3
    return float(((counts - expected) ** 2 / expected).sum()), float(bound)


def _powers(p: np.ndarray, exponent: float) -> np.ndarray:
    return p**exponent / (p**exponent).sum()


def _softmax(o: np.ndarray) -> np.ndarray:
    e = np.exp(o - o.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)
