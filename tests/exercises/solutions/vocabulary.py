"""The solutions to exercises/vocabulary.py."""

import numpy as np


def distinct_characters(text: str) -> str:
    return "".join(sorted(set(text)))


def encode(text: str, characters: str) -> np.ndarray:
    index_of = {character: index for index, character in enumerate(characters)}
    return np.array([index_of[character] for character in text])


def decode(indices: np.ndarray, characters: str) -> str:
    return "".join(characters[index] for index in indices)


def window(indices: np.ndarray, start: int, T: int) -> tuple[np.ndarray, np.ndarray]:
    return indices[start : start + T], indices[start + 1 : start + T + 1]
