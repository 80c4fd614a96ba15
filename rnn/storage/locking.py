"""One process at a time: a lock of the operating system, which goes with the process."""

import fcntl
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from rnn.errors import Busy
from rnn.storage import files

_SECONDS_A_LOOK = 0.1


def take(
    path: Path, work: str, gives_up: Callable[[float], bool] = lambda seconds: True
) -> BinaryIO:
    """Take the lock on the file `path`, made if need be; it ends when the file returned is closed.

    Where another process holds it, a line on standard error says so once, and this one waits until
    `gives_up`, which is given the seconds waited, is true.

    Args:
        path: the file, which holds the number of the process at work.
        work: what that process is at work on, for messages.
        gives_up: whether to wait no longer; without it, there is no waiting.

    Raises Busy where another process holds the lock and this one gives up.
    """
    began = time.monotonic()
    said = False
    while (lock := _take(path)) is None:
        holder = _holder(path)
        if gives_up(time.monotonic() - began):
            raise Busy(f"{path}: {holder} is at work on {work}")
        if not said:
            print(f"waiting for {holder}, which is at work on {work}", file=sys.stderr, flush=True)
            said = True
        time.sleep(_SECONDS_A_LOOK)
    return lock


def _take(path: Path) -> BinaryIO | None:
    """Return the locked file, or None where another process holds the lock."""
    while True:
        file = files.open_own(path)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        if files.is_in_place(file, path):  # else it was deleted before the lock was taken
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode())
            file.flush()
            return file
        file.close()


def _holder(path: Path) -> str:
    try:
        return f"process {path.read_text(encoding='ascii', errors='replace')[:20].strip()}"
    except OSError:
        return "another process"
