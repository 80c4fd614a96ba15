"""The network from inside: what its units stand for, its weights, and the characters it knows."""

import base64
from typing import Any

import numpy as np

from rnn.data.vocabulary import Vocabulary
from rnn.evaluation import explanation
from rnn.evaluation.features import FEATURES, features, is_consonant, is_vowel
from rnn.evaluation.reading import Reading
from rnn.model import Parameters
from stages.page.picture import picture

_FIRST_UNITS = 10
_SHOWN = 1000  # characters of which the activations are in the page
_MOST_UNITS = 256  # whose activations are in the page
_MOST_CHARACTERS = 200  # beyond, a map of them is black
_SHADES = 9  # of an activation
_MARGIN = 4.0  # percent of a map's width around its points


def inside(
    parameters: Parameters, vocabulary: Vocabulary, reading: Reading
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the template and the script show of the units and of the characters."""
    measured = features(vocabulary.decode(reading.text))
    found = explanation.correlations(reading.hidden, np.stack(list(measured.values())))
    found = np.round(found, 3)  # so that the order of units is not one of last bits
    names, best = list(FEATURES), np.abs(found).argmax(axis=1)
    strength = np.abs(found).max(axis=1)
    ranked = np.lexsort((np.arange(len(best)), -strength))[:_MOST_UNITS]
    text = vocabulary.decode(reading.text[:_SHOWN])
    units = [
        {"unit": unit + 1, "feature": names[best[unit]], "r": float(found[unit, best[unit]])}
        for unit in ranked.tolist()
    ]
    first = reading.hidden[: len(text), ranked[0]]
    shown = {
        "features": names,
        "units": units[:_FIRST_UNITS],
        "pieces": list(zip(text, _shades(first).tolist(), strict=True)),
        "measured": len(reading.text),
        "weights": _weights(parameters, found, best, ranked, names),
        "map": _map(parameters, vocabulary),
    }
    activations = np.rint(reading.hidden[: len(text), ranked].T * 127) + 127
    block = {
        "units": units,
        "features": names,
        "correlations": found[ranked].tolist(),
        "activations": base64.b64encode(activations.astype(np.uint8).tobytes()).decode(),
    }
    return shown, block


def _shades(activations: np.ndarray) -> np.ndarray:
    """Return the shade of each activation from -1 to 1: 0 to 8, 4 about zero."""
    return np.minimum(((activations + 1) / 2 * _SHADES).astype(int), _SHADES - 1)


def _weights(
    parameters: Parameters,
    found: np.ndarray,
    best: np.ndarray,
    ranked: np.ndarray,
    names: list[str],
) -> dict[str, Any]:
    """Return W as a picture, its units sorted by the feature that explains each best."""
    order = np.array(
        sorted(ranked.tolist(), key=lambda unit: (best[unit], -found[unit, best[unit]], unit))
    )
    weights = parameters.W[np.ix_(order, order)].astype(np.float64)
    largest = float(np.sort(np.abs(weights), axis=None)[int(0.99 * (weights.size - 1))]) or 1.0
    groups, start = [], 0
    for index, name in enumerate(names):
        count = int((best[order] == index).sum())
        if count:
            groups.append(
                {
                    "feature": name,
                    "count": count,
                    "start": round(100 * start / len(order), 3),
                    "middle": round(100 * (start + count / 2) / len(order), 3),
                }
            )
        start += count
    return {
        "image": picture(np.clip(weights / largest, -1, 1)),
        "groups": groups,
        "units": len(order),
        "largest": largest,
    }


def _map(parameters: Parameters, vocabulary: Vocabulary) -> dict[str, Any] | None:
    """Return where each character stands by its column of U, in percent; None of too many."""
    if len(vocabulary) > _MOST_CHARACTERS:
        return None
    coordinates, shares = explanation.principal_components(parameters.U.T)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    spread = np.where(high > low, high - low, 1.0)
    places = np.round(_MARGIN + (coordinates - low) / spread * (100 - 2 * _MARGIN), 2)
    return {
        "shares": shares,
        "characters": [
            {"text": _NAMES.get(character, character), "kind": _kind(character), "x": x, "y": y}
            for character, (x, y) in zip(vocabulary.characters, places.tolist(), strict=True)
        ],
    }


_NAMES = {" ": "␣", "\n": "⏎", "\t": "⇥"}


def _kind(character: str) -> str:
    if character.isdigit():
        return "digit"
    if character.isupper():
        return "capital"
    if is_vowel(character):
        return "vowel"
    return "consonant" if is_consonant(character) else "sign"
