"""A name for all that decides a training but its length: as long as it stays, so do the bytes."""

import hashlib
import importlib.metadata
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).parent.parent
# The code that decides a training. What params may hold, how errors are worded, and what is made of
# a trained network decide nothing.
DECIDING = ("model.py", "rng.py", "data", "engine", "optimizers", "storage", "training")


def fingerprint(decisive: Mapping[str, Any], package: Path = _PACKAGE) -> str:
    """Return a name, 64 hexadecimal digits, for `decisive`, the deciding code and the versions.

    Args:
        decisive: what the caller knows to decide, as JSON has it.
        package: the folder of this package, of which the code is read.
    """
    return _digest([decisive, versions(package)])


def versions(package: Path = _PACKAGE) -> dict[str, str]:
    """Return name -> version of all that decides a training besides its settings and its book."""
    code = {
        path.relative_to(package).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for name in DECIDING
        for path in (package / name, *(package / name).rglob("*.py"))
        if path.is_file()
    }
    packages = {name: importlib.metadata.version(name) for name in ("numpy", "numba")}
    return {"code": _digest(code), **packages}


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
