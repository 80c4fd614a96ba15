"""How the network's text turned from noise into words."""

import numpy as np

from rnn import corpus, evaluation, sampling, storage
from rnn.errors import InputError
from rnn.snapshot import Snapshot
from rnn.vocabulary import Vocabulary
from stages import command, params, paths


def main() -> None:
    """Let each snapshot write, and count the words that occur in the book."""
    settings = params.load().sample_evolution
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    indices = corpus.open_indices(paths.INDICES, vocabulary)
    known = evaluation.words(vocabulary.decode(block) for block in indices.blocks())
    evolution = []
    for path in sorted(paths.SNAPSHOTS.glob("*.npz")):
        snapshot = Snapshot.load(path, len(vocabulary))
        rng = np.random.Generator(np.random.PCG64(settings.seed))
        sample = sampling.write(snapshot, vocabulary, settings.length, settings.temperature, rng)
        evolution.append(
            {
                "update": snapshot.update,
                "smooth_loss": snapshot.smooth_loss,
                "known_word_share": evaluation.known_word_share(sample.text, known),
                "text": sample.text,
            }
        )
    if not evolution:
        raise InputError(f"{paths.SNAPSHOTS}: holds no snapshots; run `dvc repro train`")
    storage.write_json(paths.EVOLUTION, evolution)
    storage.write_json(
        paths.EVOLUTION_METRICS, {"last_known_word_share": evolution[-1]["known_word_share"]}
    )
    for entry in evolution:
        share = entry["known_word_share"]
        words = "no words" if share is None else f"{share:.0%} of its words are in the book"
        print(f"update {entry['update']:,}, smooth loss {entry['smooth_loss']:.2f}, {words}")


if __name__ == "__main__":
    command.run(main)
