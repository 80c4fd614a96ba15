"""Mend what a DVC that was killed has left behind; `make repro` does this first.

DVC writes its file of locks, and dvc.lock, in place. A kill at that moment leaves the file empty or
cut, and every later `dvc repro` refuses it.
"""

import fcntl
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from ruamel.yaml import YAML, YAMLError
from voluptuous import Invalid

LOCKS = Path(".dvc/tmp/rwlock")
RESULTS = Path("dvc.lock")
# What DVC holds while it writes the one and the other.
LOCKS_GUARD = Path(".dvc/tmp/rwlock.lock")
RESULTS_GUARD = Path(".dvc/tmp/lock")


def main() -> None:
    """Mend both files, and say so; leave alone what is whole."""
    if not are_locks_whole():
        with held(LOCKS_GUARD):
            if not are_locks_whole():  # else a DVC was just writing them
                LOCKS.unlink()
                say(LOCKS, "deleted")
    if not are_results_whole():
        with held(RESULTS_GUARD):
            if not are_results_whole():
                mend_results()


def are_locks_whole() -> bool:
    """Tell whether DVC would read its file of locks; it needs none."""
    try:
        json.loads(LOCKS.read_bytes())
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return True


def are_results_whole() -> bool:
    """Tell whether DVC would read dvc.lock, or a person is about to end a merge in it."""
    try:
        content = RESULTS.read_bytes()
        return b"<<<<<<<" in content or bool(
            COMPILED_LOCKFILE_SCHEMA(YAML(typ="safe").load(content))
        )
    except FileNotFoundError:
        return True
    except (YAMLError, Invalid):
        return False


def mend_results() -> None:
    """Take dvc.lock from the last commit, or delete it where git has none.

    Nothing is lost: what has run since is in DVC's run cache.
    """
    committed = subprocess.run(
        ["git", "show", f"HEAD:./{RESULTS}"], capture_output=True, check=False
    )
    if committed.returncode == 0:
        RESULTS.write_bytes(committed.stdout)
        say(RESULTS, "taken from the last commit")
    else:
        RESULTS.unlink()
        say(RESULTS, "deleted")


@contextmanager
def held(guard: Path) -> Iterator[None]:
    """Hold what DVC holds, as soon as no DVC holds it: the lock of a dead one is gone with it."""
    guard.parent.mkdir(parents=True, exist_ok=True)
    with guard.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def say(path: Path, mended: str) -> None:
    """Say what was found, and what was done about it."""
    print(f"{path}: was left cut short by a DVC that was killed; {mended}")


if __name__ == "__main__":
    main()
