"""When a training is to stop before its end: a signal, or the end of its parent process."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stages
from rnn.errors import InputError
from rnn.training import Run


@contextmanager
def noticed() -> Iterator[Callable[[], str | None]]:
    """Yield what tells why to stop, or None; meanwhile Ctrl-C and SIGTERM only leave word."""
    received: list[int] = []

    def reason() -> str | None:
        if received:
            return signal.Signals(received[0]).name
        # DVC leaves the commands that it started to themselves when it is killed.
        return "the end of its parent process" if _parent_is_gone() else None

    handlers = {
        number: signal.signal(number, lambda number, _: received.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield reason
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _parent_is_gone() -> bool:
    """Tell whether another process has adopted this one.

    It may have done so before this one could look. It is then of another session, which the parent
    of a process that did not begin its session never is.
    """
    parent, session = os.getppid(), os.getsid(0)
    try:
        return parent != stages.PARENT or session not in (os.getpid(), os.getsid(parent))
    except ProcessLookupError:
        return True


def stopped(reason: str, run: Run) -> InputError:
    """Return the error that ends an interrupted training, and says how to go on."""
    return InputError(
        f"training stopped by {reason} at update {run.state.update:,} of {run.updates:,} and "
        "saved; run the same command again to go on from there"
    )
