"""What params.yaml may hold, and its reader: every parameter is described in this one place.

The file is read by ruamel.yaml, the parser of DVC itself (YAML 1.2). PyYAML reads YAML 1.1, where
1e-1 is a string and 012 is ten: then DVC would track one value and the stages would use another.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rnn import storage
from rnn.errors import InputError
from stages import paths

Size = Annotated[int, Field(ge=1, le=2048)]
Length = Annotated[int, Field(ge=1, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Std = Annotated[float, Field(gt=0, le=10)]
Temperature = Annotated[float, Field(ge=0, le=100)]
Positive = Annotated[float, Field(gt=0, le=1e6)]


Checked = TypeVar("Checked", bound=BaseModel)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Corpus(_Section):
    """The book."""

    path: Annotated[str, Field(min_length=1)]
    encoding: Annotated[str, Field(min_length=1)]


class Model(_Section):
    """The network; shared by the stages."""

    hidden_size: Size
    init_std: Std
    seed: Seed


class Tolerances(_Section):
    """The largest differences that pass the gradient check."""

    central_differences: Positive
    complex_step: Positive


class GradientCheck(_Section):
    """Stage gradient_check."""

    step: Annotated[float, Field(ge=1e-8, le=0.1)]
    sequence_length: Annotated[int, Field(ge=1, le=1000)]
    hidden_size: Annotated[int, Field(ge=1, le=100)]
    seed: Seed
    tolerances: Tolerances


class Train(_Section):
    """Stage train."""

    epochs: Annotated[int, Field(ge=1, le=10_000)]
    sequence_length: Annotated[int, Field(ge=1, le=1000)]
    learning_rate: Positive
    initial_accumulator: Annotated[float, Field(ge=0, le=1e6)]
    epsilon: Annotated[float, Field(ge=1e-30, le=1)]
    clip: Positive
    smoothing: Annotated[float, Field(ge=0, lt=1)]
    snapshot_every: Annotated[int, Field(ge=1, le=10**9)]
    snapshot_until: Annotated[int, Field(ge=0, le=10**9)]
    engine: Literal["compiled", "numpy"]
    dtype: Literal["float32", "float64"]


class SampleEvolution(_Section):
    """Stage sample_evolution."""

    length: Length
    temperature: Temperature
    seed: Seed


class SynthesizeBest(_Section):
    """Stage synthesize_best."""

    length: Length
    temperature: Temperature
    prime: str
    seed: Seed


class Params(_Section):
    """The whole of params.yaml."""

    corpus: Corpus
    model: Model
    gradient_check: GradientCheck
    train: Train
    sample_evolution: SampleEvolution
    synthesize_best: SynthesizeBest


def load() -> Params:
    """Read params.yaml and check it as a whole.

    Raises InputError that names the first key which is wrong, what it holds and what is allowed.
    """
    with storage.open_input(paths.PARAMS, "run this in the project's folder") as file:
        content = file.read()
    try:
        values = YAML(typ="safe", pure=True).load(content)
    except (YAMLError, ValueError, RecursionError) as error:
        summary = " ".join(str(error).split())
        raise InputError(f"{paths.PARAMS}: is not valid YAML: {summary}") from error
    return check(Params, values, f"{paths.PARAMS}: ")


def check(schema: type[Checked], values: Any, place: str) -> Checked:
    """Return `values` as `schema`; messages of the InputError that is raised start with `place`."""
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        first, *others = error.errors()
        key = ".".join(map(str, first["loc"])) or "the whole file"
        held = "" if first["type"] == "missing" else f" is {_shorten(first['input'])}"
        more = f" (and {len(others)} more)" if others else ""
        message = first["msg"].removeprefix("Input ")
        if first["type"] == "missing":
            message = "is missing"
        elif first["type"] == "model_type":
            message = "should be a section, keys with values"
        raise InputError(f"{place}{key}{held}: {message}{more}") from None


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
