"""Which settings go on."""

import math

import pytest
from ruamel.yaml import YAML

from rnn.errors import InputError
from stages.common.params import Params, check
from sweep import halving, plan, winner
from sweep.settings import Sweep
from sweep.store import Record
from tests.support.project import PROJECT
from tests.support.sweeps import SWEEP

BASE = check(Params, YAML(typ="safe").load(PROJECT / "params.yaml"), "")


def halved(values, epochs, factor, seeds=(0, 1)):
    """Return who was computed at each call, and for how long; a rate's loss is its value."""
    grids = {"g": {"adagrad.learning_rate": values}}
    halved = {"epochs": epochs, "factor": factor}
    sweep = Sweep.model_validate({**SWEEP, "grids": grids, "seeds": list(seeds), "halving": halved})
    calls = []

    def compute(trials, epochs):
        rates = sorted({trial.changes["adagrad.learning_rate"] for trial in trials})
        calls.append((epochs, rates))
        return {
            trial: Record(
                {"held_out_bits": trial.changes["adagrad.learning_rate"], "epochs": epochs or 10},
                *("", ""),
            )
            for trial in reversed(trials)  # they arrive in any order
        }

    found = halving.outcomes(plan.trials(sweep, BASE), sweep, compute)
    return calls, found


def test_without_halving_all_run_to_their_end():
    calls, found = halved([0.1, 0.2, 0.3], 0, 3)
    assert calls == [(None, [0.1, 0.2, 0.3])] and len(found) == 6


def test_the_best_of_each_round_go_on_for_some_times_as_long():
    calls, found = halved([n / 10 for n in range(1, 10)], 1, 3)
    assert [(epochs, len(rates)) for epochs, rates in calls] == [(1, 9), (3, 3), (9, 1), (None, 1)]
    assert calls[-1] == (None, [0.1])
    assert len(found) == 18
    assert {record.metrics["epochs"] for record in found.values()} == {1, 3, 10}


def test_at_least_one_setting_goes_on():
    calls, _ = halved([0.1, 0.2], 1, 100)
    assert calls == [(1, [0.1, 0.2]), (None, [0.1])]


def test_settings_are_ranked_by_the_mean_of_all_their_seeds():
    lucky, steady = [("lucky", 1.0), ("lucky", 2.0)], [("steady", 1.3), ("steady", 1.4)]
    first, second = winner.ranked([*lucky, *steady])
    assert (first.settings, first.mean, first.spread) == ("steady", 1.35, pytest.approx(0.1))
    assert second.settings == "lucky"


def test_settings_that_lack_the_metric_with_a_seed_do_not_win():
    groups = winner.ranked([("bad", 0.1), ("bad", math.inf), ("good", 2.0), ("good", 2.1)])
    assert groups[0].settings == "good"


def test_that_no_settings_have_the_metric_is_said():
    with pytest.raises(InputError, match="no settings have the metric"):
        winner.ranked([("bad", math.inf)])
