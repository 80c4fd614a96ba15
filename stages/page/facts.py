"""What the report's template puts into its text: plain values, under plain names."""

from typing import Any

from rnn.evaluation import words
from rnn.training import losses
from stages.common import paths
from stages.common.params import Params, Train
from stages.page import original


def facts(
    settings: Params,
    corpus: dict[str, Any],
    metrics: dict[str, Any],
    differences: list[dict[str, Any]],
    evolution: list[dict[str, Any]],
    best: dict[str, Any],
) -> dict[str, Any]:
    """Return all that the template names, from what the readers in stages.page.results return."""
    T = settings.train.sequence_length
    return {
        "params": settings.model_dump(),
        "corpus": corpus,
        "metrics": metrics | {"final_smooth_bits": losses.bits(metrics["final_smooth_loss"], T)},
        "smoothing": {"old": settings.train.smoothing, "new": 1 - settings.train.smoothing},
        "optimizer": _optimizer(settings.train),
        "gradients": _gradients(differences),
        "snapshots": [_snapshot(entry, T) for entry in evolution],
        "best": best,
        "original": _original(),
        "figures": {
            "smooth_loss": str(paths.SMOOTH_LOSS_FIGURE.relative_to(paths.REPORT.parent)),
            "known_words": str(paths.KNOWN_WORDS_FIGURE.relative_to(paths.REPORT.parent)),
        },
    }


def _optimizer(train: Train) -> dict[str, Any]:
    """Return the optimiser in words, and its settings beside those of the original report."""
    eta, start = train.learning_rate, train.initial_accumulator
    original_eta = original.FIGURES["learning_rate"]
    original_start = original.FIGURES["initial_accumulator"]
    return {
        "description": f"AdaGrad, eta = {eta:.6g}, G from {start:.6g}",
        "settings": [
            {"name": "eta of AdaGrad", "original": original_eta, "ours": eta},
            {"name": "G starts at", "original": original_start, "ours": start},
        ],
    }


def _gradients(differences: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the cases of the gradient check, and each parameter's largest differences."""

    def largest(parameter: str, method: str) -> float:
        return max(
            row["absolute"]
            for row in differences
            if (row["parameter"], row["method"]) == (parameter, method)
        )

    return {
        "cases": list(dict.fromkeys(row["case"] for row in differences)),
        "largest": [
            {
                "parameter": parameter,
                "complex_step": largest(parameter, "complex_step"),
                "central_differences": largest(parameter, "central_differences"),
                "original": theirs,
            }
            for parameter, theirs in original.FIGURES["gradient_differences"].items()
        ],
    }


def _snapshot(entry: dict[str, Any], sequence_length: int) -> dict[str, Any]:
    """Return what a snapshot wrote and how good it is.

    `known_percent` is the share of its whole words that occur in the book, None if it has none.
    """
    share = entry["known_word_share"]
    return {
        "number": entry["update"],
        "smooth_loss": entry["smooth_loss"],
        "smooth_bits": losses.bits(entry["smooth_loss"], sequence_length),
        "words": len(words.whole_words(entry["text"])),
        "known_percent": None if share is None else 100 * share,
        "text": entry["text"],
    }


def _original() -> dict[str, Any]:
    """Return the figures of the original report, and what follows from them for each run."""
    values = original.FIGURES
    runs = [
        run
        | {
            "full_passes": run["epochs"] - values["first_epoch"],
            "smooth_bits": losses.bits(run["smooth_loss"], values["sequence_length"]),
        }
        for run in values["runs"]
    ]
    return values | {"runs": runs}
