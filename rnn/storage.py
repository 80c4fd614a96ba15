"""Files that are either whole or not there, and that are checked before they are believed.

Arrays are kept in the .npy and .npz formats of NumPy (NEP 1), so that anybody can open them with
`numpy.load`. They are read here without it: a header is matched against the one form that is ever
written, and no size in a file is trusted before it has been compared with the file itself. Pickled
objects are never read.
"""

import errno
import glob
import hashlib
import io
import json
import math
import os
import re
import secrets
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rnn.errors import InputError
from rnn.stamp import stamp

_HEADER = re.compile(
    rb"\{'descr': '(\|[iu]1|<[iu][248]|<f[48])', 'fortran_order': False, "
    rb"'shape': \(((?:\d{1,18}(?:,|(?:, \d{1,18})+))?)\), \} *\n"
)
# What zipfile raises at what is no archive; OSError where it seeks before the start.
_MADE_BY_DAMAGE = (
    ValueError,
    EOFError,
    OSError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    struct.error,
    zipfile.BadZipFile,
)
_MAKE_ANEW = "delete it and run `dvc repro` to make it anew"
_BLOCK = 2**20  # numbers of a long array in memory at a time
_LONGEST_JSON = 64 * 2**20  # bytes; the largest vocabulary takes less than one MiB
_MOST_ARRAYS = 100  # in an archive; a checkpoint has some thirty
_AROUND_AN_ARRAY = 1000  # bytes at the most: its headers and its entry in the directory


# What this process has put in place, so that it can tell whether it is still there.
WRITTEN: dict[Path, tuple[int, ...] | None] = {}


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and put it in its place when the block ends well.

    The old file stays whole until the new one is complete and on the disk; when the block raises,
    the temporary file goes and the old one stays. One that a killed process left goes too: whoever
    writes `path` sees to it that nobody else does. The name is unique, so that two writers never
    share one all the same.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_over in path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 16}.tmp"):
        with suppress(OSError):  # what stands in the way of writing says so below
            left_over.unlink()
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.replace(path)
        WRITTEN[path] = stamp(path)
        _flush_to_disk(path.parent)
    except OSError as error:  # a disk that is full does not say which file it had no room for
        number, reason = error.errno or errno.EIO, error.strerror or str(error)
        raise OSError(number, reason, str(path)) from error
    finally:
        with suppress(OSError):  # a folder that cannot be written to has no such file either
            temporary.unlink()


def _flush_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, with line feeds as they are."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content`."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """Write `value` with sorted keys, so that equal values are equal bytes."""
    write_text(
        path,
        json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n",
    )


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises InputError where it is missing, too large or not valid."""
    with open_input(path) as file:
        if _size(file) > _LONGEST_JSON:
            raise InputError(f"{path}: is larger than {_LONGEST_JSON} bytes; {_MAKE_ANEW}")
        content = file.read()
    try:
        value = json.loads(content)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half a character in a text
        return value
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not valid JSON ({error}); {_MAKE_ANEW}") from error


def open_input(path: Path, way_out: str = "run `dvc repro` to make it") -> BinaryIO:
    """Open `path` for reading.

    Raises InputError where it is missing, no regular file or not readable, here or as soon as a
    read fails; the message names the file and ends in `way_out`.
    """
    try:
        # A pipe that nobody writes to would keep whoever opens it waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; {way_out}") from None
    except PermissionError:
        raise InputError(f"{path}: permission denied; make it readable") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}); {way_out}") from None
    except ValueError:  # a NUL, or half a character
        raise InputError(f"{path}: is no path that a file can have; {way_out}") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise InputError(f"{path}: is {kind}, not a file; {way_out}")
    return io.BufferedReader(_Input(descriptor, path, way_out))


class _Input(io.FileIO):
    """A file that is named where reading it fails, as it does in /proc and on failing disks."""

    def __init__(self, descriptor: int, path: Path, way_out: str) -> None:
        super().__init__(descriptor)
        self._path = path
        self._way_out = way_out

    def readinto(self, buffer: Any) -> int:
        return self._named(super().readinto, buffer)

    def readall(self) -> bytes:
        return self._named(super().readall)

    def _named(self, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            content = read(*arguments)
        except OSError as error:
            raise self._refusal(error.strerror) from error
        if content is None:  # as in /proc/kmsg, which would keep whoever reads it waiting
            raise self._refusal("it holds nothing yet")
        return content

    def _refusal(self, reason: str) -> InputError:
        return InputError(f"{self._path}: cannot be read ({reason}); {self._way_out}")


def write_long_array(
    path: Path, dtype: np.dtype, blocks: Iterable[np.ndarray], length: int
) -> None:
    """Write blocks of numbers, `length` of them in all, as one .npy row with a check sum behind it.

    NumPy reads the row and ignores the check sum. Raises InputError where they are more or fewer.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": (length,),
    }
    written = checksum = 0
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            content = block.tobytes()
            file.write(content)
            checksum = zlib.crc32(content, checksum)
            written += len(block)
        file.write(_trailer(checksum))
        if written != length:
            raise InputError(f"{path}: {written} numbers where {length} were to come; run it again")


class LongArray:
    """A row of numbers in a file, of which only what is asked for is in memory.

    The file stays open: what is put under its name later is another file, and is not read. One that
    is written to in its place is noticed.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        """Take over the open `file`. Raises ValueError where it is no long array."""
        self._path = path
        self._file = file
        self._stamp = self._current_stamp()
        self.dtype, shape, self._offset = _read_header(file, _size(file) - len(_trailer(0)))
        if len(shape) != 1:
            raise ValueError(f"its shape is {shape}, not that of a row")
        self._length = shape[0]

    def __del__(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, places: slice) -> np.ndarray:
        """Return the numbers at `places`, a slice without a step.

        Raises InputError where the file has been written to since it was opened.
        """
        start, stop, _ = places.indices(self._length)
        size = max(stop - start, 0) * self.dtype.itemsize
        content = os.pread(self._file.fileno(), size, self._offset + start * self.dtype.itemsize)
        if self._current_stamp() != self._stamp:
            raise InputError(f"{self._path}: was written to while it was being read; run it again")
        return np.frombuffer(content, self.dtype)

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all of it in pieces of bounded size."""
        for start in range(0, self._length, _BLOCK):
            yield self[start : start + _BLOCK]

    def check(self) -> None:
        """Read all of it, and set `sha256`, its digest. Raises ValueError where it is damaged."""
        checksum, digest = 0, hashlib.sha256(repr((self.dtype, self._length)).encode())
        for block in self.blocks():
            checksum = zlib.crc32(block, checksum)
            digest.update(block)
        trailer = os.pread(
            self._file.fileno(),
            _size(self._file),
            self._offset + self._length * self.dtype.itemsize,
        )
        if trailer != _trailer(checksum):
            raise ValueError("its check sum is another")
        self.sha256 = digest.hexdigest()

    def _current_stamp(self) -> tuple[int, int]:
        status = os.fstat(self._file.fileno())
        return status.st_size, status.st_mtime_ns


def open_long_array(path: Path) -> LongArray:
    """Open what `write_long_array` wrote, after a look at all of it.

    Raises InputError where `path` is no such file or its check sum is another.
    """
    try:
        array = LongArray(path, open_input(path))
        array.check()
    except ValueError as error:
        raise damaged(path, error) from error
    return array


def _trailer(checksum: int) -> bytes:
    return b"crc32 %08x\n" % checksum


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as an uncompressed .npz whose bytes depend on nothing but the arrays."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        _write_archive(file, arrays)


def archive_of(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of such an .npz."""
    content = io.BytesIO()
    _write_archive(content, arrays)
    return content.getvalue()


def _write_archive(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980-01-01, whatever the day
            member.create_system = 3  # Unix, whatever the system
            with archive.open(member, "w", force_zip64=True) as stored:
                np.lib.format.write_array(stored, array, version=(1, 0), allow_pickle=False)


def read_arrays(path: Path, largest: int | None = None) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote, of no more than `largest` bytes of numbers.

    Every byte is covered by a check sum or compared with what would have been written, and
    floating-point values are finite.

    Raises InputError where the file is missing or is not exactly such an archive.
    """
    with open_input(path) as file:
        # zipfile reads as much as a file declares: up to its size, be it all holes.
        if largest is not None and _size(file) > largest + _MOST_ARRAYS * _AROUND_AN_ARRAY:
            raise damaged(path, f"{_size(file):,} bytes, more than the largest takes")
        try:
            return _read_archive(file)
        except _MADE_BY_DAMAGE as error:
            raise damaged(path, error) from error


def _read_archive(file: BinaryIO) -> dict[str, np.ndarray]:
    size = _size(file)
    arrays = {}
    with zipfile.ZipFile(file) as archive:
        if len(archive.infolist()) > _MOST_ARRAYS:
            raise ValueError(f"{len(archive.infolist()):,} members")
        for member in archive.infolist():
            name, dot, ending = member.filename.partition(".")
            if not re.fullmatch(r"\w{1,40}", name) or dot + ending != ".npy" or name in arrays:
                raise ValueError(f"unexpected member {member.filename[:80]!r}")
            if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
                raise ValueError(f"member {member.filename} is compressed or declares too much")
            with archive.open(member) as stored:
                dtype, shape, _ = _read_header(stored, member.file_size)
                content = stored.read()  # to its end, where the check sum is compared
            array = np.frombuffer(content, dtype).reshape(shape).copy()
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ValueError(f"{name} holds values that are not finite")
            arrays[name] = array
    return arrays


def _read_header(file: Any, size: int) -> tuple[np.dtype, tuple[int, ...], int]:
    start = file.read(10)
    if len(start) < 10 or start[:8] != b"\x93NUMPY\x01\x00":
        raise ValueError("no .npy header")
    header = file.read(int.from_bytes(start[8:], "little"))
    match = _HEADER.fullmatch(header)
    if match is None:
        raise ValueError("unexpected .npy header")
    dtype = np.dtype(match[1].decode())
    shape = tuple(int(length) for length in match[2].decode().split(",") if length)
    offset = len(start) + len(header)
    if offset + dtype.itemsize * math.prod(shape) != size:
        raise ValueError(f"{size} bytes long, not as long as its header declares")
    return dtype, shape, offset


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def open_own(path: Path) -> BinaryIO:
    """Open a file of our own for reading and writing, made if need be with its folder.

    Whatever else stands in its place, a link, a folder or a device, gives way.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # A link is not followed, and a pipe not waited for.
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    while True:
        try:
            descriptor = os.open(path, flags, 0o666)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
                raise
        else:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return os.fdopen(descriptor, "r+b")
            os.close(descriptor)
        remove(path)


def remove(path: Path) -> None:
    """Remove what stands at `path`, if anything does."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_in_place(file: BinaryIO, path: Path) -> bool:
    """Tell whether the open `file` is the one at `path`."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.lstat())
    except (FileNotFoundError, NotADirectoryError):
        return False


def damaged(path: Path, reason: Exception | str) -> InputError:
    """Return the error for a file of the pipeline that is not what was written."""
    return InputError(f"{path}: is damaged or not written by this project ({reason}); {_MAKE_ANEW}")
