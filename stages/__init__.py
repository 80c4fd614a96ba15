"""The stages of the pipeline, one module each: params and inputs in, `rnn`, outputs."""

import os
import sys
from pathlib import Path
from types import TracebackType


def stamp(path: Path) -> tuple[int, ...] | None:
    """Return what is another after any change of a file, be it undone; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


# Before what takes long to import: meanwhile the parent may end, and a module be edited.
PARENT = os.getppid()
CODE = {path: stamp(path) for folder in ("rnn", "stages") for path in Path(folder).rglob("*.py")}


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if kind is KeyboardInterrupt:  # while imports go on; later, each command says more
        print("error: interrupted before it began; run it again", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _say
