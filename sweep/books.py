"""The books of a sweep, as the `preprocess` stage makes them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.errors import InputError
from rnn.storage.rows import FrozenArray
from stages.common.params import Params
from stages.preprocess import book_of
from sweep import paths
from sweep.plan import Trial
from sweep.trial import Book

Name = tuple[str, str]  # path and encoding


class Prepared(NamedTuple):
    """A book that is ready to be trained on."""

    vocabulary: Vocabulary
    indices: FrozenArray

    def to_send(self) -> Book:
        """Return what a worker needs of it."""
        return Book(self.vocabulary.characters, self.indices[:], self.indices.sha256)


def name_of(params: Params) -> Name:
    """Return which book a training reads."""
    return params.corpus.path, params.corpus.encoding


def read(book: Path, encoding: str, indices: Path) -> Prepared:
    """Return a book whose indices are written to a file."""
    vocabulary, length = corpus.scan(book, encoding)
    corpus.write_indices(indices, book, encoding, vocabulary, length)
    return Prepared(vocabulary, corpus.open_indices(indices, vocabulary))


@contextmanager
def prepared(trials: list[Trial]) -> Iterator[dict[Name, Prepared]]:
    """Yield the books that the trials read; their indices lie in a temporary folder meanwhile.

    Raises InputError where one cannot be read, or lies where DVC would not see it change.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for number, name in enumerate(sorted({name_of(trial.params) for trial in trials})):
            path, encoding = name
            book = book_of(path)
            if not book.resolve().is_relative_to(paths.BOOKS.resolve()):
                raise InputError(
                    f"corpus.path: {path} is outside {paths.BOOKS}, where DVC does not see it "
                    f"change; put it into {paths.BOOKS} for a sweep"
                )
            found[name] = read(book, encoding, Path(folder) / f"{number}.npy")
        yield found
