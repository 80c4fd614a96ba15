"""The one exception for what a user can mend, and how odd text is made fit to print."""

_LONGEST = 1000  # characters of a message; where it is longer, its middle goes


class InputError(Exception):
    """Something outside the code is wrong: a file, a parameter, a book.

    The message is one line that names the thing, the place and the way out. The stages print it
    and end with a non-zero exit; a traceback would only hide it. Whatever is put into it, a key or
    a file's name, it stays one line of bounded length.
    """

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
