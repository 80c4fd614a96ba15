"""Exercises 1 to 4: from a book to numbers. A network computes; it cannot read letters."""

import numpy as np


def distinct_characters(text: str) -> str:
    """Return the K distinct characters of `text`, each once, sorted by code point.

    For example, distinct_characters("banana") is "abn". The order must be the same in every run:
    a character's place in it is the number that the network will know the character by.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def encode(text: str, characters: str) -> np.ndarray:
    """Return the index of each character of `text`: integers, shape (n,).

    The index of a character is its place in `characters`, from 0 to K - 1. For example,
    encode("nab", "abn") is array([2, 0, 1]).
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def decode(indices: np.ndarray, characters: str) -> str:
    """Return the text that has these indices (n,): the way back from `encode`."""
    raise NotImplementedError("yours to write: the docstring says what is wanted")


def window(indices: np.ndarray, start: int, T: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the window of the book that begins at `start`: x and y, each of shape (T,).

        x_t = indices[start + t]          what is read
        y_t = indices[start + t + 1]      what follows it, and is to be foretold

    for t from 0 to T - 1. The book is long enough: start + T is a place in it.
    """
    raise NotImplementedError("yours to write: the docstring says what is wanted")
