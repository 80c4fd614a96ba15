"""The exceptions for what a user can mend, and how odd text is made fit to print."""

from pathlib import Path

_LONGEST = 1000  # characters of a message; where it is longer, its middle goes


class InputError(Exception):
    """Something outside the code is wrong: a file, a parameter, a book.

    The message is one line that names the thing and the place: the fact. The stages print it with
    the way out, which for each class below is one, and end with a non-zero exit; a traceback would
    only hide it. Whatever is put into it, a key or a file's name, it stays one line of bounded
    length.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class Unreadable(InputError):
    """At a path there is no file, or nothing that can be read as one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path


class Forbidden(InputError):
    """A file may not be read by this user."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: permission denied")


class Damaged(InputError):
    """A file is not what this project writes."""

    def __init__(self, path: Path, reason: Exception | str) -> None:
        super().__init__(f"{path}: is damaged or not written by this project ({reason})")


class Mismatched(InputError):
    """Two files, each of them sound, were not made from the same book."""


class Overwritten(InputError):
    """A file became another while it was being read."""


class Busy(InputError):
    """Another process is at the same work."""


class WrongEncoding(InputError):
    """A book is not in the encoding that it is read in, or that is no encoding."""

    def __init__(self, message: str, suggestion: str) -> None:
        """Take the fact, and in a few words the encoding to try."""
        super().__init__(message)
        self.suggestion = suggestion


class UnfitBook(InputError):
    """A book has nothing to learn from, or too much."""


class TooShort(InputError):
    """A book has too few characters for a window of this length."""


class UnknownCharacter(InputError):
    """A text has a character that the book lacks."""


class Diverged(InputError):
    """A training has left the numbers that a computer can hold."""


class BadEnvironment(InputError):
    """A variable of the environment is not what it may be."""


class Interrupted(Exception):
    """Work was stopped from outside; nothing is wrong. The message is fit to print, as above."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """Return `text` as one line that a terminal only shows.

    Line ends, escape sequences and all else that is not printed are escaped as in Python's string
    literals; a text of more than 1,000 characters loses its middle.
    """
    return _shortened("".join(map(_escaped, _shortened(text))))


def _escaped(character: str) -> str:
    return character if character.isprintable() else ascii(character)[1:-1]


def _shortened(text: str) -> str:
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[: half - 5]} ... {text[-half:]}"
