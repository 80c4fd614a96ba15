"""What a test run makes once, in whichever of its processes comes first."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def made(path: Path, make: Callable[[Path], None]) -> Path:
    """Return a path at which is what `make` has made, here or in another process."""
    with _locked(path):
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            make(unfinished)
            unfinished.rename(path)
    return path


def shared_out(folder: Path, names: tuple[str, ...], make: Callable[[str], None]) -> None:
    """Make what bears these names; what another process is at, only when that has ended."""
    for wait in (fcntl.LOCK_NB, 0):
        for name in names:
            try:
                with _locked(folder / name, wait):
                    make(name)
            except BlockingIOError:
                continue


@contextmanager
def _locked(path: Path, wait: int = 0) -> Iterator[None]:
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | wait)
        yield
