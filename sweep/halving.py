"""Which trials run to their end: all, or after successive halving those whose settings lead.

All settings run for a few epochs; the best of them go on for some times as many, and so on to the
end (Jamieson and Talwalkar, 2016). Every training is one of full length that is interrupted, so
nothing is trained twice. Who goes on is decided when all have arrived, not by who arrives first.
"""

import math
from collections.abc import Callable, Iterator

from sweep.plan import Trial
from sweep.settings import Halving, Sweep
from sweep.store import Record
from sweep.winner import ranked

Records = dict[Trial, Record]


def outcomes(
    trials: list[Trial],
    sweep: Sweep,
    compute: Callable[[list[Trial], int | None], Records],
) -> Records:
    """Return what each trial came to, at its end or where its settings were given up.

    `compute` returns what trials have come to after so many epochs, or at their end.
    """
    longest = max(trial.params.train.epochs for trial in trials)
    found: Records = {}
    for epochs in _rungs(sweep.halving, longest):
        found |= compute(trials, epochs)
        order = ranked(
            (trial.settings, found[trial].metrics.get(sweep.metric, math.inf)) for trial in trials
        )
        going_on = {
            group.settings for group in order[: math.ceil(len(order) / sweep.halving.factor)]
        }
        trials = [trial for trial in trials if trial.settings in going_on]
    return found | compute(trials, None)


def _rungs(halving: Halving, longest: int) -> Iterator[int]:
    """Yield after how many epochs settings are given up."""
    epochs = halving.epochs
    while 0 < epochs < longest:
        yield epochs
        epochs *= halving.factor
