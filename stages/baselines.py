"""What is a good loss? That of n-grams on the same text."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import PASSAGE, HeldOut, split
from rnn.evaluation import ngrams
from rnn.storage import files
from stages.common import command, inputs, paths

SHOWN_ORDER = 5  # of the n-grams whose surprise is kept, if they are so long


def main() -> None:
    """Measure n-grams on the text that is held out, in bits a character.

    Reads the indices and the vocabulary in data/preprocess/; writes to reports/metrics/, and to
    data/baselines/ how surprised one of them is by each character of a passage.
    """
    with inputs.held("baselines") as held:
        settings = held.params
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        start = split(len(indices), settings.corpus.holdout)
        bits, shown = [], {"order": 0, "bits": []}
        if settings.corpus.holdout:
            HeldOut(indices, start)  # refuses too short a book
            order, book = settings.baselines.order, indices[:]
            rows = ngrams.probabilities(book[:start], book[start:], len(vocabulary), order)
            bits = [ngrams.bits_a_character(row) for row in rows]
            order = min(SHOWN_ORDER, order)
            surprise = -ngrams.log2(rows[order - 1][:PASSAGE])
            shown = {"order": order, "bits": [round(value, 3) for value in surprise.tolist()]}
        files.write_json(paths.NGRAM_SURPRISE, shown)
        files.write_json(
            paths.BASELINES, {f"{n}_gram_bits": value for n, value in enumerate(bits, start=1)}
        )
        print(f"n-grams, from 1 on, in bits a character: {', '.join(f'{v:.2f}' for v in bits)}")


if __name__ == "__main__":
    command.run(main)
