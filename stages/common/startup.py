"""What a stage does before all else, while its other modules are yet to be imported.

Every stage imports this first. Where it is not the program that runs, nothing but two facts are
noted.
"""

import os
import sys
import time
from pathlib import Path
from types import TracebackType

from rnn.storage.stamp import stamp

# Before what takes long to import: meanwhile the parent may end, and a module be edited.
PARENT = os.getppid()
PACKAGES = ("rnn", "stages", "sweep")  # the project's own
CODE = {path: stamp(path) for folder in PACKAGES for path in Path(folder).rglob("*.py")}


def _begin() -> None:
    # Python takes a module's compiled code for that of an edit which left size and second as they
    # were. So none is kept of modules that were edited just now.
    if any(time.time_ns() - each[-1] < 2 * 10**9 for each in CODE.values() if each):
        sys.dont_write_bytecode = True
    # What a closed standard stream leaves free, the next file that is opened would get.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    sys.excepthook = _explain  # until all is imported: see stages.common.command


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in a line why a stage cannot begin, or begin it with the Python that has the packages."""
    if isinstance(error, KeyboardInterrupt):
        print("error: interrupted before it began; run it again", file=sys.stderr)
    elif isinstance(error, ImportError) and str(error.name).split(".")[0] in PACKAGES:
        sys.__excepthook__(kind, error, trace)
    elif isinstance(error, ModuleNotFoundError):
        python = str(Path(__file__).parents[2] / ".venv/bin/python")
        if os.access(python, os.X_OK) and sys.executable != python:
            os.execv(python, [python, *sys.orig_argv[1:]])
        print(
            f"error: {sys.executable} has no package {error.name}; run `make repro`, or activate "
            "the environment that has it, and run this again",
            file=sys.stderr,
        )
    elif isinstance(error, (ImportError, OSError, MemoryError)):  # what a lack of memory looks like
        reason = " ".join(f"{kind.__name__}: {error}".split())
        print(f"error: cannot begin, perhaps for lack of memory ({reason})", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


if getattr(sys.modules["__main__"].__spec__, "name", "").startswith(("stages.", "sweep.")):
    _begin()
