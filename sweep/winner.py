"""Settings over their seeds: which is the best, and how far its seeds lie apart."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from rnn.errors import InputError
from sweep import paths


class Group(NamedTuple):
    """The trials that differ in nothing but their seed."""

    settings: str
    values: tuple[float, ...]  # of the metric, sorted; infinite where a trial has none

    @property
    def mean(self) -> float:
        """The mean over the seeds."""
        return math.fsum(self.values) / len(self.values)

    @property
    def spread(self) -> float:
        """How far the best and the worst lie apart."""
        return self.values[-1] - self.values[0]


def ranked(values: Iterable[tuple[str, float]]) -> list[Group]:
    """Return the groups of settings and their values, the best mean first, else by name.

    Raises InputError where no group has a value for each seed.
    """
    by_settings: dict[str, list[float]] = {}
    for settings, value in values:
        by_settings.setdefault(settings, []).append(value)
    groups = [Group(settings, tuple(sorted(found))) for settings, found in by_settings.items()]
    groups.sort(key=lambda group: (group.mean, group.settings))
    if not groups or math.isinf(groups[0].mean):
        raise InputError(
            f"{paths.PARAMS}: no settings have the metric for each seed: where no text is "
            "held out there are no held_out_bits; set corpus.holdout, or another metric"
        )
    return groups
