"""What an interrupted training goes on from, and ends in the same bytes.

A folder holds one training: what grows with it and its last two checkpoints. It is named after
everything that decides the training but its length, so that a longer one goes on where a shorter
one ended. A checkpoint holds that name too, and check sums of what has grown until then: what has
been damaged, or belongs to another training, is noticed, and the checkpoint before is used. The
rows are kept open, so that the folder may be deleted while the training goes on.
"""

import errno
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnn.errors import InputError, Overwritten
from rnn.storage import archives, files, locking
from rnn.storage.rows import LongArray
from rnn.training.run import Run

FORMAT = 6
_SECONDS = 2.0  # from one checkpoint to the next, at the least
_SHARE_OF_TIME = 0.005  # that checkpoints may take, at the most
_ATTEMPTS = 5  # to save while somebody deletes the folder
_LOCK = "lock"
_NAME = re.compile(r"checkpoint-(\d{12})(?:-of-(\d{1,9}))?\.npz")
_WORK = "this training"


class Checkpoints:
    """The folder of one training, held by one process at a time: see `held`."""

    def __init__(self, folder: Path, training: str, lock: BinaryIO) -> None:
        self._folder = folder
        self._training = np.frombuffer(bytes.fromhex(training), np.uint8)
        self._lock = lock
        self._rows: list[LongArray] = []
        self._saved_at = time.perf_counter()
        self._cost = 0.0

    def row(self, name: str, dtype: np.dtype) -> LongArray:
        """Open what grows with the training, made if need be."""
        self._rows.append(LongArray(files.open_own(self._folder / name), dtype))
        return self._rows[-1]

    def save_now_and_then(self, run: Run) -> None:
        """Save a checkpoint if the last is old enough for the share of time that is allowed.

        The last state before the rates fall is saved in any case: longer trainings share it.
        """
        now = time.perf_counter()
        last_shared = run.update == run.rates.fall < run.updates
        if last_shared or now - self._saved_at >= max(_SECONDS, self._cost / _SHARE_OF_TIME):
            self.save(run)
            self._saved_at = time.perf_counter()
            self._cost = self._saved_at - now

    def save(self, run: Run) -> None:
        """Save a checkpoint; keep the one before, and what longer trainings can go on from.

        Raises Busy where the folder was deleted and another process holds a new one.
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

        Raises Overwritten where a file has been damaged while the training went on.
        """
        self.save(run)
        for name, (row, length) in run.rows(run.update).items():
            if not row.is_sound(length):
                raise Overwritten(f"{self._folder / name}: was written to by others")

    def close(self) -> None:
        """Close all files, and with them give up the lock."""
        for file in (*self._rows, self._lock):
            file.close()

    def _put_in_place(self, run: Run) -> None:
        """Make the folder anew where it, or a part of it, has been deleted."""
        lock = self._folder / _LOCK
        if not files.is_in_place(self._lock, lock):
            new = locking.take(lock, _WORK)
            self._lock.close()
            self._lock = new
        for name, (row, _) in run.rows(0).items():
            row.put_in_place(self._folder / name)

    def _save(self, run: Run) -> None:
        for row, _ in run.rows(0).values():
            row.flush_to_disk()
        path = self._checkpoint(run.update, run.horizon(run.update))
        if path.is_dir():
            files.remove(path)
        archives.write(path, self._arrays(run))
        for old in self._superseded(run):
            files.remove(old)

    def _superseded(self, run: Run) -> Iterator[Path]:
        """Yield the checkpoints that nothing can go on from, and all but two of the others.

        These are the last before now and the last that depends on no length. What has grown beyond
        the last update that trainings of different lengths share is that of this run from now on.
        """
        falling, kept = run.horizon(run.update), set()
        for update, horizon, path in self._found():
            shares_rows = horizon == run.horizon(update) or (horizon == falling == 0)
            if not shares_rows:
                yield path
            elif update < run.update:
                if {"before", horizon} <= kept:
                    yield path
                kept |= {"before", horizon}

    def restore(self, run: Run, latest: int) -> None:
        """Bring `run` to its last good checkpoint, if there is one; say so, or what is damaged.

        Checkpoints after update `latest` are left alone.
        """
        checkpoints = [
            path
            for update, horizon, path in self._found()
            if update <= latest and horizon == run.horizon(update)
        ]
        for path in checkpoints:
            try:
                self._load(path, run)
            except InputError as error:
                other = (
                    "beginning anew" if path == checkpoints[-1] else "trying an older checkpoint"
                )
                print(f"warning: {error}; {other}", file=sys.stderr)
                continue
            print(
                f"resuming at update {run.update:,} of {run.updates:,}", file=sys.stderr, flush=True
            )
            return

    def _load(self, path: Path, run: Run) -> None:
        """Bring `run` to a checkpoint.

        Raises InputError where it does not fit the run, or what has grown until then does not fit
        it; the run then stays as it is.
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
        update = run.update_of(arrays)
        if path != self._checkpoint(update, run.horizon(update)):
            raise InputError(f"{path}: its updates do not fit together")
        for name, checksum in self._checksums(run, update).items():
            if arrays[name] != checksum:
                raise InputError(f"{self._folder / name}: is not what update {update:,} has left")
        try:
            run.load_state_dict(arrays)
        except ValueError as error:
            raise InputError(f"{path}: {error}") from None

    def _arrays(self, run: Run) -> dict[str, np.ndarray]:
        return {
            "format": np.array(FORMAT),
            "training": self._training,
            **self._checksums(run, run.update),
            **run.state_dict(),
        }

    def _checksums(self, run: Run, update: int) -> dict[str, np.ndarray]:
        """Return row -> check sum of what it holds after an update."""
        return {
            name: np.array(row.checksum(length)) for name, (row, length) in run.rows(update).items()
        }

    def _checkpoint(self, update: int, horizon: int) -> Path:
        of = f"-of-{horizon}" if horizon else ""
        return self._folder / f"checkpoint-{update:012d}{of}.npz"

    def _found(self) -> list[tuple[int, int, Path]]:
        """Return update, horizon (see `Run`) and path of each checkpoint, the last first."""
        found = []
        for path in self._folder.glob("checkpoint-*.npz"):
            if match := _NAME.fullmatch(path.name):
                found.append((int(match[1]), int(match[2] or 0), path))
        return sorted(found, reverse=True)


@contextmanager
def held(
    folder: Path, training: str, gives_up: Callable[[float], bool] = lambda seconds: True
) -> Iterator[Checkpoints]:
    """Hold the folder of a training, made if need be, until the block ends.

    Args:
        folder: what is named after the training.
        training: its fingerprint.
        gives_up: when not to wait any longer for another process that holds the folder, see
            `rnn.storage.locking`.

    Raises Busy where another process holds it.
    """
    with locking.take(folder / _LOCK, _WORK, gives_up) as lock:
        for left_over in folder.glob(".*.tmp"):
            left_over.unlink()
        checkpoints = Checkpoints(folder, training, lock)
        try:
            yield checkpoints
        except OSError as error:  # a full disk does not say which file it had no room for
            reason = error.strerror or str(error)
            raise OSError(
                error.errno or errno.EIO, reason, error.filename or str(folder)
            ) from error
        finally:
            checkpoints.close()
