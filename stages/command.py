"""What every stage's command has in common."""

import sys
from collections.abc import Callable

import typer

from rnn.errors import InputError


def run(main: Callable[..., None]) -> None:
    """Run a stage from the command line; what its user can mend is said in one line."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    try:
        app()
    except InputError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        sys.exit(f"error: {place}{error.strerror or error}")
