"""Where a report comes from: the book, the versions, and the hash of every output before it."""

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from rnn.storage import files
from stages.common import paths

PACKAGES = ("numpy", "numba", "llvmlite")  # what the training's bytes hang on


def provenance(book: Path, stage: str) -> dict[str, Any]:
    """Return facts about the book, the versions, and what each stage but `stage` has made."""
    size, md5 = _size_and_md5(book)
    return {
        "book": {"name": book.name, "bytes": size, "md5": md5},
        "versions": [
            {"name": "Python", "version": ".".join(map(str, sys.version_info[:2]))},
            *({"name": name, "version": importlib.metadata.version(name)} for name in PACKAGES),
        ],
        "outputs": [
            {"stage": name, "path": str(path), "md5": md5_of(path)}
            for name, path in _outputs()
            if name != stage
        ],
    }


def _outputs() -> list[tuple[str, Path]]:
    """Return the stage and the path of every output, in the order of dvc.yaml."""
    with files.open_input(paths.PIPELINE) as file:
        stages = YAML(typ="safe", pure=True).load(file)["stages"]
    return [
        (name, Path(next(iter(output)) if isinstance(output, dict) else output))
        for name, stage in stages.items()
        for kind in ("outs", "metrics", "plots")
        for output in stage.get(kind, [])
    ]


def md5_of(path: Path) -> str:
    """Return the hash that dvc.lock has of a file or of a folder.

    That of a folder is the hash of a list of its files and theirs, with `.dir` after it.
    """
    if not path.is_dir():
        return _size_and_md5(path)[1]
    listed = [
        {"md5": _size_and_md5(file)[1], "relpath": file.relative_to(path).as_posix()}
        for file in path.rglob("*")
        if file.is_file()
    ]
    text = json.dumps(sorted(listed, key=lambda entry: entry["relpath"]), sort_keys=True)
    return f"{hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()}.dir"


def _size_and_md5(path: Path) -> tuple[int, str]:
    with files.open_input(path) as file:
        digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return file.tell(), digest.hexdigest()
