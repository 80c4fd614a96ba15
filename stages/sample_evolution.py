"""How the network's text turned from noise into words."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from typing import Any

from rnn import rng
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.engine import ENGINES, Draw
from rnn.evaluation import sampling, words
from rnn.storage import files
from rnn.training import losses
from stages.common import command, inputs, networks, paths


def main() -> None:
    """Let each snapshot write, and count the words that occur in the book.

    Reads the snapshots in data/train/ and the book's indices and vocabulary in data/preprocess/;
    writes what they wrote to data/sample_evolution/.
    """
    with inputs.held("sample_evolution") as held:
        settings, T = held.params.sample_evolution, held.params.train.sequence_length
        engine = ENGINES[held.params.train.engine]
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        known = words.words(vocabulary.decode(block) for block in indices.blocks())
        evolution = []
        for snapshot in networks.snapshots(vocabulary):
            sample = sampling.write(
                engine,
                snapshot,
                settings.length,
                Draw(settings.temperature, settings.top_k, settings.top_p),
                rng.generator(settings.seed),
            )
            evolution.append(
                {
                    "update": snapshot.update,
                    "smooth_loss": snapshot.smooth_loss,
                    "known_word_share": words.known_word_share(sample.text, known),
                    "text": sample.text,
                }
            )
        files.write_json(paths.EVOLUTION, evolution)
        for entry in evolution:
            print(summary(entry, T))


def summary(entry: dict[str, Any], sequence_length: int) -> str:
    """Return one line on what a snapshot wrote."""
    loss, count = entry["smooth_loss"], len(words.whole_words(entry["text"]))
    share = f"{entry['known_word_share']:.0%} of {count} words" if count else "no words"
    return (
        f"update {entry['update']:,}, smooth loss {loss:.2f} nats a window, "
        f"{losses.bits(loss, sequence_length):.2f} bits a character, {share} in the book"
    )


if __name__ == "__main__":
    command.run(main)
