"""The reader of sweep/params.yaml, and the bounds of what stands in it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from rnn.settings import Section, Seed
from stages.common import params
from sweep import paths


class Range(Section):
    """Numbers from `low` to `high` to draw from, whole ones where the param is one."""

    low: float
    high: float
    log: bool = False  # whether each factor of ten is as likely as the next


class Halving(Section):
    """When settings that are behind are given up."""

    epochs: Annotated[int, Field(ge=0, le=10_000)]
    factor: Annotated[int, Field(ge=2, le=100)]


class Sweep(Section):
    """The whole of sweep/params.yaml; what each means stands there."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    grids: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    draw: Annotated[int, Field(ge=0)]
    draw_seed: Seed
    metric: Literal["held_out_bits", "min_smooth_loss", "epoch_mean_loss"]
    halving: Halving


def load() -> Sweep:
    """Read sweep/params.yaml. Raises InputError that names the first key that is wrong."""
    return params.read(Sweep, paths.PARAMS)
