"""The settings of each part, and their bounds.

What each means stands beside its value in the params that it is read from.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rnn.data.vocabulary import LARGEST, Unknown

LARGEST_HIDDEN_SIZE = 2048  # m

Size = Annotated[int, Field(ge=1, le=LARGEST_HIDDEN_SIZE)]
Length = Annotated[int, Field(ge=1, le=1_000_000)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Std = Annotated[float, Field(gt=0, le=10)]
Share = Annotated[float, Field(ge=0, le=1)]
Temperature = Annotated[float, Field(ge=0, le=100)]
TopK = Annotated[int | None, Field(ge=1, le=LARGEST)]
TopP = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e6)]


class Section(BaseModel):
    """Settings by name; what is unknown, of another kind or out of bounds is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Corpus(Section):
    """The book."""

    path: Annotated[str, Field(min_length=1)]
    encoding: Annotated[str, Field(min_length=1)]
    holdout: Annotated[float, Field(ge=0, le=0.5)]
    unknown: Unknown


class Model(Section):
    """The network; shared by the stages."""

    hidden_size: Size
    init_std: Std
    seed: Seed


class Tolerances(Section):
    """The largest differences that pass the gradient check."""

    central_differences: Positive
    complex_step: Positive


class GradientCheck(Section):
    """Stage gradient_check."""

    step: Annotated[float, Field(ge=1e-8, le=0.1)]
    sequence_length: Annotated[int, Field(ge=1, le=1000)]
    hidden_size: Annotated[int, Field(ge=1, le=100)]
    seed: Seed
    tolerances: Tolerances


class Train(Section):
    """Stage train."""

    epochs: Annotated[int, Field(ge=1, le=10_000)]
    sequence_length: Annotated[int, Field(ge=1, le=1000)]
    batch_size: Annotated[int, Field(ge=1, le=1024)]
    optimizer: Literal["adagrad", "adam"]
    best: Literal["holdout", "smooth_loss"]
    clip: Positive
    smoothing: Annotated[float, Field(ge=0, lt=1)]
    snapshot_every: Annotated[int, Field(ge=1, le=10**9)]
    snapshot_until: Annotated[int, Field(ge=0, le=10**9)]
    engine: Literal["compiled", "numpy"]
    dtype: Literal["float32", "float64"]


class Rule(Section):
    """What the rules by which a network learns have in common; see `rnn.optimizers.rates`."""

    learning_rate: Positive
    base_width: Annotated[float, Field(gt=0, le=1e6)]
    fall: Share
    epsilon: Annotated[float, Field(ge=1e-30, le=1)]


class AdaGrad(Rule):
    """Optimiser adagrad."""

    initial_accumulator: Annotated[float, Field(ge=0, le=1e6)]


class Adam(Rule):
    """Optimiser adam."""

    beta1: Annotated[float, Field(ge=0, lt=1)]
    beta2: Annotated[float, Field(ge=0, lt=1)]


class Baselines(Section):
    """Stage baselines."""

    order: Annotated[int, Field(ge=1, le=20)]


class SampleEvolution(Section):
    """Stage sample_evolution."""

    length: Length
    temperature: Temperature
    top_k: TopK
    top_p: TopP
    seed: Seed


class SynthesizeBest(Section):
    """Stage synthesize_best."""

    length: Length
    temperature: Temperature
    top_k: TopK
    top_p: TopP
    prime: str
    stop: str
    seed: Seed


class AssessText(Section):
    """Stage assess_text."""

    length: Length
    snapshot_length: Length
    temperatures: Annotated[list[Temperature], Field(min_length=1, max_length=100)]
    seed: Seed
