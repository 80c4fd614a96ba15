"""Records of equal length in a file that grows: what a long training does not keep in memory."""

import os
import shutil
import zlib
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from rnn import storage

_BLOCK = 2**20  # bytes in memory at a time


class Records:
    """Records of `size` bytes each in a file open for reading and writing."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._checksum = 0, 0  # of how many bytes, and which

    def write(self, index: int, content: bytes) -> None:
        """Put records in their places, from `index` on."""
        start = index * self._size
        if start < self._checksum[0]:
            self._checksum = 0, 0
        self._file.seek(start)
        self._file.write(content)

    def read(self, start: int, stop: int) -> bytes:
        """Return the records from `start` to before `stop`, as far as they go."""
        self._file.seek(start * self._size)
        content = self._file.read((stop - start) * self._size)
        return content[: len(content) // self._size * self._size]

    def checksum(self, count: int) -> int:
        """Return the CRC-32 of the first `count` records, as far as they go."""
        end = count * self._size
        known, checksum = self._checksum if self._checksum[0] <= end else (0, 0)
        self._file.seek(known)
        for start in range(known, end, _BLOCK):
            checksum = zlib.crc32(self._file.read(min(_BLOCK, end - start)), checksum)
        self._checksum = end, checksum
        return checksum

    def is_sound(self, count: int) -> bool:
        """Tell whether the first `count` records still have the check sum that they had."""
        before = self.checksum(count)
        self._checksum = 0, 0
        return self.checksum(count) == before

    def flush_to_disk(self) -> None:
        """Return when the records would outlive a loss of power."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what there is no room for is lost, and was not promised to be kept."""
        with suppress(OSError):
            self._file.close()

    def put_in_place(self, path: Path) -> None:
        """Copy the records to `path` and go on there, where that is no longer their file.

        A file that is open keeps its content when its name is deleted or given to another.
        """
        if storage.is_in_place(self._file, path):
            return
        storage.remove(path)
        copy = storage.open_own(path)
        self._file.seek(0)
        shutil.copyfileobj(self._file, copy, _BLOCK)
        self._file.close()
        self._file = copy
