"""Whether a file is still the one that it was."""

from pathlib import Path


def stamp(path: Path) -> tuple[int, ...] | None:
    """Return what is another after any change of a file, be it undone; None where there is none.

    The last number is the time of the last change, in nanoseconds.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
