"""What stages hand to the report, in its smallest form."""

import json
from pathlib import Path

from stages.common import paths
from stages.page import results

LOSS = {
    "final_smooth_loss": 6.5,
    "epoch_mean_loss": 6.25,
    "min_smooth_bits": 1.5,
    "epoch_mean_bits": 1.6,
}
VALUES = {
    paths.CORPUS_METRICS: {"characters": 30, "vocabulary_size": 5},
    paths.TRAIN_METRICS: {
        "min_smooth_loss": 6.0,
        "min_smooth_loss_update": 3,
        "best_update": 4,
        "held_out_bits": 1.7,
        "final_held_out_bits": 1.75,
        "updates": 4,
        "updates_per_epoch": 2,
        "epochs": 2,
        **LOSS,
    },
    paths.BASELINES: {"1_gram_bits": 4.5, "2_gram_bits": 1.6},
    paths.GRADIENT_TABLE: [
        {"case": "m=1", "engine": "numpy", "method": method, "parameter": name}
        | {"absolute": 1e-9, "relative": 1e-8}
        for method in ("central_differences", "complex_step")
        for name in "UWVbc"
    ],
    paths.EVOLUTION: [
        {"update": 0, "smooth_loss": 8.0, "held_out_bits": 2.3, "known_word_share": None}
        | {"text": "zz"},
        {"update": 2, "smooth_loss": 7, "held_out_bits": None, "known_word_share": 0.5}
        | {"text": "a `` b"},
    ],
    paths.BEST_TEXT_PROBABILITIES: {"prime": "a", "text": "bc", "probabilities": [0.5, 1]},
}
QUALITY = {
    "characters": 2,
    "known_word_share": None,
    "distinct_4grams": 0.5,
    "copied_share": 0.25,
    "longest_copied_run": 1,
    "longest_copied_text": "a",
}
VALUES[paths.TEXTS] = {
    "held_out": QUALITY,
    "temperatures": [{"temperature": 0.5, **QUALITY}, {"temperature": 1.0, **QUALITY}],
    "snapshots": [{"update": 0, **QUALITY}, {"update": 2, **QUALITY}],
}
CURVE = "update,smooth_loss\n1,8.000000\n3,6.000000\n4,6.500000\n"
CONTENTS = {path: json.dumps(value).encode() for path, value in VALUES.items()}
CONTENTS[paths.SMOOTH_LOSS_CURVE] = CURVE.encode()
READERS = {
    paths.CORPUS_METRICS: results.corpus,
    paths.TRAIN_METRICS: results.train,
    paths.BASELINES: lambda: results.baselines(results.train()),
    paths.GRADIENT_TABLE: results.gradient_table,
    paths.EVOLUTION: results.evolution,
    paths.BEST_TEXT_PROBABILITIES: results.best_text,
    paths.TEXTS: results.texts,
    paths.SMOOTH_LOSS_CURVE: lambda: results.smooth_loss_curve(results.train()),
}


def write(folder: Path) -> None:
    """Write every file below a folder."""
    for path, content in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
