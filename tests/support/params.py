"""What params.yaml has, by dotted keys such as train.epochs."""

import functools
from typing import Any

from ruamel.yaml import YAML


def value(text: str, key: str) -> Any:
    """Return what a key has. Raises KeyError where there is no such key."""
    return functools.reduce(lambda section, name: section[name], key.split("."), YAML().load(text))
