"""From a book to its vocabulary and its indices."""

from pathlib import Path

from rnn import corpus, storage
from stages import command, params, paths


def main() -> None:
    """Turn the book that params.yaml names into a vocabulary and an array of indices.

    Reads the book; writes both to data/preprocess/, and the book's figures to reports/metrics/.
    """
    settings = params.load()
    book, encoding = Path(settings.corpus.path), settings.corpus.encoding
    vocabulary, length = corpus.scan(book, encoding)
    updates = corpus.updates_per_epoch(length, settings.train.sequence_length)

    corpus.write_indices(paths.INDICES, book, encoding, vocabulary, length)
    vocabulary.save(paths.VOCABULARY)
    storage.write_json(
        paths.CORPUS_METRICS,
        {
            "characters": length,
            "vocabulary_size": len(vocabulary),
            "updates_per_epoch": updates,
        },
    )
    print(
        f"{book}: {length:,} characters, {len(vocabulary)} of them distinct, "
        f"{updates:,} updates an epoch"
    )


if __name__ == "__main__":
    command.run(main)
