"""From trials to their records: what is kept is taken, the rest is given to the workers."""

import functools
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from rnn.errors import InputError
from rnn.storage import files
from rnn.training.fingerprint import versions
from stages.train import training_of
from sweep import books, paths, trial
from sweep.books import Name, Prepared
from sweep.cluster import Workers
from sweep.plan import Trial
from sweep.progress import Shown
from sweep.store import Record, Store, name_of
from sweep.trial import Task

_SECONDS_A_LOOK = 0.5  # at what other sweeps have ended


class Audit(NamedTuple):
    """Which trials are computed once more, by another worker."""

    share: float
    rng: np.random.Generator  # draws them

    def draws(self) -> bool:
        """Tell whether the next trial is one of them."""
        return self.rng.random() < self.share


class Job(NamedTuple):
    """A training, or its first epochs, that is to be computed."""

    trial: Trial
    name: str  # of its record
    task: Task
    book: Name
    expected: Record | None = None  # where it is computed once more: what it came to
    by: str = ""  # and who says so

    def __str__(self) -> str:
        return str(self.trial)


class Computing:
    """How the records of a sweep's trials are obtained."""

    def __init__(
        self,
        prepared: dict[Name, Prepared],
        store: Store,
        connect: Callable[[], Workers],
        audit: Audit,
        shown: Shown,
        look: Callable[[], None],
    ) -> None:
        """Take what all trials share.

        Args:
            prepared: the books that they read.
            store: where records are kept.
            connect: returns the workers; called as soon as there is something to compute.
            audit: which trials are computed twice.
            shown: shows how far it is.
            look: called a few times a second; raises to stop it all.
        """
        self._books = prepared
        self._store = store
        self._connect = connect
        self._audit = audit
        self._shown = shown
        self._look = look
        self._versions = versions()
        self._fingerprints: set[str] = set()
        self._computed = self._kept = self._verified = self._running = 0

    @property
    def summary(self) -> str:
        """What was done, in words."""
        words = [f"{self._computed:,} computed", f"{self._kept:,} kept from before"]
        if self._audit.share:
            words.append(f"{self._verified:,} verified")
        return ", ".join(words)

    def records(self, trials: list[Trial], epochs: int | None) -> dict[Trial, Record]:
        """Return what each trial has come to after so many epochs, or at its end if None.

        Raises InputError where a trial cannot be run, or two workers do not agree on one.
        """
        waiting, elsewhere, found = deque(trials), deque[Trial](), {}
        while waiting or elsewhere or self._running:
            self._look()
            while waiting and (not self._running or self._workers.has_room()):
                job = self._job(waiting.popleft(), epochs)
                if record := self._store.get(job.name):
                    self._keep(job, record, found)
                elif self._store.claim(job.name):
                    self._give(job)
                else:  # another sweep is at work on it
                    elsewhere.append(job.trial)
            if not self._running:
                time.sleep(_SECONDS_A_LOOK if elsewhere else 0)
            elif done := self._workers.next():
                self._running -= 1
                self._end(done.job, *done.result, found)
            if not waiting:
                waiting, elsewhere = elsewhere, deque()
            self._shown.show(len(found), self._computed, self._running, len(trials))
        return found

    def clean_up(self) -> None:
        """Remove what the trainings would go on from: they have ended, or been given up."""
        for fingerprint in self._fingerprints:
            files.remove(paths.checkpoints(fingerprint))

    @functools.cached_property
    def _workers(self) -> Workers:
        workers = self._connect()
        for worker, found in workers.everywhere(trial.own_versions).items():
            if isinstance(found, Exception):
                raise InputError(
                    f"worker {worker} cannot run the project ({found}); start it in a clone of "
                    "the project, with its packages"
                )
            trial.require_same(found, self._versions, f"worker {worker}")
        if self._audit.share and len(workers.addresses) < 2:
            raise InputError("--verify: there is one worker; start another, which verifies it")
        for name, book in self._books.items():
            workers.send(name, book.to_send())
        return workers

    def _job(self, one: Trial, epochs: int | None) -> Job:
        params, length, name = one.params, one.params.train.epochs, books.name_of(one.params)
        book, epochs = self._books[name], min(epochs or length, length)
        fingerprint = training_of(params, book.vocabulary, book.indices).fingerprint()
        task = Task(str(one), params, epochs, fingerprint, self._versions, afresh=False)
        return Job(one, name_of(fingerprint, length, epochs), task, name)

    def _give(self, job: Job, not_on: str | None = None) -> None:
        self._workers.give(job, trial.compute, job.task, of=job.book, not_on=not_on)
        self._running += 1

    def _keep(self, job: Job, record: Record, found: dict[Trial, Record]) -> None:
        self._kept += 1
        self._take(job, record, found)
        if self._audit.draws():
            self._give_again(job, record, "the store", None)

    def _end(self, job: Job, record: Record, by: str, found: dict[Trial, Record]) -> None:
        if job.expected is not None:
            self._verified += 1
            if record != job.expected:
                raise InputError(
                    f"{job.trial}: worker {by} computes other bytes than {job.by}; one of the two "
                    "machines, or its packages, is not to be trusted: compute it on a third"
                )
            return
        self._store.put(job.name, record)
        self._computed += 1
        self._fingerprints.add(job.task.fingerprint)
        if job.task.epochs == job.task.params.train.epochs:
            files.remove(paths.checkpoints(job.task.fingerprint))
        self._take(job, record, found)
        if self._audit.draws():
            address, _, _ = by.partition(" ")
            self._give_again(job, record, f"worker {by}", address)

    def _take(self, job: Job, record: Record, found: dict[Trial, Record]) -> None:
        found[job.trial] = record
        self._shown.ended(job.trial, record)

    def _give_again(self, job: Job, record: Record, by: str, not_on: str | None) -> None:
        task = job.task._replace(afresh=True)
        self._give(job._replace(task=task, expected=record, by=by), not_on)
