"""The workers that compute: those of a Dask cluster, or one a core of this machine.

A scheduler or workers may go and come back while work is under way; what they had of it is given
out again.
"""

import contextlib
import logging
import queue
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from distributed import CancelledError, Client, Future, KilledWorker, LocalCluster
from distributed.security import Security

from rnn.engine import team
from rnn.errors import InputError

_SECONDS_TO_ANSWER = 5  # of a scheduler
_PATIENCE = 600.0  # seconds for a scheduler that has gone to come back
_AHEAD = 2  # tasks given out for each thread: one to do, and one to begin at once
_SECONDS_A_LOOK = 0.5
_ADDRESS = re.compile(r"((tcp|tls|wss?)://)?[^/\s]+:\d+")
# Ctrl-C reaches every process of a terminal; our own workers are put away by this one.
_DEAF_TO_CTRL_C = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"


class Done(NamedTuple):
    """A job that has ended."""

    job: Any
    result: Any


class Call(NamedTuple):
    """What a worker was given to do."""

    job: Any
    function: Callable[..., Any]
    arguments: tuple
    of: Any
    not_on: str | None
    only: list[str] | None  # the workers that may do it, as far as not all may


class Workers:
    """Workers that are given jobs; see `connected`."""

    def __init__(self, connect: Callable[[], Client], name: str) -> None:
        """Take what connects to the cluster, and what it is called in messages."""
        self.name = name
        self._connect = connect
        self._client = connect()
        self._running: dict[Future, Call] = {}
        self._ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self._sent: dict[Any, tuple[Any, Future]] = {}
        self._threads: dict[str, int] = {}
        self._looked_at = -1.0
        self.require_workers()

    @property
    def addresses(self) -> list[str]:
        """The addresses of the workers there are."""
        self._look()
        return list(self._threads)

    @property
    def dashboard(self) -> str:
        """The address of the scheduler's dashboard."""
        return self._client.dashboard_link

    @property
    def busy(self) -> int:
        """How many jobs have been given out."""
        return len(self._running)

    def has_room(self) -> bool:
        """Tell whether another job would keep a worker from waiting."""
        self._look()
        return self.busy < _AHEAD * sum(self._threads.values())

    def everywhere(self, function: Callable[[], Any]) -> dict[str, Any]:
        """Call a function on each worker; return worker -> what it returned or raised."""
        return self._client.run(function, on_error="return")

    def send(self, name: Any, value: Any) -> None:
        """Send a value to every worker once, for the jobs that are given its name."""
        future = self._client.scatter(value, broadcast=True, hash=False)
        self._sent[name] = value, future

    def give(
        self,
        job: Any,
        function: Callable[..., Any],
        *arguments: Any,
        of: Any = None,
        not_on: str | None = None,
    ) -> None:
        """Have a worker call a function.

        Args:
            job: what `next` returns with the result.
            function: what is called, with `arguments`.
            arguments: what it is called with.
            of: the name of a value that was sent, which is its last argument.
            not_on: the address of a worker that must not be the one. Raises InputError where there
                is no other.
        """
        only = None
        if not_on is not None:
            only = [address for address in self.addresses if address != not_on]
            if not only:
                raise InputError(f"{job}: {self.name} has no other worker to verify it; start one")
        sent = (self._sent[of][1],) if of is not None else ()
        future = self._client.submit(function, *arguments, *sent, pure=False, workers=only)
        self._running[future] = Call(job, function, arguments, of, not_on, only)
        future.add_done_callback(self._ended.put)

    def next(self) -> Done | None:
        """Return a job that has ended, or None where none has for a moment.

        Raises what a job raised, and InputError where the cluster is lost.
        """
        try:
            future = self._ended.get(timeout=_SECONDS_A_LOOK)
        except queue.Empty:
            self._give_again_what_waits_for_the_gone()
            return None
        if future not in self._running:
            return None
        if future.status in ("cancelled", "lost"):
            self._begin_again()
            return None
        job = self._running[future].job
        try:
            result = future.result()
        except CancelledError:  # lost while it was fetched
            self._begin_again()
            return None
        except KilledWorker as error:
            raise InputError(
                f"{job}: {error.last_worker.address} and other workers died while they were at "
                "it, for lack of memory perhaps; give them more, or set smaller params"
            ) from None
        except ImportError as error:
            raise InputError(
                f"{job}: a worker cannot import {error.name}; start the workers in a clone of the "
                "project, with its packages"
            ) from None
        del self._running[future]
        return Done(job, result)

    def require_workers(self) -> None:
        """Wait until there is a worker; say so."""
        said = False
        while not self.addresses:
            if not said:
                print(f"waiting for workers at {self.name}", file=sys.stderr, flush=True)
                said = True
            time.sleep(_SECONDS_A_LOOK)

    def close(self) -> None:
        """Drop what is under way, and leave the cluster."""
        for future in self._running:
            with contextlib.suppress(Exception):  # whoever is gone needs not be told
                future.cancel()
        self._client.close()

    def _look(self) -> None:
        if time.monotonic() - self._looked_at > _SECONDS_A_LOOK:
            with contextlib.suppress(OSError):  # a scheduler that has gone: `next` notices
                self._threads = self._client.nthreads()
            self._looked_at = time.monotonic()

    def _begin_again(self) -> None:
        """Give out anew all that was under way: the scheduler or the sent values were lost."""
        lost = list(self._running.values())
        self._running.clear()
        with contextlib.suppress(Exception):
            self._client.close(timeout=1)
        print(f"lost {self.name}; waiting for it", file=sys.stderr, flush=True)
        began = time.monotonic()
        while True:
            try:
                self._client = self._connect()
                break
            except InputError:
                if time.monotonic() - began > _PATIENCE:
                    raise
                time.sleep(_SECONDS_A_LOOK)
        self._threads = {}
        self.require_workers()
        for name, (value, _) in self._sent.items():
            self.send(name, value)
        for call in lost:
            self._give_again(call)

    def _give_again_what_waits_for_the_gone(self) -> None:
        there = set(self.addresses)
        for future, call in list(self._running.items()):
            if call.only is not None and there.isdisjoint(call.only):
                del self._running[future]
                future.cancel()
                self._give_again(call)

    def _give_again(self, call: Call) -> None:
        self.give(call.job, call.function, *call.arguments, of=call.of, not_on=call.not_on)


@contextmanager
def connected(address: str | None, file: Path | None) -> Iterator[Workers]:
    """Yield the workers of the cluster whose scheduler is named, or else of one of our own.

    Args:
        address: the scheduler's, such as tcp://host:8786.
        file: a file in which the scheduler has left its address.

    Raises InputError where no scheduler answers.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said here
    with contextlib.ExitStack() as stack:
        name = address or (str(file) if file else "the cluster of this machine")
        where: dict[str, Any] = {"address": address, "scheduler_file": file and str(file)}
        if file and not file.exists():
            raise InputError(f"{file}: no such file; give the file that `dask scheduler` wrote")
        if address and not _ADDRESS.fullmatch(address):
            raise InputError(f"{name}: is no address; give one such as tcp://host:8786")
        if name.startswith("tls:") and not _certificate():
            raise InputError(f"{name}: needs a certificate; name one as in docs/clusters.md")
        if not address and not file:
            where = {"address": stack.enter_context(_own_cluster()).scheduler_address}

        def connect() -> Client:
            with warnings.catch_warnings(action="ignore"):  # of versions: see `require_same`
                try:
                    return Client(**where, timeout=_SECONDS_TO_ANSWER, set_as_default=False)
                except (OSError, ValueError) as error:
                    reason = " ".join(str(error).split()) or type(error).__name__
                    raise InputError(
                        f"{name}: no scheduler answers ({reason}); start one there, or name another"
                    ) from None

        workers = Workers(connect, name)
        try:
            yield workers
        finally:
            workers.close()


def _certificate() -> object | None:
    """Return what this process shows at a scheduler that wants TLS, if it has any."""
    return Security().get_connection_args("client").get("ssl_context")


def _own_cluster() -> LocalCluster:
    """Start a worker for each core that this process may use."""
    return LocalCluster(
        n_workers=team.allowed(),
        threads_per_worker=1,
        memory_limit=None,
        dashboard_address="127.0.0.1:0",  # whichever port is free: there may be other sweeps
        silence_logs=logging.CRITICAL,
        env={team.VARIABLE: "1"},
        preload=[_DEAF_TO_CTRL_C],
    )
