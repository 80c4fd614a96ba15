"""How the report words numbers and params, in Markdown and HTML alike."""

import io
from typing import Any

import jinja2
from ruamel.yaml import YAML

from stages.common import paths


def environment(autoescape: bool) -> jinja2.Environment:
    """Return what fills the templates of this folder: with values that are there, or not at all."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.PAGE_SOURCES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=autoescape,
    )
    environment.filters |= {"counted": counted, "grouped": grouped, "yaml": as_yaml}
    return environment


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
