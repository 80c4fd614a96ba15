"""The text of params.yaml, read and changed by dotted keys such as train.epochs."""

import io
from typing import Any

from ruamel.yaml import YAML


def value(text: str, key: str) -> Any:
    """Return what a key has. Raises AssertionError where there is no such key."""
    section, name = _place(YAML().load(text), key)
    return section[name]


def with_values(text: str, values: dict[str, Any]) -> str:
    """Return the text with other values for some keys; comments and order stay.

    Raises AssertionError that names a key which is not there.
    """
    yaml = YAML()
    params = yaml.load(text)
    for key, new in values.items():
        section, name = _place(params, key)
        section[name] = new
    changed = io.StringIO()
    yaml.dump(params, changed)
    return changed.getvalue()


def _place(params: dict, key: str) -> tuple[dict, str]:
    """Return the section in which a key stands, and its name there."""
    *sections, name = key.split(".")
    for section in sections:
        params = params.get(section, {})
    assert name in params, f"params.yaml has no {key}"
    return params, name
