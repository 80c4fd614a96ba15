"""What stages hand to the report, in its smallest form."""

import json
from pathlib import Path

import numpy as np

from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import PASSAGE, split
from rnn.storage import rows
from rnn.training.snapshot import Snapshot
from stages.common import paths
from stages.page import results
from tests.support.networks import network

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
    paths.NGRAM_SURPRISE: {"order": 2, "bits": [1.5]},
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
VOCABULARY = Vocabulary("abcde")
BOOK = "abcde" * 6
EPOCHS = "epoch,mean_bits,held_out_bits\n1,2.500000,2.250000\n2,1.600000,1.700000\n"
CURVE = "update,smooth_loss\n1,8.000000\n3,6.000000\n4,6.500000\n"
CONTENTS = {path: json.dumps(value).encode() for path, value in VALUES.items()}
CONTENTS[paths.SMOOTH_LOSS_CURVE] = CURVE.encode()
CONTENTS[paths.EPOCHS] = EPOCHS.encode()
READERS = {
    paths.CORPUS_METRICS: results.corpus,
    paths.TRAIN_METRICS: results.train,
    paths.BASELINES: lambda: results.baselines(results.train()),
    paths.NGRAM_SURPRISE: lambda: results.ngram_surprise(results.train()),
    paths.GRADIENT_TABLE: results.gradient_table,
    paths.EVOLUTION: results.evolution,
    paths.BEST_TEXT_PROBABILITIES: results.best_text,
    paths.TEXTS: results.texts,
    paths.SMOOTH_LOSS_CURVE: lambda: results.smooth_loss_curve(results.train()),
    paths.EPOCHS: lambda: results.epochs(results.train()),
}
ONLY_HASHED = (
    paths.VERDICT,
    paths.BEST_TEXT,
    paths.TEXT_METRICS,
    paths.HEALTH,
    paths.TEMPERATURE_CURVE,
)


def write(folder: Path, vocabulary: Vocabulary = VOCABULARY, book: str = BOOK) -> None:
    """Write every file below a folder; the network is one for the vocabulary of the book."""
    for path, content in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    for path in (Path("data/raw/tide-clock.txt"), *ONLY_HASHED):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(book, encoding="utf-8")
    held_out = len(book) - split(len(book), 0.05)
    surprise = VALUES[paths.NGRAM_SURPRISE] | {"bits": [1.5] * min(held_out, PASSAGE)}
    (folder / paths.NGRAM_SURPRISE).write_text(json.dumps(surprise))
    vocabulary.save(folder / paths.VOCABULARY)
    indices = vocabulary.encode(book)
    rows.write(folder / paths.INDICES, vocabulary.dtype, [indices], len(indices))
    parameters = network(len(vocabulary)).astype("float32")
    hidden = np.zeros(parameters.hidden_size, "float32")
    snapshot = Snapshot(parameters, vocabulary, hidden, next_index=0, update=4, smooth_loss=6.5)
    for path in (paths.BEST, paths.snapshot(0)):
        snapshot.save(folder / path)
