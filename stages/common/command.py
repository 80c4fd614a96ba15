"""What every stage's command has in common."""

import errno
import functools
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import typer

from rnn.errors import InputError, Interrupted, printable
from stages.common import ways_out

_WAYS_OUT = {
    errno.ENOSPC: "make room and run it again",
    errno.EDQUOT: "make room and run it again",
    errno.EFBIG: "allow larger files and run it again",
    errno.EACCES: "change its permissions and run it again",
    errno.EROFS: "use a folder that can be written to",
}


def run(main: Callable[..., None], example: str = "") -> None:
    """Run a stage from the command line; what its user can mend is said in one line.

    `example` are options that its --help shows in use.
    """
    sys.excepthook = sys.__excepthook__
    # A terminal may lack a character of the book.
    sys.stdout = _stream(1, sys.stdout, errors="replace")
    sys.stderr = _stream(2, sys.stderr, errors="backslashreplace")

    @functools.wraps(main)
    def command(**options: Any) -> None:
        main(**options)
        sys.stdout.flush()  # while it can be said that there is no room for it
        sys.stderr.flush()
        # At once: what is edited between a stage's last look at its inputs and DVC's would be
        # recorded with this result, and to put all modules away takes a tenth of a second.
        os._exit(0)

    app = typer.Typer(add_completion=False, rich_markup_mode=None)  # else lines are not filled
    module = getattr(sys.modules["__main__"].__spec__, "name", "")
    app.command(epilog=f"Example: python -m {module} {example}".rstrip())(command)
    with _ends_in_one_line():
        typer.main.get_command(app)()  # typer's own call shows tracebacks of its own kind


@contextmanager
def _ends_in_one_line() -> Iterator[None]:
    _on_signals(_stop)
    sys.unraisablehook = _raise_later
    try:
        yield
    except _Stopped as stopped:
        name = signal.Signals(stopped.number).name
        sys.stdout.flush()
        print(f"error: stopped by {name} before it was done; run it again", file=sys.stderr)
        sys.exit(128 + stopped.number)
    except InputError as error:
        sys.exit(f"error: {ways_out.explained(error)}")
    except Interrupted as error:
        sys.exit(f"error: {error}")
    except MemoryError as error:
        reason = f" ({printable(str(error))})" if str(error) else ""
        sys.exit(
            f"error: not enough memory{reason}; free some, or lower model.hidden_size, "
            "train.batch_size or train.sequence_length"
        )
    except OSError as error:
        place = f"{printable(str(error.filename))}: " if error.filename else ""
        way_out = _WAYS_OUT.get(error.errno, "mend that and run it again")
        sys.exit(f"error: {place}{error.strerror or printable(str(error))}; {way_out}")
    finally:
        _on_signals(signal.SIG_IGN)  # what is left to do is to end
        with suppress(OSError):
            sys.stdout.flush()  # before the error is said
        signal.setitimer(signal.ITIMER_REAL, 0)


class _Stopped(BaseException):
    """A signal has come; raised wherever the stage then is, so that what it began is put away."""

    def __init__(self, number: int) -> None:
        self.number = number


def _stop(number: int, _: Any) -> None:
    _on_signals(signal.SIG_IGN)  # a second one would come while things are put away
    raise _Stopped(number)


def _raise_later(unraisable: Any) -> None:
    """Raise again what was lost, as it is where LLVM calls Python while it compiles."""
    stopped = unraisable.exc_value
    if isinstance(stopped, _Stopped):
        signal.signal(signal.SIGALRM, lambda _, frame: _stop(stopped.number, frame))
        signal.setitimer(signal.ITIMER_REAL, 0.001)
    else:
        sys.__unraisablehook__(unraisable)


def _on_signals(handler: Any) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, handler)


def _stream(number: int, stream: io.TextIOWrapper | None, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Output(number)),
        encoding=stream.encoding if stream else "utf-8",
        errors=errors,
        line_buffering=stream.line_buffering if stream else False,
    )


class _Output(io.FileIO):
    """Standard output or error, at whose end there may be nobody any more.

    What cannot be said is no reason to end a stage. But what goes to a file that is full is missed.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number, "wb", closefd=False)

    def write(self, content: Any) -> int | None:
        """Write, or from the first failure on, write to nowhere."""
        try:
            return super().write(content)
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if self.fileno() == 1 and error.errno != errno.EPIPE:
                raise OSError(error.errno, error.strerror, "standard output") from error
            return len(content)
