"""A passage that the network has not read: what it makes of it, and what an n-gram does."""

import math
from typing import Any

from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import PASSAGE, HeldOut, Indices, split
from rnn.engine import ENGINES
from rnn.errors import Damaged
from rnn.evaluation.reading import Reading, read
from rnn.model import Parameters
from stages.common import paths
from stages.common.params import Params

_MEASURED = 10_000  # characters on which units are held against features
_GRADES = 8  # of surprise: below 1 bit, below 2, and so on, and all from 7 on


def of_book(settings: Params, parameters: Parameters, indices: Indices) -> Reading:
    """Return what the network makes of the held-out text, or else of the end of the book."""
    start = split(len(indices), settings.corpus.holdout)
    held_out = HeldOut(indices, start if start < len(indices) else max(1, start - PASSAGE))
    return read(ENGINES[settings.train.engine], parameters, held_out, _MEASURED)


def surprise(
    vocabulary: Vocabulary, reading: Reading, ngram: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the template and the script show of the network's surprise and an n-gram's.

    Raises Damaged where the n-gram's is not of as many characters.
    """
    text = vocabulary.decode(reading.text[:PASSAGE])
    if len(ngram["bits"]) not in (0, len(text)):
        raise Damaged(paths.NGRAM_SURPRISE, "it is of another passage")
    network = [round(value, 3) for value in reading.bits[: len(text)].tolist()]
    kinds = {"network": network} | ({"ngram": ngram["bits"]} if ngram["bits"] else {})
    shown = {
        "columns": [
            {
                "kind": kind,
                "mean": math.fsum(bits) / len(bits),
                "pieces": [
                    (character, min(int(value), _GRADES - 1))
                    for character, value in zip(text, bits, strict=True)
                ],
            }
            for kind, bits in kinds.items()
        ],
        "characters": len(text),
        "order": ngram["order"],
    }
    return shown, kinds
