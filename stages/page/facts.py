"""What the report's template puts into its text: plain values, under plain names."""

from typing import Any

from rnn.evaluation import originality, quality, words
from rnn.settings import AdaGrad
from rnn.training import losses
from stages.common import paths
from stages.common.params import Params
from stages.page import original
from stages.page.results import Results

_LONGEST_QUOTE = 200  # characters of a run that is copied


def facts(settings: Params, results: Results) -> dict[str, Any]:
    """Return all that the templates of the report and of the page have in common."""
    T, metrics, baselines = settings.train.sequence_length, results.metrics, results.baselines
    snapshots = [_snapshot(entry, T) for entry in results.evolution]
    return {
        "params": settings.model_dump(),
        "corpus": results.corpus,
        "metrics": metrics | {"final_smooth_bits": losses.bits(metrics["final_smooth_loss"], T)},
        "smoothing": {"old": settings.train.smoothing, "new": 1 - settings.train.smoothing},
        "optimizer": _optimizer(settings),
        "held_out_percent": 100 * settings.corpus.holdout,
        "baselines": [{"back": back, "bits": bits} for back, bits in enumerate(baselines)],
        "comparison": _comparison(metrics["held_out_bits"], baselines),
        "gradients": _gradients(results.differences),
        "snapshots": snapshots,
        "shown_snapshots": snapshots if len(snapshots) < 3 else [*snapshots[:2], snapshots[-1]],
        "best": results.best,
        "copying": _copying(results.texts),
        "original": _original(),
        "figures": {
            "temperature": str(paths.TEMPERATURE_FIGURE.relative_to(paths.REPORT.parent)),
            "smooth_loss": str(paths.SMOOTH_LOSS_FIGURE.relative_to(paths.REPORT.parent)),
            "known_words": str(paths.KNOWN_WORDS_FIGURE.relative_to(paths.REPORT.parent)),
        },
    }


def _optimizer(settings: Params) -> dict[str, Any]:
    """Return the optimiser in words, and its rate beside that of the original report."""
    rule, name = settings.rule, {"adagrad": "AdaGrad", "adam": "Adam"}[settings.train.optimizer]
    words = [f"{name}, eta = {rule.learning_rate:.6g}"]
    if isinstance(rule, AdaGrad):
        words.append(f"G from {rule.initial_accumulator:.6g}")
    if rule.fall:
        words.append(f"falling to zero over the last {rule.fall:.0%} of the updates")
    if rule.base_width < settings.model.hidden_size:
        share = rule.base_width / settings.model.hidden_size
        words.append(f"W and b at {share:.3g} of it, V at {min(1, 2 * share):.3g}")
    theirs = f"AdaGrad, eta = {original.FIGURES['learning_rate']}, G from "
    return {
        "description": ", ".join(words),
        "original": theirs + str(original.FIGURES["initial_accumulator"]),
        "ours": ", ".join(words[: 2 if isinstance(rule, AdaGrad) else 1]),
    }


def _comparison(held_out_bits: float | None, baselines: list[float]) -> str:
    """Return a sentence that places the network among the n-grams; empty where it cannot be."""
    if held_out_bits is None or not baselines:
        return ""
    beaten = next((n for n, bits in enumerate(baselines) if held_out_bits >= bits), len(baselines))
    if beaten == 0:
        return "not as good as knowing how often each character occurs"
    better = f"better than looking back {beaten - 1} character{'' if beaten == 2 else 's'}"
    return better if beaten == len(baselines) else f"{better}, not as good as {beaten}"


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
        "held_out_bits": entry["held_out_bits"],
        "words": len(words.whole_words(entry["text"])),
        "known_percent": None if share is None else 100 * share,
        "text": entry["text"],
    }


def _copying(texts: dict[str, Any]) -> dict[str, Any]:
    """Return how good the network's own text and the held-out passage are, and what it copies."""
    most = max(texts["temperatures"], key=lambda entry: entry["copied_share"] or 0)
    own = quality.own(texts["temperatures"])
    return {
        "temperature": quality.OWN_TEMPERATURE,
        "ngram": originality.NGRAM,
        "variety_over": quality.VARIETY_OVER,
        "shortest_run": originality.SHORTEST_RUN,
        "network": _quality(own),
        "held_out": _quality(texts["held_out"]),
        "temperatures": [
            {"temperature": entry["temperature"], **_quality(entry)}
            for entry in texts["temperatures"]
        ],
        "run": own["longest_copied_text"][:_LONGEST_QUOTE],
        "most_copied": {"temperature": most["temperature"], **_quality(most)},
    }


def _quality(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a text: shares in percent, None where there is nothing to share."""
    percent = {
        name: None if entry[key] is None else 100 * entry[key]
        for name, key in (
            ("known_percent", "known_word_share"),
            ("distinct_percent", "distinct_4grams"),
            ("copied_percent", "copied_share"),
        )
    }
    return {
        "characters": entry["characters"],
        "longest_run": entry["longest_copied_run"],
        **percent,
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
