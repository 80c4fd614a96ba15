"""How the network's text turned from noise into words."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from typing import Any

from rnn import rng
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import HeldOut, split
from rnn.engine import ENGINES, Draw
from rnn.evaluation import sampling, words
from rnn.storage import files
from rnn.training import held_out, losses
from stages.common import command, inputs, networks, paths


def main() -> None:
    """Let each snapshot write; count the words that occur in the book, and measure the snapshot.

    Reads the snapshots in data/train/ and the book's indices and vocabulary in data/preprocess/;
    writes what they wrote, and their loss on the text that is held out, to data/sample_evolution/.
    """
    with inputs.held("sample_evolution") as held:
        settings, T = held.params.sample_evolution, held.params.train.sequence_length
        engine = ENGINES[held.params.train.engine]
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        known = words.words(vocabulary.decode(block) for block in indices.blocks())
        share = held.params.corpus.holdout
        text = HeldOut(indices, split(len(indices), share)) if share else None
        evolution = []
        for snapshot in networks.snapshots(vocabulary):
            loss = text and held_out.loss(engine, snapshot.parameters, text)
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
                    "held_out_bits": loss and losses.bits(loss, 1),
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
    beside = "" if entry["held_out_bits"] is None else f", {entry['held_out_bits']:.2f} held out"
    share = f"{entry['known_word_share']:.0%} of {count} words" if count else "no words"
    return (
        f"update {entry['update']:,}, smooth loss {loss:.2f} nats a window, "
        f"{losses.bits(loss, sequence_length):.2f} bits a character{beside}, {share} in the book"
    )


if __name__ == "__main__":
    command.run(main)
