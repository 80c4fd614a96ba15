"""What trainings came to, kept for good: none is computed twice.

A record is named after the fingerprint of its training, which says all that decides it, and the
epochs that it ran for. So whoever has the same code, packages, book and settings may take it over.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rnn.errors import Busy, Damaged, Unreadable
from rnn.storage import files, locking

Metrics = dict[str, float | int]


class Record(NamedTuple):
    """What a training came to; the same bytes wherever it is computed."""

    metrics: Metrics  # as `rnn.training.summary` has them
    best: str  # SHA-256 of the best model's file
    losses: str  # SHA-256 of the loss of every update


class Store:
    """A folder of records, and if need be another that several sweeps share."""

    def __init__(self, own: Path, shared: Path | None = None) -> None:
        self._own = own
        self._shared = shared
        self._claims: dict[str, BinaryIO] = {}
        own.mkdir(parents=True, exist_ok=True)

    def get(self, name: str) -> Record | None:
        """Return the record of a training, or None where there is no sound one; say what is not."""
        for folder in (self._own, self._shared):
            path = self._path(folder, name) if folder else None
            if path is None or not path.exists():
                continue
            try:
                record = _read(path)
            except (Damaged, Unreadable) as error:
                print(f"warning: {error}; computing it anew", file=sys.stderr)
                continue
            if folder is self._shared:
                self._write(self._own, name, record)
            return record
        return None

    def put(self, name: str, record: Record) -> None:
        """Keep a record, in both folders."""
        for folder in (self._shared, self._own):
            if folder:
                self._write(folder, name, record)
        if claim := self._claims.pop(name, None):
            self._lock(name).unlink(missing_ok=True)  # while it is held: nobody else has it
            claim.close()

    def claim(self, name: str) -> bool:
        """Take a training for this sweep, or tell that another one at the shared folder has it.

        The claim ends when its record is put, or this process ends.
        """
        if self._shared and name not in self._claims:
            try:
                self._claims[name] = locking.take(self._lock(name), f"the training {name}")
            except Busy:
                return False
        return True

    def close(self) -> None:
        """End all claims."""
        for claim in self._claims.values():
            claim.close()

    def _lock(self, name: str) -> Path:
        return self._shared / ".claims" / f"{name}.lock"

    def _path(self, folder: Path, name: str) -> Path:
        return folder / f"{name}.json"

    def _write(self, folder: Path, name: str, record: Record) -> None:
        value = record._asdict()
        files.write_json(self._path(folder, name), {**value, "checksum": _checksum(value)})


def name_of(fingerprint: str, of: int, epochs: int) -> str:
    """Return the name of the record of the first `epochs` of a training of `of`."""
    return f"{fingerprint[:32]}-{epochs}-of-{of}"


def _read(path: Path) -> Record:
    value = files.read_json(path)
    if not isinstance(value, dict) or set(value) != {*Record._fields, "checksum"}:
        raise Damaged(path, "its keys are others")
    if value.pop("checksum") != _checksum(value):
        raise Damaged(path, "its check sum is another")
    return Record(**value)


def _checksum(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
