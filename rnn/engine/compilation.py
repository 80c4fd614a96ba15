"""How the engine's code is compiled, and when compiled code may be used again.

Numba's own cache looks at the file of the function that is called, not at the files of those which
that one calls, believes whatever its files hold, and needs a folder that it can write to. So here
is a smaller one: a folder that is named after all that decides what the compiled code is, and in it
a file for each function and types of arguments, which begins with its check sum. What cannot be
read is compiled anew; what cannot be written is compiled in memory.

All that the compiled modules need of Numba comes from here, so that their sources are looked at
before Numba is imported. That takes half a second, in which one of them might be edited.
"""

import functools
import hashlib
import logging
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn.storage import files

_HERE = Path(__file__).parent
FOLDERS = (_HERE, _HERE.parent / "optimizers")  # all that is compiled stands in these


def _sources() -> list[str]:
    paths = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


_SOURCES = _sources()
# Numba, which reads these now and again, could else not compile or not even be imported; the engine
# is nothing without its compiler, and needs one thread.
for _name in ("NUMBA_DISABLE_JIT", "NUMBA_NUM_THREADS"):
    os.environ.pop(_name, None)

import llvmlite  # noqa: E402
import numba  # noqa: E402
from numba import njit, types  # noqa: E402
from numba.core import caching, serialize  # noqa: E402
from numba.core.compiler import CompileResult  # noqa: E402
from numba.extending import intrinsic, overload  # noqa: E402

__all__ = ["compiled", "inlined", "intrinsic", "overload", "types"]

_VERSIONS = [sys.implementation.cache_tag, numba.__version__, llvmlite.__version__]
FOLDER = (
    Path(os.environ.get("NUMBA_CACHE_DIR") or _HERE / "__pycache__")
    / hashlib.sha256(repr([_SOURCES, _VERSIONS]).encode()).hexdigest()[:16]
)
_log = logging.getLogger(__name__)

# Division by zero gives inf or NaN as in NumPy, where Python would raise; that leaves loops free of
# branches. `fastmath` stays off.
_ieee = functools.partial(njit, error_model="numpy")
# Compiled code alone calls these: what C or Python would call them by takes a sixth of the time.
inlined = _ieee(no_cfunc_wrapper=True, no_cpython_wrapper=True)


def compiled(function: Callable) -> Callable:
    """Compile a function when it is first called, or take the compiled code that is kept of it."""
    dispatcher = _ieee(nogil=True)(function)
    dispatcher._cache = _Cache(function.__qualname__)
    return dispatcher


class _Cache(caching.NullCache):
    """The compiled code of one function, in a file for each types of arguments and each CPU."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _path(self, arguments: tuple[types.Type, ...], cpu: tuple[str, ...]) -> Path:
        key = repr([[(argument, argument.key) for argument in arguments], cpu])
        return FOLDER / f"{self._name}-{hashlib.sha256(key.encode()).hexdigest()[:16]}"

    def load_overload(self, sig: tuple, target_context: Any) -> CompileResult | None:
        """Return the compiled code for arguments of the types `sig`, or None; Numba calls this."""
        target_context.refresh()
        path = self._path(sig, target_context.codegen().magic_tuple())
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        code = content[_CHECKSUM_BYTES:]
        if content[:_CHECKSUM_BYTES] != _checksum(path, code):
            _say_once("compiling the network for this CPU, once; it takes some 20 seconds")
            return None
        reduced = pickle.loads(code)  # noqa: S301, just what was written
        return CompileResult._rebuild(target_context, *reduced)

    def save_overload(self, sig: tuple, data: CompileResult) -> None:
        """Keep what was compiled for arguments of the types `sig`; Numba calls this."""
        if data.library.has_dynamic_globals:  # addresses, which another process does not have
            return
        path = self._path(sig, data.codegen.magic_tuple())
        code = serialize.dumps(data._reduce())
        try:
            if _sources() != _SOURCES:
                return  # edited meanwhile: which of both was compiled is not known
            with files.replacing(path) as temporary:
                temporary.write_bytes(_checksum(path, code) + code)
        except OSError as error:
            _say_once(f"{FOLDER}: {error.strerror}; compiled in memory, and anew the next time")


_CHECKSUM_BYTES = hashlib.sha256().digest_size


def _checksum(path: Path, code: bytes) -> bytes:
    place = f"{path.parent.name}/{path.name} "  # so that a file in another's place is none
    return hashlib.sha256(place.encode() + code).digest()


@functools.cache
def _say_once(message: str) -> None:
    _log.warning(message)
