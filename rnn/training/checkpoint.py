"""What an interrupted training goes on from, and ends in the same bytes.

A folder holds one training: its losses and snapshots so far and its last two checkpoints. It is
named after everything that decides the training but its length, so that a longer one goes on where
a shorter one ended. A checkpoint holds that name too, and check sums of the losses and snapshots
that go with it: what has been damaged, or belongs to another training, is noticed, and the
checkpoint before is used. All but the lock is kept open, so that the folder may be deleted while
the training goes on.
"""

import errno
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rnn.errors import InputError
from rnn.model import Parameters
from rnn.storage import archives, files, locking
from rnn.storage.rows import LongArray
from rnn.training.run import Run, State
from rnn.training.snapshot import Snapshot

FORMAT = 2
_SECONDS = 2.0  # from one checkpoint to the next, at the least
_SHARE_OF_TIME = 0.005  # that checkpoints may take, at the most
_ATTEMPTS = 5  # to save while somebody deletes the folder
_LOCK, _LOSSES, _SNAPSHOTS = "lock", "losses", "snapshots"
_WORK = "this training"


def fingerprint(decisive: Mapping[str, Any], code: list[Path]) -> str:
    """Return a name, 64 hexadecimal digits, for `decisive` and the contents of the files `code`."""
    contents = []
    for path in code:
        with files.open_input(path) as file:
            contents.append(hashlib.file_digest(file, "sha256").hexdigest())
    facts = json.dumps([FORMAT, decisive, contents], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


class Checkpoints:
    """The folder of one training, held by one process at a time: see `held`."""

    def __init__(self, folder: Path, training: str, initial: Parameters, lock: BinaryIO) -> None:
        size = len(Snapshot(initial, initial.b, 0, 0, 0, 0.0).content())
        self.losses = LongArray(files.open_own(folder / _LOSSES), np.dtype("<f8"))
        self._snapshots = LongArray(files.open_own(folder / _SNAPSHOTS), np.dtype((np.void, size)))
        self._folder = folder
        self._training = np.frombuffer(bytes.fromhex(training), np.uint8)
        self._lock = lock
        self._saved_at = time.perf_counter()
        self._cost = 0.0

    def keep(self, snapshot: Snapshot, run: Run) -> None:
        """Keep a snapshot until the run ends."""
        index = run.schedule.count_before(snapshot.update)
        self._snapshots.write(index, np.frombuffer(snapshot.content(), self._snapshots.dtype))

    def snapshots(self, run: Run) -> Iterator[tuple[int, bytes]]:
        """Yield the update and the content of the file of each snapshot of a finished run."""
        for update in run.schedule.of_run(run.updates):
            index = run.schedule.count_before(update)
            yield update, self._snapshots[index : index + 1].tobytes()

    def save_now_and_then(self, run: Run) -> None:
        """Save a checkpoint if the last is old enough for the share of time that is allowed."""
        now = time.perf_counter()
        if now - self._saved_at >= max(_SECONDS, self._cost / _SHARE_OF_TIME):
            self.save(run)
            self._saved_at = time.perf_counter()
            self._cost = self._saved_at - now

    def save(self, run: Run) -> None:
        """Save a checkpoint; keep the one before, and those of longer trainings.

        Raises InputError where the folder was deleted and another process holds a new one.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                self._put_in_place(run)
                self._save(run)
                return
            except FileNotFoundError:  # it is being deleted
                if attempt == _ATTEMPTS:
                    raise

    def finish(self, run: Run) -> None:
        """Save the last checkpoint, and look once more at all that the outputs are made of.

        Raises InputError where a file has been damaged while the training went on.
        """
        self.save(run)
        for name, records, count in self._records(run, run.updates):
            if not records.is_sound(count):
                raise InputError(f"{self._folder / name}: was written to by others; run it again")

    def close(self) -> None:
        """Close all files, and with them give up the lock."""
        for file in (self.losses, self._snapshots, self._lock):
            file.close()

    def _put_in_place(self, run: Run) -> None:
        """Make the folder anew where it, or a part of it, has been deleted."""
        lock = self._folder / _LOCK
        if not files.is_in_place(self._lock, lock):
            new = locking.take(lock, _WORK)
            self._lock.close()
            self._lock = new
        for name, records, _ in self._records(run, 0):
            records.put_in_place(self._folder / name)

    def _save(self, run: Run) -> None:
        for _, records, _ in self._records(run, 0):
            records.flush_to_disk()
        path = self._checkpoint(run.state.update)
        if path.is_dir():
            files.remove(path)
        archives.write(path, self._arrays(run))
        for old in self._checkpoints(before=run.state.update)[1:]:
            files.remove(old)

    def restore(self, run: Run) -> None:
        """Bring `run` to its last good checkpoint, if there is one; say so, or what is damaged."""
        checkpoints = self._checkpoints(before=run.updates + 1)
        for path in checkpoints:
            try:
                arrays = self._read(path, run)
            except InputError as error:
                other = (
                    "beginning anew" if path == checkpoints[-1] else "trying an older checkpoint"
                )
                print(f"warning: {error}; {other}", file=sys.stderr)
                continue
            _set_up(run, arrays)
            print(
                f"resuming at update {run.state.update:,} of {run.updates:,}",
                file=sys.stderr,
                flush=True,
            )
            return

    def _read(self, path: Path, run: Run) -> dict[str, np.ndarray]:
        """Read a checkpoint.

        Raises InputError where it does not fit the run, or losses or snapshots do not fit it.
        """
        expected = self._arrays(run)
        arrays = archives.read(path, largest=sum(each.nbytes for each in expected.values()))
        version = arrays.get("format")
        if version is None or version.shape or version != FORMAT:
            raise InputError(f"{path}: has format {version}, not {FORMAT}")
        if set(arrays) != set(expected) or any(
            arrays[name].shape != array.shape or arrays[name].dtype != array.dtype
            for name, array in expected.items()
        ):
            raise InputError(f"{path}: its arrays are not those of this training")
        if not np.array_equal(arrays["training"], self._training):
            raise InputError(f"{path}: belongs to another training")
        now, best, minimum = (
            int(arrays[name]) for name in ("now_update", "best_update", "best_minimum_update")
        )
        if path.stem != f"checkpoint-{now:012d}" or not 0 <= best < minimum <= now <= run.updates:
            raise InputError(f"{path}: its updates do not fit together")
        for name, checksum in self._checksums(run, now).items():
            if arrays[name] != checksum:
                raise InputError(f"{self._folder / name}: is not what update {now:,} has left")
        return arrays

    def _arrays(self, run: Run) -> dict[str, np.ndarray]:
        return {
            "format": np.array(FORMAT),
            "training": self._training,
            **self._checksums(run, run.state.update),
            "best_minimum_update": np.array(run.best_update),
            "best_minimum": np.array(run.best_smooth_loss),
            **_state_arrays("now", run.state),
            **_state_arrays("best", run.before_best),
        }

    def _checksums(self, run: Run, update: int) -> dict[str, np.ndarray]:
        """Return file -> check sum of what goes with a checkpoint."""
        return {
            name: np.array(records.checksum(count))
            for name, records, count in self._records(run, update)
        }

    def _records(self, run: Run, update: int) -> list[tuple[str, LongArray, int]]:
        """Return file, records, and how many of them were made before an update."""
        return [
            (_LOSSES, self.losses, update),
            (_SNAPSHOTS, self._snapshots, run.schedule.count_before(update)),
        ]

    def _checkpoint(self, update: int) -> Path:
        return self._folder / f"checkpoint-{update:012d}.npz"

    def _checkpoints(self, before: int) -> list[Path]:
        """Return the checkpoints of updates before one, the last first."""
        paths = self._folder.glob("checkpoint-*.npz")
        return sorted((p for p in paths if p.name < self._checkpoint(before).name), reverse=True)


@contextmanager
def held(
    folder: Path,
    training: str,
    initial: Parameters,
    gives_up: Callable[[float], bool] = lambda seconds: True,
) -> Iterator[Checkpoints]:
    """Hold the folder of a training, made if need be, until the block ends.

    Args:
        folder: what is named after the training.
        training: its fingerprint.
        initial: its initial parameters, or others of the same shapes and type.
        gives_up: when not to wait any longer for another process that holds the folder, see
            `rnn.storage.locking`.

    Raises InputError where another process holds it.
    """
    with locking.take(folder / _LOCK, _WORK, gives_up) as lock:
        for left_over in folder.glob(".*.tmp"):
            left_over.unlink()
        checkpoints = Checkpoints(folder, training, initial, lock)
        try:
            yield checkpoints
        except OSError as error:  # a full disk does not say which file it had no room for
            filename = error.filename or str(folder / _LOSSES)
            reason = error.strerror or str(error)
            raise OSError(error.errno or errno.EIO, reason, filename) from error
        finally:
            checkpoints.close()


def _state_arrays(prefix: str, state: State) -> dict[str, np.ndarray]:
    arrays = {f"{prefix}_{name}": array for name, array in state.parameters._asdict().items()}
    arrays |= {f"{prefix}_G_{name}": array for name, array in state.memory._asdict().items()}
    return arrays | {
        f"{prefix}_hidden": state.hidden,
        f"{prefix}_update": np.array(state.update),
        # No smooth loss yet is written as minus one, which no loss is.
        f"{prefix}_smooth_loss": np.array(-1.0 if state.smooth_loss is None else state.smooth_loss),
    }


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
