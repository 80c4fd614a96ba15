"""One training of a sweep, as a worker runs it: by the same code as the `train` stage."""

import contextlib
import functools
import hashlib
import io
import os
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from distributed import get_worker

from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.engine import team
from rnn.errors import InputError
from rnn.storage import rows
from rnn.storage.rows import FrozenArray
from rnn.training import summary, trainer
from rnn.training.fingerprint import versions
from rnn.training.run import Run
from stages.common import ways_out
from stages.common.params import Params
from stages.train import training_of
from sweep import paths
from sweep.store import Record


class Book(NamedTuple):
    """A book as it is sent to a worker."""

    characters: str  # of its vocabulary
    indices: np.ndarray  # (length,), the vocabulary's dtype
    sha256: str


class Task(NamedTuple):
    """What a worker is to do."""

    trial: str  # in words, for errors
    params: Params
    epochs: int  # to run it for
    fingerprint: str
    versions: dict[str, str]  # of the code and packages that the sweep runs with
    afresh: bool  # whether to go on from nothing that was kept


class WrongWorker(InputError):
    """A worker does not have the code or the packages that the sweep has."""


def compute(task: Task, book: Book) -> tuple[Record, str]:
    """Run a training and return what it came to, and where it ran.

    The engine has one thread unless RNN_THREADS says otherwise: the other cores have trials of
    their own. Raises WrongWorker where the result would be that of another code, and InputError
    that names the trial and this worker where it cannot be run.
    """
    require_same(own_versions(), task.versions, f"worker {here()}")
    os.environ.setdefault(team.VARIABLE, "1")
    try:
        return _run(task, book), here()
    except InputError as error:
        raise InputError(f"{task.trial}: {ways_out.explained(error)}") from None
    except (OSError, MemoryError) as error:
        raise InputError(f"{task.trial}: worker {here()}: {error!r}; mend that there") from None


def _run(task: Task, book: Book) -> Record:
    vocabulary, indices = _opened(book)
    training = training_of(task.params, vocabulary, indices)
    if training.fingerprint() != task.fingerprint:
        raise WrongWorker(f"worker {here()} has another name for this training; start it again")
    with contextlib.ExitStack() as stack:
        # What a training says of its checkpoints is for those who run one.
        stack.enter_context(contextlib.redirect_stderr(io.StringIO()))
        folder = paths.checkpoints(task.fingerprint)
        if task.afresh:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        run = stack.enter_context(
            trainer.finished(training, folder, reason_to_stop=_reason_to_stop(), epochs=task.epochs)
        )
        return record(run)


def record(run: Run) -> Record:
    """Return what a run has come to at the end of an epoch."""
    best, losses = run.best(), hashlib.sha256()
    for block in run.losses.blocks(0, run.update):
        losses.update(block)
    digest = hashlib.sha256(best.content()).hexdigest()
    return Record(summary.metrics(run, best), digest, losses.hexdigest())


def require_same(found: dict[str, str], wanted: dict[str, str], who: str) -> None:
    """Raise WrongWorker where `who` has other code or packages than the sweep."""
    for name, version in wanted.items():
        if found[name] != version:
            raise WrongWorker(
                f"{who} has {name} {found[name][:16]}, the sweep has {version[:16]}; bring it to "
                "the same commit and the same locked packages, and start it again"
            )


def here() -> str:
    """Return the worker's address and the name of its machine."""
    return f"{get_worker().address} on {socket.gethostname()}"


@functools.cache
def own_versions() -> dict[str, str]:
    """Return the versions of the code and packages that this process has imported."""
    return versions()


def _opened(book: Book) -> tuple[Vocabulary, FrozenArray]:
    """Return the vocabulary and the indices, which lie in the worker's own folder."""
    vocabulary = Vocabulary(book.characters)
    path = Path(get_worker().local_directory) / f"{book.sha256}.npy"
    if not path.exists():
        rows.write(path, vocabulary.dtype, [book.indices], len(book.indices))
    return vocabulary, corpus.open_indices(path, vocabulary)


def _reason_to_stop() -> Callable[[], str | None]:
    """Return what tells that nobody waits for this task any more: the sweep has ended."""
    worker = get_worker()
    key = worker.get_current_task()

    def reason() -> str | None:
        task = worker.state.tasks.get(key)
        return "the end of its sweep" if task is None or task.state == "cancelled" else None

    return reason
