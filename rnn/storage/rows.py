"""Long rows of numbers in a file, of which only what is asked for is in memory."""

import hashlib
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnn.errors import Damaged, Overwritten
from rnn.storage import archives, files

_BLOCK = 2**20  # bytes in memory at a time


class LongArray:
    """A row of numbers, or of records of equal size, in an open file; it grows as it is written."""

    def __init__(self, file: BinaryIO, dtype: np.dtype, offset: int = 0) -> None:
        """Take over `file`, open for reading and writing, whose row begins after `offset` bytes."""
        self.dtype = dtype
        self._file = file
        self._offset = offset
        self._checksum = 0, 0  # of how many bytes, and which

    def __del__(self) -> None:
        self.close()

    def __len__(self) -> int:
        return (files.size_of(self._file) - self._offset) // self.dtype.itemsize

    def __getitem__(self, places: slice) -> np.ndarray:
        """Return the numbers at `places`, a slice without a step."""
        start, stop, _ = places.indices(len(self))
        size = max(stop - start, 0) * self.dtype.itemsize
        return np.frombuffer(self._read(start * self.dtype.itemsize, size), self.dtype)

    def blocks(self, start: int = 0, stop: int | None = None) -> Iterator[np.ndarray]:
        """Yield the numbers from `start` to before `stop` in pieces of bounded size."""
        end, step = len(self) if stop is None else stop, max(1, _BLOCK // self.dtype.itemsize)
        for first in range(start, end, step):
            yield self[first : min(first + step, end)]

    def write(self, start: int, values: np.ndarray) -> None:
        """Put numbers in their places, from `start` on."""
        content = memoryview(values.astype(self.dtype).tobytes())
        place = start * self.dtype.itemsize
        if place < self._checksum[0]:
            self._checksum = 0, 0
        while content:
            written = os.pwrite(self._file.fileno(), content, self._offset + place)
            content, place = content[written:], place + written

    def checksum(self, count: int) -> int:
        """Return the CRC-32 of the first `count` numbers, as far as they go."""
        end = count * self.dtype.itemsize
        known, checksum = self._checksum if self._checksum[0] <= end else (0, 0)
        for start in range(known, end, _BLOCK):
            checksum = zlib.crc32(self._read(start, min(_BLOCK, end - start)), checksum)
        self._checksum = end, checksum
        return checksum

    def is_sound(self, count: int) -> bool:
        """Tell whether the first `count` numbers still have the check sum that they had."""
        before = self.checksum(count)
        self._checksum = 0, 0
        return self.checksum(count) == before

    def flush_to_disk(self) -> None:
        """Return when the row would outlive a loss of power."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what there is no room for is lost, and was not promised to be kept."""
        with suppress(OSError):
            self._file.close()

    def put_in_place(self, path: Path) -> None:
        """Copy the row to `path` and go on there, where that is no longer its file.

        A file that is open keeps its content when its name is deleted or given to another.
        """
        if files.is_in_place(self._file, path):
            return
        files.remove(path)
        copy = LongArray(files.open_own(path), self.dtype, self._offset)
        start = 0
        for block in self.blocks():
            copy.write(start, block)
            start += len(block)
        self._file, copy._file = copy._file, self._file

    def _read(self, start: int, size: int) -> bytes:
        return os.pread(self._file.fileno(), size, self._offset + start)


class FrozenArray(LongArray):
    """A row that somebody else has written and that stays as it is.

    The file stays open: what is put under its name later is another file, and is not read. One that
    is written to in its place is noticed.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Take over the open `file`. Raises ValueError where it is not what `write` writes."""
        self._file = file  # first, so that it is closed where it is refused
        self._path = path
        self._stamp = _stamp(file)
        dtype, shape, offset = archives.read_header(file, files.size_of(file) - len(_trailer(0)))
        if len(shape) != 1:
            raise ValueError(f"its shape is {shape}, not that of a row")
        super().__init__(file, dtype, offset)
        self._length = shape[0]

    def __len__(self) -> int:
        return self._length

    def check(self) -> None:
        """Read all of it, and set `sha256`, its digest. Raises ValueError where it is damaged."""
        checksum, digest = 0, hashlib.sha256(repr((self.dtype, self._length)).encode())
        for block in self.blocks():
            checksum = zlib.crc32(block, checksum)
            digest.update(block)
        if self._read(self._length * self.dtype.itemsize, _BLOCK) != _trailer(checksum):
            raise ValueError("its check sum is another")
        self.sha256 = digest.hexdigest()

    def _read(self, start: int, size: int) -> bytes:
        content = super()._read(start, size)
        if _stamp(self._file) != self._stamp:
            raise Overwritten(f"{self._path}: was written to while it was being read")
        return content


def write(path: Path, dtype: np.dtype, blocks: Iterable[np.ndarray], length: int) -> None:
    """Write blocks of numbers, `length` of them in all, as one .npy row with a check sum behind it.

    NumPy reads the row and ignores the check sum. Raises Overwritten where they are more or fewer.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": (length,),
    }
    written = checksum = 0
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            content = block.tobytes()
            file.write(content)
            checksum = zlib.crc32(content, checksum)
            written += len(block)
        file.write(_trailer(checksum))
        if written != length:
            raise Overwritten(f"{path}: {written} numbers where {length} were to come")


def open_frozen(path: Path) -> FrozenArray:
    """Open what `write` wrote, after a look at all of it.

    Raises InputError where `path` is no such file or its check sum is another.
    """
    try:
        row = FrozenArray(path, files.open_input(path))
        row.check()
    except ValueError as error:
        raise Damaged(path, error) from error
    return row


def _trailer(checksum: int) -> bytes:
    return b"crc32 %08x\n" % checksum


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns
