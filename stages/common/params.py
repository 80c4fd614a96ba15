"""The reader of params.yaml, whose sections and bounds are those of `rnn.settings`.

The file is read by ruamel.yaml, the parser of DVC itself (YAML 1.2). PyYAML reads YAML 1.1, where
1e-1 is a string and 012 is ten: then DVC would track one value and the stages would use another.
"""

import difflib
import io
import math
import reprlib
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import Node

from rnn.errors import InputError
from rnn.settings import (
    AdaGrad,
    Adam,
    AssessText,
    Baselines,
    Corpus,
    GradientCheck,
    Model,
    Rule,
    SampleEvolution,
    Section,
    SynthesizeBest,
    Train,
)
from rnn.storage import files
from stages.common import paths

Checked = TypeVar("Checked", bound=BaseModel)


class Params(Section):
    """The whole of params.yaml."""

    corpus: Corpus
    model: Model
    gradient_check: GradientCheck
    train: Train
    adagrad: AdaGrad
    adam: Adam
    baselines: Baselines
    sample_evolution: SampleEvolution
    synthesize_best: SynthesizeBest
    assess_text: AssessText

    @property
    def rule(self) -> Rule:
        """The section of the optimiser that is used."""
        return getattr(self, self.train.optimizer)


_LONGEST = 2**16  # bytes of the file; the default one takes some 3,000
_MOST_VALUES = 10_000  # in the file, where each alias stands for a copy of what it points to

_ALLOWED = {  # by the kind of pydantic's error
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "text; a number or a word such as true needs quotes to be text",
    "string_unicode": "text of whole characters",
    "string_too_short": "some text",
    "greater_than": "greater than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "list_type": "a list",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "model_type": "a section, keys with values",
    "dict_type": "a section, keys with values",
}


def load() -> Params:
    """Read params.yaml and check it as a whole; see `read`."""
    return read(Params, paths.PARAMS)


def read(schema: type[Checked], path: Path) -> Checked:
    """Read a file of params and check it as a whole.

    Raises InputError that names the first key which is wrong, what it holds and what is allowed.
    """
    with files.open_input(path) as file:
        content = file.read(_LONGEST + 1)
    if len(content) > _LONGEST:
        raise InputError(f"{path}: is longer than {_LONGEST:,} bytes; shorten it")
    try:
        values = _read_yaml(content.decode("utf-8"))
    except UnicodeDecodeError as error:  # DVC reads no other encoding
        raise InputError(f"{path}: byte {error.start} is not utf-8; save it as UTF-8") from None
    except YAMLError as error:
        raise InputError(f"{path}: is not valid YAML: {_summary(error)}; mend it") from None
    except RecursionError:
        raise InputError(f"{path}: is not valid YAML: nested too deep; mend it") from None
    except Exception as error:  # ruamel.yaml raises any kind where a value is not of its tag's
        raise InputError(
            f"{path}: a value is not of the kind that it is written as ({error}); mend it"
        ) from None
    return check(schema, values, f"{path}: ")


def flat(params: Params) -> dict[str, Any]:
    """Return param, such as train.epochs -> value, for all params."""
    return dict(_flat(params.model_dump(), ""))


def _flat(section: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{place}{name}.")
        else:
            yield f"{place}{name}", value


def with_values(text: str, values: Mapping[str, Any]) -> str:
    """Return the text of params.yaml with other values for some params; comments and order stay.

    Raises KeyError that names a param which is not there.
    """
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 1000  # else long lines are folded
    whole = yaml.load(text)
    for param, value in values.items():
        *sections, name = param.split(".")
        section = whole
        for each in sections:
            section = section.get(each, {})
        if name not in section:
            raise KeyError(param)
        section[name] = value
    changed = io.StringIO()
    yaml.dump(whole, changed)
    return changed.getvalue()


def _read_yaml(text: str) -> Any:
    with warnings.catch_warnings(action="ignore"):  # of an anchor that stands twice, as it may
        node = YAML(typ="safe", pure=True).compose(text)
        if node is not None and _values(node, {}) > _MOST_VALUES:
            raise YAMLError(f"more than {_MOST_VALUES:,} values, each alias counted as a copy")
        return YAML(typ="safe", pure=True).load(text)


def _values(node: Node, known: dict[int, float]) -> float:
    """Return how many values a node holds, itself included; infinity where it holds itself."""
    if id(node) not in known:
        known[id(node)] = math.inf  # until all that it holds has been counted
        items = [] if isinstance(node.value, str) else node.value
        inner = [each for item in items for each in (item if isinstance(item, tuple) else (item,))]
        known[id(node)] = 1 + sum(_values(each, known) for each in inner)
    return known[id(node)]


def _summary(error: YAMLError) -> str:
    """Return what is wrong and where, without the several lines that are quoted."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or ' '.join(str(error).split())}{place}"


def check(schema: type[Checked], values: Any, place: str) -> Checked:
    """Return `values` as `schema`; messages of the InputError that is raised start with `place`."""
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        # An unknown key comes first: a mistyped one is also a missing one.
        unknown = ("extra_forbidden", "invalid_key")
        first, *others = sorted(error.errors(), key=lambda each: each["type"] not in unknown)
        more = f" (and {len(others)} more)" if others else ""
        raise InputError(f"{place}{_defect(schema, first)}{more}") from None


def _defect(schema: type[BaseModel], error: ErrorDetails) -> str:
    """Return what is wrong with which key, what it holds and what is allowed, in plain words."""
    *section, name = error["loc"] or [""]
    key = ".".join(map(str, error["loc"])) if error["loc"] else "the whole file"
    if error["type"] == "missing":
        return f"{key} is missing"
    if error["type"] in ("extra_forbidden", "invalid_key"):
        for each in section:
            schema = schema.model_fields[each].annotation
        close = difflib.get_close_matches(str(name)[:100], schema.model_fields, n=1)
        hints = [f"did you mean {'.'.join([*section, *close])}?"] if close else []
        if not (section and close):
            hints.append("new ones are declared in rnn/settings.py")
        return f"{key} is no param; {' '.join(hints)}"
    allowed = _ALLOWED.get(error["type"], "of another kind").format(**_bounds(error))
    return f"{key} is {_Shortened().repr(error['input'])}: should be {allowed}"


def _bounds(error: ErrorDetails) -> dict[str, Any]:
    """Return what an error says of the bounds, whole numbers as people write them."""
    context = error.get("ctx", {})
    whole = {name for name, value in context.items() if isinstance(value, float) and value % 1 == 0}
    return {name: int(value) if name in whole else value for name, value in context.items()}


class _Shortened(reprlib.Repr):
    """Writes values as Python does, but never at length: each may be long, or hold itself."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 60  # characters

    def repr_int(self, value: int, level: int) -> str:
        return str(value) if abs(value) < 10**40 else "a number of more than 40 digits"
