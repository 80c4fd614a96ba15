"""Which trainings a sweep is made of."""

import difflib
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnn import rng
from rnn.errors import InputError, printable
from stages.common import params
from stages.common.params import Params
from sweep import paths
from sweep.settings import Range, Sweep

MOST = 100_000  # trials of a sweep
_SECTIONS = ("corpus", "model", "train", "adagrad", "adam")
_DIGITS = 4  # of a number that is drawn; its last bits are up to libm, and nobody needs them

Values = dict[str, Any]  # param, such as model.hidden_size -> value
Axis = list[Any] | Range  # what a grid has for a param


@dataclass(frozen=True)
class Trial:
    """One training: params.yaml, what a grid says otherwise, and a seed."""

    settings: str  # in words, shared by the trials that differ in their seed alone
    seed: int
    changes: Values = field(compare=False)
    params: Params = field(compare=False)

    def __str__(self) -> str:
        return f"{self.settings}, seed {self.seed}"


def trials(sweep: Sweep, base: Params) -> list[Trial]:
    """Return the trials, all settings with the first seed, then with the second, and so on.

    Raises InputError where a param or a value is none, or there are too many trials.
    """
    known = _known(base)
    found = {name: _axes(name, grid, known) for name, grid in sweep.grids.items()}
    count = sum(_count(axes, sweep.draw) for axes in found.values()) * len(sweep.seeds)
    if count > MOST:
        raise InputError(
            f"{paths.PARAMS}: {count:,} trials, more than the {MOST:,} of a sweep; set draw to "
            "draw some settings of each grid, or shorten the grids"
        )
    settings: dict[str, Values] = {}
    for name, axes in found.items():
        varied = [param for param, values in axes.items() if _size(values) != 1]
        for values in _drawn(axes, sweep, known) if sweep.draw else _all(name, axes):
            words = ", ".join(f"{param.split('.')[-1]} {values[param]}" for param in varied)
            settings[f"{name}: {words}" if words else name] = values
    changed = {words: _changed(base, words, values) for words, values in settings.items()}
    return [
        Trial(words, seed, values, _seeded(changed[words], seed))
        for seed in dict.fromkeys(sweep.seeds)
        for words, values in settings.items()
    ]


def _changed(base: Params, settings: str, changes: Values) -> Params:
    """Return params with some changes. Raises InputError that names the first wrong one."""
    values = base.model_dump()
    for param, value in changes.items():
        section, name = param.split(".")
        values[section][name] = value
    return params.check(Params, values, f"{paths.PARAMS}: grids.{settings}: ")


def _seeded(settings: Params, seed: int) -> Params:
    return settings.model_copy(update={"model": settings.model.model_copy(update={"seed": seed})})


def _known(base: Params) -> Values:
    """Return all params that a grid may have, and what params.yaml has for them."""
    return {
        param: value
        for param, value in params.flat(base).items()
        if param.split(".")[0] in _SECTIONS and param != "model.seed"
    }


def _axes(name: str, grid: Values, known: Values) -> dict[str, Axis]:
    """Return param -> its values or their range. Raises InputError where there are none."""
    axes: dict[str, Axis] = {}
    for param, value in grid.items():
        place = f"{paths.PARAMS}: grids.{name}: {printable(str(param))}"
        if param not in known:
            close = difflib.get_close_matches(str(param)[:100], known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"those are of {', '.join(_SECTIONS)}"
            if param == "model.seed":
                hint = "list seeds under seeds"
            raise InputError(f"{place} is no param that a grid can have; {hint}")
        if isinstance(value, dict):
            axes[param] = bounds = params.check(Range, value, f"{place}.")
            if bounds.low >= bounds.high or (bounds.log and bounds.low <= 0):
                raise InputError(
                    f"{place} is an empty range; low should be below high, and above 0 where log "
                    "is true"
                )
        else:
            axes[param] = value if isinstance(value, list) else [value]
            if not axes[param]:
                raise InputError(f"{place} is an empty list; give it values, or remove it")
    return axes


def _size(values: Axis) -> float:
    return math.inf if isinstance(values, Range) else len(values)


def _count(axes: dict[str, Axis], draw: int) -> int:
    """Return how many settings a grid has; 1 for a range that is not drawn from, an error later."""
    sizes = [_size(values) for values in axes.values()]
    count = math.prod(sizes)
    return int(min(count, draw)) if draw else math.prod(int(s) for s in sizes if s < math.inf)


def _all(name: str, axes: dict[str, Axis]) -> Iterator[Values]:
    for param, values in axes.items():
        if isinstance(values, Range):
            raise InputError(
                f"{paths.PARAMS}: grids.{name}: {param} is a range, of which draw says how many "
                "settings to draw; set draw, or list values"
            )
    for combination in itertools.product(*axes.values()):
        yield dict(zip(axes, combination, strict=True))


def _drawn(axes: dict[str, Axis], sweep: Sweep, known: Values) -> Iterator[Values]:
    """Yield settings drawn at random, as random search has them (Bergstra and Bengio, 2012).

    Lists are drawn from without repeating a combination.
    """
    generator = rng.generator(sweep.draw_seed)
    lists = {param: values for param, values in axes.items() if isinstance(values, list)}
    sizes = [len(values) for values in lists.values()]
    ranges = [param for param in axes if param not in lists]
    combinations = math.prod(sizes)
    if ranges:
        places = generator.integers(combinations, size=sweep.draw)
    else:
        places = generator.choice(combinations, min(sweep.draw, combinations), replace=False)
    for place in places.tolist():
        indices = np.unravel_index(place, sizes) if sizes else ()
        chosen = {
            param: values[index]
            for (param, values), index in zip(lists.items(), indices, strict=True)
        }
        yield {
            param: chosen[param]
            if param in chosen
            else _number(axes[param], isinstance(known[param], int), generator)
            for param in axes
        }


def _number(bounds: Range, whole: bool, generator: np.random.Generator) -> int | float:
    low, high = (math.log(b) if bounds.log else b for b in (bounds.low, bounds.high))
    value = generator.uniform(low, high)
    value = math.exp(value) if bounds.log else value
    return round(value) if whole else float(f"{value:.{_DIGITS}g}")
