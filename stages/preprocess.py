"""From a book to its vocabulary and its indices."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from pathlib import Path

from rnn.data import corpus
from rnn.errors import InputError, printable
from rnn.storage import files
from stages.common import command, inputs, paths


def main() -> None:
    """Turn the book that params.yaml names into a vocabulary and an array of indices.

    Reads the book; writes both to data/preprocess/, and the book's figures to reports/metrics/.
    """
    with inputs.held("preprocess") as held:
        settings = held.params
        book, encoding = book_of(settings.corpus.path), settings.corpus.encoding
        vocabulary, length = corpus.scan(book, encoding)

        corpus.write_indices(paths.INDICES, book, encoding, vocabulary, length)
        vocabulary.save(paths.VOCABULARY)
        files.write_json(
            paths.CORPUS_METRICS,
            {"characters": length, "vocabulary_size": len(vocabulary)},
        )
        name = printable(str(book))
        print(f"{name}: {length:,} characters, {len(vocabulary)} of them distinct")


def book_of(path: str) -> Path:
    """Return where the book is. Raises InputError where `path` is an address."""
    if "://" in path:
        raise InputError(
            f"corpus.path: {path} is an address; fetch it with `dvc import-url {path} "
            "data/raw/book.txt` and set corpus.path to data/raw/book.txt"
        )
    return Path(path)


if __name__ == "__main__":
    command.run(main)
