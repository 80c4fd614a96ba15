"""Named arrays in a file, in the .npy and .npz formats of NumPy (NEP 1).

Anybody can open them with `numpy.load`. They are read here without it: a header is matched against
the one form that is ever written, and no size in a file is trusted before it has been compared with
the file itself. Pickled objects are never read.
"""

import io
import math
import re
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rnn.errors import Damaged
from rnn.storage import files

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
_MOST_ARRAYS = 100  # in an archive; a checkpoint has some thirty
_AROUND_AN_ARRAY = 1000  # bytes at the most: its headers and its entry in the directory
_END = 22  # bytes of what stands at the end of an archive, the directory's length among them


def write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as an uncompressed .npz whose bytes depend on nothing but the arrays."""
    with files.replacing(path) as temporary, temporary.open("wb") as file:
        _write_archive(file, arrays)


def content(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of such an .npz."""
    archive = io.BytesIO()
    _write_archive(archive, arrays)
    return archive.getvalue()


def _write_archive(file: BinaryIO, arrays: Mapping[str, np.ndarray]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980-01-01, whatever the day
            member.create_system = 3  # Unix, whatever the system
            with archive.open(member, "w") as stored:
                np.lib.format.write_array(stored, array, version=(1, 0), allow_pickle=False)


def read(path: Path, largest: int = sys.maxsize, only: str | None = None) -> dict[str, np.ndarray]:
    """Read what `write` wrote, of no more than `largest` bytes of numbers.

    Every byte is covered by a check sum or compared with what would have been written, and
    floating-point values are finite. With `only`, the array of that name alone is read.

    Raises InputError where the file is missing or is not such an archive.
    """
    with files.open_input(path) as file:
        try:
            return _read_archive(file, largest, only)
        except _MADE_BY_DAMAGE as error:
            raise Damaged(path, error) from error


def _read_archive(file: BinaryIO, largest: int, only: str | None) -> dict[str, np.ndarray]:
    _refuse_a_long_directory(file)
    arrays: dict[str, np.ndarray] = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name, dot, ending = member.filename.partition(".")
            if not re.fullmatch(r"\w{1,40}", name) or dot + ending != ".npy" or name in arrays:
                raise ValueError(f"unexpected member {member.filename[:80]!r}")
            if only not in (name, None):
                continue
            largest -= member.file_size - _AROUND_AN_ARRAY
            # As much is read as is declared, be the file all holes.
            if member.compress_type != zipfile.ZIP_STORED or largest < 0:
                raise ValueError(f"member {member.filename} is compressed or declares too much")
            with archive.open(member) as stored:
                dtype, shape, _ = read_header(stored, member.file_size)
                content = stored.read()  # to its end, where the check sum is compared
            array = np.frombuffer(content, dtype).reshape(shape).copy()
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise ValueError(f"{name} holds values that are not finite")
            arrays[name] = array
    return arrays


def _refuse_a_long_directory(file: BinaryIO) -> None:
    """Refuse more members than are ever written: zipfile reads of all of them at once."""
    file.seek(-min(_END, files.size_of(file)), io.SEEK_END)
    if int.from_bytes(file.read()[12:16], "little") > _MOST_ARRAYS * _AROUND_AN_ARRAY:
        raise ValueError("more members than were written")
    file.seek(0)


def read_header(file: Any, size: int) -> tuple[np.dtype, tuple[int, ...], int]:
    """Return dtype, shape and length in bytes of the header of a .npy file of `size` bytes.

    Raises ValueError where it is not as this project writes it, or declares another size.
    """
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
