"""The one exception for what a user can mend."""


class InputError(Exception):
    """Something outside the code is wrong: a file, a parameter, a book.

    The message is one line that names the thing, the place and the way out. The stages print it
    and end with a non-zero exit; a traceback would only hide it.
    """


def printable(text: str) -> str:
    """Return `text` with all that is not printable as escapes, so that it stays one line."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in str(text))
