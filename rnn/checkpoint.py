"""What an interrupted training goes on from, and ends in the same bytes.

A folder holds one training: its losses and snapshots so far and its last two checkpoints. It is
named after everything that decides the training but its length, so that a longer one goes on where
a shorter one ended. Whatever happens, each file in it is whole or not there; a checkpoint that has
been damaged since is noticed, and the one before is used.
"""

import fcntl
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rnn import storage
from rnn.errors import InputError
from rnn.losses import Losses
from rnn.model import Parameters
from rnn.snapshot import Snapshot
from rnn.training import Run, State

FORMAT = 1
_SECONDS = 2.0  # from one checkpoint to the next, at the least
_SHARE_OF_TIME = 0.005  # that checkpoints may take, at the most


def fingerprint(decisive: Mapping[str, Any], files: list[Path]) -> str:
    """Return a name for what is decided by `decisive` and by the contents of `files`."""
    contents = []
    for path in files:
        with storage.open_input(path) as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    facts = json.dumps([FORMAT, decisive, contents], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


class Checkpoints:
    """The folder of one training, held by one process at a time: see `held`."""

    def __init__(self, folder: Path, losses: BinaryIO) -> None:
        self.losses = Losses(losses)
        self._folder = folder
        self._saved_at = time.perf_counter()
        self._cost = 0.0

    def keep(self, snapshot: Snapshot) -> None:
        """Save a snapshot."""
        snapshot.save(self._snapshot(snapshot.update))

    def snapshots(self, run: Run) -> Iterator[Snapshot]:
        """Yield the snapshots of a finished run."""
        for update in run.snapshot_updates(run.updates + 1):
            yield Snapshot.load(self._snapshot(update), run.state.parameters.vocabulary_size)

    def save_now_and_then(self, run: Run) -> None:
        """Save a checkpoint if the last is old enough for the share of time that is allowed."""
        now = time.perf_counter()
        if now - self._saved_at >= max(_SECONDS, self._cost / _SHARE_OF_TIME):
            self.save(run)
            self._saved_at = time.perf_counter()
            self._cost = self._saved_at - now

    def save(self, run: Run) -> None:
        """Save a checkpoint; keep the one before, and those of longer trainings."""
        self.losses.flush_to_disk()
        path = self._checkpoint(run.state.update)
        storage.write_arrays(path, _arrays(run, self.losses.checksum(run.state.update)))
        for old in self._checkpoints(before=run.state.update)[1:]:
            old.unlink()

    def restore(self, run: Run) -> None:
        """Bring `run` to its last good checkpoint, if there is one; say so, or what is damaged."""
        for path in self._checkpoints(before=run.updates + 1):
            try:
                arrays = _read(path, run)
                self._check_what_goes_with(arrays, run)
            except InputError as error:
                print(f"warning: {error}; going on from an older checkpoint", file=sys.stderr)
                continue
            _set_up(run, arrays)
            print(
                f"resuming at update {run.state.update:,} of {run.updates:,}",
                file=sys.stderr,
                flush=True,
            )
            return

    def _check_what_goes_with(self, arrays: dict[str, np.ndarray], run: Run) -> None:
        update = int(arrays["now_update"])
        if self.losses.checksum(update) != int(arrays["losses_checksum"]):
            raise InputError(f"{self._folder}: the losses before update {update:,} are damaged")
        for each in run.snapshot_updates(update):
            Snapshot.load(self._snapshot(each), run.state.parameters.vocabulary_size)

    def _checkpoint(self, update: int) -> Path:
        return self._folder / f"checkpoint-{update:012d}.npz"

    def _checkpoints(self, before: int) -> list[Path]:
        """Return the checkpoints of updates before one, the last first."""
        paths = self._folder.glob("checkpoint-*.npz")
        return sorted((p for p in paths if p.name < self._checkpoint(before).name), reverse=True)

    def _snapshot(self, update: int) -> Path:
        return self._folder / f"snapshot-{update:012d}.npz"


@contextmanager
def held(folder: Path) -> Iterator[Checkpoints]:
    """Hold the folder of a training, made if need be, until the block ends.

    The lock is the operating system's: it goes with the process, however that ends.

    Raises InputError where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read(20).strip() or "unknown"
            raise InputError(
                f"{folder}: process {holder} is at work on this training; wait for it or stop it"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        for left_over in folder.glob(".*.tmp"):
            left_over.unlink()
        path = folder / "losses.f64"
        path.touch()
        try:
            with path.open("r+b") as losses:
                yield Checkpoints(folder, losses)
        except OSError as error:  # a full disk does not say which file it had no room for
            raise OSError(error.errno, error.strerror, error.filename or str(path)) from error


def _arrays(run: Run, losses_checksum: int) -> dict[str, np.ndarray]:
    return {
        "format": np.array(FORMAT),
        "losses_checksum": np.array(losses_checksum),
        "best_minimum_update": np.array(run.best_update),
        "best_minimum": np.array(run.best_smooth_loss),
        **_state_arrays("now", run.state),
        **_state_arrays("best", run.before_best),
    }


def _state_arrays(prefix: str, state: State) -> dict[str, np.ndarray]:
    arrays = {f"{prefix}_{name}": array for name, array in state.parameters._asdict().items()}
    arrays |= {f"{prefix}_G_{name}": array for name, array in state.memory._asdict().items()}
    return arrays | {
        f"{prefix}_hidden": state.hidden,
        f"{prefix}_update": np.array(state.update),
        # No smooth loss yet is written as minus one, which no loss is.
        f"{prefix}_smooth_loss": np.array(-1.0 if state.smooth_loss is None else state.smooth_loss),
    }


def _read(path: Path, run: Run) -> dict[str, np.ndarray]:
    """Read a checkpoint, and refuse one that does not fit the run."""
    arrays = storage.read_arrays(path)
    version = arrays.get("format")
    if version is None or version.shape or version != FORMAT:
        raise InputError(f"{path}: has format {version}, not {FORMAT}")
    expected = _arrays(run, 0)
    if set(arrays) != set(expected) or any(
        arrays[name].shape != array.shape or arrays[name].dtype != array.dtype
        for name, array in expected.items()
    ):
        raise InputError(f"{path}: its arrays are not those of this training")
    now, best, minimum = (
        int(arrays[name]) for name in ("now_update", "best_update", "best_minimum_update")
    )
    if path.stem != f"checkpoint-{now:012d}" or not 0 <= best < minimum <= now <= run.updates:
        raise InputError(f"{path}: its updates do not fit together")
    return arrays


def _set_up(run: Run, arrays: dict[str, np.ndarray]) -> None:
    run.state = _state("now", arrays)
    run.before_best = _state("best", arrays)
    run.best_update = int(arrays["best_minimum_update"])
    run.best_smooth_loss = float(arrays["best_minimum"])


def _state(prefix: str, arrays: dict[str, np.ndarray]) -> State:
    smooth_loss = float(arrays[f"{prefix}_smooth_loss"])
    return State(
        Parameters(*(arrays[f"{prefix}_{name}"] for name in Parameters._fields)),
        Parameters(*(arrays[f"{prefix}_G_{name}"] for name in Parameters._fields)),
        arrays[f"{prefix}_hidden"],
        int(arrays[f"{prefix}_update"]),
        smooth_loss if smooth_loss >= 0 else None,
    )
