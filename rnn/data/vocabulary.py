"""Characters and their indices."""

import unicodedata
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from rnn.errors import Damaged, UnknownCharacter
from rnn.storage import files

LARGEST = 65_000  # distinct characters; of more, no network at the level of characters makes sense
CODE_POINTS = 0x110000  # of Unicode
Unknown = Literal["error", "nearest", "skip"]  # what to do about a character that it lacks
ALIKE = (  # what Unicode holds apart and typists do not, the most usual first
    "'’‘‛‚′ʼ‹›",
    '"”“‟„«»',
    "-–—‐‒―−",
)


@dataclass(frozen=True)
class Vocabulary:
    """The K distinct characters of a book, sorted by code point: a character's index is its rank.

    The order is that of Unicode, never that of a set, so that the same book gives the same indices
    in every run.
    """

    characters: str

    @classmethod
    def of(cls, text: Iterable[str]) -> "Vocabulary":
        """Return the vocabulary of the characters in `text`."""
        return cls("".join(sorted(set(text))))

    def __len__(self) -> int:
        return len(self.characters)

    def is_sound(self) -> bool:
        """Tell whether a book can have these characters in this order."""
        return (
            2 <= len(self) <= LARGEST
            and all(before < after for before, after in pairwise(self.characters))
            and not any("\ud800" <= character <= "\udfff" for character in self.characters)
        )

    @cached_property
    def dtype(self) -> np.dtype:
        """The smallest unsigned integer type that holds every index."""
        return np.min_scalar_type(max(len(self) - 1, 0))

    @cached_property
    def _index_of_code_point(self) -> np.ndarray:
        # K stands for what is unknown, so a table for 256 characters takes two bytes an entry.
        table = np.full(CODE_POINTS, len(self), dtype=np.min_scalar_type(len(self)))
        table[code_points(self.characters)] = np.arange(len(self))
        return table

    def encode(self, text: str, name: str = "text", unknown: Unknown = "error") -> np.ndarray:
        """Return the indices of `text`: (len(text),), of `self.dtype`.

        What is done about a character that is not in the vocabulary is up to `unknown`: it is an
        "error"; or the "nearest" stand in its place; or it is left out, "skip". So there may be
        more indices or fewer.

        Raises UnknownCharacter with the text's name and the first character of which nothing is
        known to be done.
        """
        indices = look_up(self._index_of_code_point, text)
        places = np.flatnonzero(indices == len(self))
        if not places.size:
            return indices.astype(self.dtype, copy=False)
        points = code_points(text)
        instead: dict[int, str | None] = {
            point: self._instead_of(chr(point), unknown) for point in np.unique(points[places])
        }
        for place in places:
            if instead[points[place]] is None:
                raise UnknownCharacter(
                    f"{name}: character {text[place]!r} (U+{points[place]:04X}) at place "
                    f"{place + 1} of {text[:40]!r} is not among the {len(self)} characters of the "
                    "book"
                )
        return self.encode(text.translate(instead), name)

    def _instead_of(self, character: str, unknown: Unknown) -> str | None:
        if unknown == "skip":
            return ""
        return self._nearest(character) if unknown == "nearest" else None

    def _nearest(self, character: str) -> str | None:
        """Return what of the vocabulary comes next to a character that it lacks, or None.

        That is what Unicode says that it is compatible with (Unicode Standard Annex 15, form NFKD:
        é is e with an accent, ﬁ is fi), without those accents that the vocabulary lacks; a quote or
        a dash of another shape; and a letter of the other case.
        """
        parts = [self._nearest_part(each) for each in unicodedata.normalize("NFKD", character)]
        return None if None in parts else "".join(parts)

    def _nearest_part(self, character: str) -> str | None:
        alike = next((group for group in ALIKE if character in group), "")
        for each in (character, *alike, character.casefold(), character.swapcase()):
            if set(each) <= self._known:
                return each
        return "" if unicodedata.combining(character) else None

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.characters)

    def decode(self, indices: np.ndarray) -> str:
        """Return the text of `indices`, integers from 0 to K - 1."""
        return "".join(map(self.characters.__getitem__, indices))

    def save(self, path: Path) -> None:
        """Write the characters and a check sum of them as JSON."""
        files.write_json(path, {"characters": list(self.characters), "crc32": self._checksum()})

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read a vocabulary. Raises InputError where the file is not what `save` wrote."""
        value = files.read_json(path)
        characters = value.get("characters") if isinstance(value, dict) else None
        if (
            not isinstance(characters, list)
            or not all(isinstance(entry, str) and len(entry) == 1 for entry in characters)
            or not cls("".join(characters)).is_sound()
            or value != {"characters": characters, "crc32": cls("".join(characters))._checksum()}
        ):
            raise Damaged(path, f"no vocabulary of 2 to {LARGEST:,} characters")
        return cls("".join(characters))

    def _checksum(self) -> int:
        return zlib.crc32(code_points(self.characters).tobytes())


def code_points(text: str) -> np.ndarray:
    """Return the Unicode code points of `text`: (len(text),), uint32."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def look_up(table: np.ndarray, text: str) -> np.ndarray:
    """Return what `table`, (CODE_POINTS,), holds for each character of `text`: (len(text),)."""
    if text.isascii() and table.itemsize == 1:  # some three times as fast as what is below
        return np.frombuffer(
            bytearray(text, "ascii").translate(table[:256].tobytes()), dtype=table.dtype
        )
    return table.take(code_points(text))
