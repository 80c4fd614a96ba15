"""A book, from a text file to an array of indices, in memory that does not grow with the book."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnn.data.vocabulary import CODE_POINTS, LARGEST, Vocabulary, code_points, look_up
from rnn.errors import Mismatched, UnfitBook, WrongEncoding
from rnn.storage import files, rows
from rnn.storage.rows import FrozenArray

_BLOCK = 2**17  # bytes of text that are in memory at a time; what is made of them fits a cache
_MARKS = {  # one of UTF-32 begins with one of UTF-16, so they come first
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_THE_BOOK_S = "the book's encoding"  # where nobody can tell which it is
_MOST_NULLS = 1 / 4  # of the characters; of Latin text in UTF-16 they are half


def read_text(path: Path, encoding: str) -> Iterator[str]:
    """Yield the book's text in blocks, with plain line feeds and without a byte-order mark.

    Raises InputError where the file cannot be read, the encoding is not known, or the bytes are not
    in it; the message then names the byte's offset.
    """
    try:
        "".encode(encoding)  # refuses codecs such as zlib, which are not of text
        decoder = codecs.getincrementaldecoder(encoding)()
    except (LookupError, ValueError):
        raise WrongEncoding(
            f"{encoding!r} is no text encoding of Python", f"{_THE_BOOK_S}, for example utf-8"
        ) from None
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    bytes_read = characters = 0
    at_start = True
    with files.open_input(path) as file:
        _refuse_another_mark(path, file.peek(4)[:4], encoding)
        while True:
            block = file.read(_BLOCK)
            bytes_read += len(block)
            text = _decode(decoder, block, path, encoding, bytes_read)
            text = newlines.decode(text, final=not block)
            if text and at_start:
                text = text.removeprefix("\ufeff")
                at_start = False
            _refuse_half_characters(path, text, characters, encoding)
            characters += len(text)
            yield text
            if not block:
                return


def _refuse_another_mark(path: Path, start: bytes, encoding: str) -> None:
    """Refuse a book that begins with a byte-order mark of UTF-16 or UTF-32 and is read as another.

    Many an encoding of single bytes has characters for these bytes, and for the NULs that follow.
    """
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            try:
                if mark.decode(encoding) in ("", "\ufeff"):
                    return
            except UnicodeError:
                pass
            raise WrongEncoding(
                f"{path}: begins with the byte-order mark of {name}, so it is not {encoding}", name
            )


def _decode(
    decoder: codecs.IncrementalDecoder, block: bytes, path: Path, encoding: str, bytes_read: int
) -> str:
    try:
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        # The error counts from the first byte that the decoder had kept from the block before.
        offset = bytes_read - len(error.object) + error.start
        raise WrongEncoding(
            f"{path}: byte {offset} is not {encoding} (0x{error.object[error.start]:02x})",
            f"{_THE_BOOK_S}, for example cp1252",
        ) from None
    except UnicodeError as error:  # UTF-16 and UTF-32 without a byte-order mark
        raise WrongEncoding(f"{path}: is not {encoding} ({error})", _THE_BOOK_S) from None


def _refuse_half_characters(path: Path, text: str, before: int, encoding: str) -> None:
    """Refuse surrogates, which no text can hold and no file of the pipeline could keep."""
    try:
        text.encode("utf-16-le")  # refuses them, as UTF-8 does, in a fraction of its time
    except UnicodeEncodeError as error:
        raise WrongEncoding(
            f"{path}: character {before + error.start + 1:,} in {encoding} is "
            f"U+{ord(text[error.start]):04X}, half of a character",
            f"{_THE_BOOK_S}, for example utf-8",
        ) from None


def scan(path: Path, encoding: str) -> tuple[Vocabulary, int]:
    """Return the vocabulary of a book and its length in characters.

    Raises InputError where the book cannot be read, is mostly NULs, or has no or too many distinct
    characters.
    """
    unseen = np.ones(CODE_POINTS, dtype=bool)
    length = nulls = 0
    for text in read_text(path, encoding):
        new = look_up(unseen, text)
        if new.any():
            unseen[code_points(text)[new]] = False
        length += len(text)
        if not unseen[0]:  # to count what is not there takes as long as to look for the new
            nulls += text.count("\0")
    vocabulary = Vocabulary("".join(map(chr, np.flatnonzero(~unseen))))
    if length == 0:
        raise UnfitBook(f"{path}: is empty")
    if nulls > _MOST_NULLS * length:
        raise WrongEncoding(
            f"{path}: {nulls:,} of its {length:,} characters are NULs, so it is not {encoding}",
            "utf-16-le, utf-16-be, utf-32-le or utf-32-be",
        )
    if len(vocabulary) < 2:
        raise UnfitBook(
            f"{path}: has one distinct character, {vocabulary.characters!r}, and nothing to learn"
        )
    if len(vocabulary) > LARGEST:
        raise UnfitBook(
            f"{path}: has {len(vocabulary):,} distinct characters, more than the {LARGEST:,} that "
            "are supported"
        )
    return vocabulary, length


def write_indices(
    path: Path, book: Path, encoding: str, vocabulary: Vocabulary, length: int
) -> None:
    """Write the indices of `book` as .npy: (length,), the vocabulary's dtype.

    Raises InputError where the book is no longer the one that was scanned.
    """
    blocks = (vocabulary.encode(text) for text in read_text(book, encoding))
    rows.write(path, vocabulary.dtype, blocks, length)


def open_indices(path: Path, vocabulary: Vocabulary) -> FrozenArray:
    """Open what `write_indices` wrote, after a look at every index.

    Raises InputError where the file is damaged or does not fit the vocabulary.
    """
    indices = rows.open_frozen(path)
    largest = max((int(block.max()) for block in indices.blocks()), default=0)
    if indices.dtype != vocabulary.dtype or largest >= len(vocabulary):
        raise Mismatched(
            f"{path}: holds {indices.dtype} up to {largest}, which does not fit the vocabulary of "
            f"{len(vocabulary)}"
        )
    return indices
