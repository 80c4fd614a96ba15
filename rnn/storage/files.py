"""Files that are either whole or not there, and what stands in their way."""

import errno
import glob
import io
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from rnn.errors import Damaged, Forbidden, Unreadable
from rnn.storage.stamp import stamp

_LONGEST_JSON = 64 * 2**20  # bytes; the largest vocabulary takes less than one MiB


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
        if size_of(file) > _LONGEST_JSON:
            raise Damaged(path, f"larger than {_LONGEST_JSON:,} bytes")
        content = file.read()
    try:
        value = json.loads(content)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half a character in a text
        return value
    except (ValueError, RecursionError) as error:
        raise Damaged(path, f"no valid JSON: {error}") from error


def open_input(path: Path) -> BinaryIO:
    """Open `path` for reading.

    Raises Unreadable where it is missing or no regular file, here or as soon as a read fails, and
    Forbidden where it may not be read.
    """
    try:
        # A pipe that nobody writes to would keep whoever opens it waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Unreadable(path, "no such file") from None
    except PermissionError:
        raise Forbidden(path) from None
    except OSError as error:
        raise Unreadable(path, f"cannot be opened ({error.strerror})") from None
    except ValueError:  # a NUL, or half a character
        raise Unreadable(path, "is no path that a file can have") from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        kind = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise Unreadable(path, f"is {kind}, not a file")
    return io.BufferedReader(_Input(descriptor, path))


class _Input(io.FileIO):
    """A file that is named where reading it fails, as it does in /proc and on failing disks."""

    def __init__(self, descriptor: int, path: Path) -> None:
        super().__init__(descriptor)
        self._path = path

    def readinto(self, buffer: Any) -> int:
        return self._named(super().readinto, buffer)

    def readall(self) -> bytes:
        return self._named(super().readall)

    def _named(self, read: Callable[..., Any], *arguments: Any) -> Any:
        try:
            content = read(*arguments)
        except OSError as error:
            raise Unreadable(self._path, f"cannot be read ({error.strerror})") from error
        if content is None:  # as in /proc/kmsg, which would keep whoever reads it waiting
            raise Unreadable(self._path, "cannot be read (it holds nothing yet)")
        return content


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


def size_of(file: BinaryIO) -> int:
    """Return the bytes of an open file."""
    return os.fstat(file.fileno()).st_size
