"""How the report words numbers and params, in Markdown and HTML alike."""

import io
from typing import Any

from ruamel.yaml import YAML


def as_yaml(values: dict[str, Any]) -> str:
    """Return params as YAML, which depends on nothing but their values."""
    yaml = YAML()
    yaml.width = 2**16  # never folds a long text
    text = io.StringIO()
    yaml.dump(_whole(values), text)
    return text.getvalue()


def _whole(value: Any) -> Any:
    """Return values in which 10.0 is 10, as people write it."""
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def grouped(number: int) -> str:
    """Return `2,000`, its digits in groups of three."""
    return f"{number:,}"


def counted(count: int, noun: str) -> str:
    """Return `1 update` or `2,000 updates`."""
    return f"{grouped(count)} {noun}{'' if count == 1 else 's'}"


FILTERS = {"counted": counted, "grouped": grouped, "yaml": as_yaml}  # names in the templates
