"""What is a good loss? That of n-grams on the same text."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import HeldOut, split
from rnn.evaluation import ngrams
from rnn.storage import files
from stages.common import command, inputs, paths


def main() -> None:
    """Measure n-grams on the text that is held out, in bits a character.

    Reads the indices and the vocabulary in data/preprocess/; writes to reports/metrics/, data/ is
    left as it is.
    """
    with inputs.held("baselines") as held:
        settings = held.params
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        start = split(len(indices), settings.corpus.holdout)
        bits = []
        if settings.corpus.holdout:
            HeldOut(indices, start)  # refuses too short a book
            order, book = settings.baselines.order, indices[:]
            rows = ngrams.probabilities(book[:start], book[start:], len(vocabulary), order)
            bits = [ngrams.bits_a_character(row) for row in rows]
        files.write_json(
            paths.BASELINES, {f"{n}_gram_bits": value for n, value in enumerate(bits, start=1)}
        )
        print(f"n-grams, from 1 on, in bits a character: {', '.join(f'{v:.2f}' for v in bits)}")


if __name__ == "__main__":
    command.run(main)
