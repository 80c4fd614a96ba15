"""Whether a file is still the one that it was."""

from pathlib import Path


def stamp(path: Path) -> tuple[int, ...] | None:
    """Return what is another after any change of a file, be it undone; None where there is none.

    A change of its name counts too, and one whose time was set back. The last number is the time of
    the last change of content, in nanoseconds.
    """
    try:
        status = path.stat()
    except (OSError, ValueError):  # the second where no file can have that path
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns, status.st_mtime_ns
