"""What the page's template names beyond the facts of the report, and what its script reads."""

import base64
from pathlib import Path
from typing import Any

from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.evaluation import words
from rnn.training import losses
from rnn.training.snapshot import Snapshot
from stages.common import networks, paths
from stages.common.params import Params
from stages.page import gradients, passage, writer
from stages.page import inside as units
from stages.page.curve import curve
from stages.page.provenance import provenance
from stages.page.results import Results

_LARGEST_NETWORK = 8 * 2**20  # bytes; base64 makes a third more of them


def page(
    settings: Params, results: Results, facts: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values of the page's template, and by name the blocks that its script reads.

    `facts` are those of the report. The figures of the report stand in their files already.
    """
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    indices = corpus.open_indices(paths.INDICES, vocabulary)
    known = words.words(vocabulary.decode(block) for block in indices.blocks())
    best = networks.load(paths.BEST, vocabulary)
    reading = passage.of_book(settings, best.parameters, indices)
    surprise, surprise_data = passage.surprise(vocabulary, reading, results.ngram_surprise)
    inside, inside_data = units.inside(best.parameters, vocabulary, reading)
    T, K = settings.train.sequence_length, results.corpus["vocabulary_size"]
    values = facts | {
        "snapshots": [
            snapshot | {"pieces": words.pieces(snapshot["text"], known)}
            for snapshot in facts["snapshots"]
        ],
        "epochs": [{"held_out_bits": None, **epoch} for epoch in results.epochs],
        "guessing_bits": losses.bits(losses.guessing(T, K), T),
        "check": gradients.figure(
            results.differences, settings.gradient_check.tolerances.model_dump()
        ),
        "provenance": provenance(Path(settings.corpus.path), "report"),
        "noise": str(paths.GRADIENT_TABLE),
        "static": {"smooth_loss": _image(paths.SMOOTH_LOSS_FIGURE)},
        "writer": settings.synthesize_best.model_dump()
        | {"parameters": sum(array.size for array in best.parameters)}
        if _fits(best)
        else None,
        "surprise": surprise,
        "inside": inside,
    }
    blocks = {
        "curve-data": curve(
            *results.curve,
            results.epochs,
            results.metrics,
            results.baselines,
            results.evolution,
            T,
            K,
        ),
        "surprise-data": surprise_data,
        "inside-data": inside_data,
        "writer-data": writer.block(best, settings.corpus.unknown) if _fits(best) else None,
    }
    return values, blocks


def _fits(best: Snapshot) -> bool:
    """Tell whether a network is small enough to lie in the page."""
    return sum(array.nbytes for array in best.parameters) <= _LARGEST_NETWORK


def _image(path: Path) -> str:
    """Return a drawing as an address that holds it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(path.read_bytes()).decode()}"
