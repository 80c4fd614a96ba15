"""What every stage's command has in common."""

import errno
import sys
from collections.abc import Callable

import typer

from rnn.errors import InputError

_WAYS_OUT = {
    errno.ENOSPC: "make room and run it again",
    errno.EDQUOT: "make room and run it again",
    errno.EFBIG: "allow larger files and run it again",
    errno.EACCES: "change its permissions and run it again",
    errno.EROFS: "use a folder that can be written to",
}


def run(main: Callable[..., None]) -> None:
    """Run a stage from the command line; what its user can mend is said in one line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    sys.stdout.reconfigure(errors="replace")  # a terminal may lack a character of the book
    try:
        app()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        way_out = _WAYS_OUT.get(error.errno, "mend that and run it again")
        sys.exit(f"error: {place}{error.strerror or error}; {way_out}")
