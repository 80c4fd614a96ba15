"""Which trials a sweep is made of, and what is refused."""

import pytest
from ruamel.yaml import YAML

from rnn.errors import InputError
from stages.common.params import Params, check
from sweep import plan
from sweep.settings import Sweep
from tests.support.project import PROJECT
from tests.support.sweeps import SWEEP

BASE = check(Params, YAML(typ="safe").load(PROJECT / "params.yaml"), "")


def trials(**values):
    return plan.trials(Sweep.model_validate({**SWEEP, **values}), BASE)


def test_a_grid_is_every_combination_with_every_seed():
    grid = {"adagrad.learning_rate": [0.1, 0.4], "model.hidden_size": [8, 16, 32]}
    found = trials(grids={"g": grid}, seeds=[3, 5])
    assert len(found) == 12 and len({str(trial) for trial in found}) == 12
    params = found[0].params
    assert (params.adagrad.learning_rate, params.model.hidden_size, params.model.seed) == (
        0.1,
        8,
        3,
    )
    assert str(found[0]) == "g: learning_rate 0.1, hidden_size 8, seed 3"


def test_a_trial_has_the_params_of_params_yaml_but_for_what_its_grid_says():
    (trial,) = trials(grids={"g": {"train.optimizer": "adam"}}, seeds=[7])
    expected = BASE.model_dump()
    expected["train"]["optimizer"], expected["model"]["seed"] = "adam", 7
    assert trial.params.model_dump() == expected


def test_the_shipped_sweep_is_a_valid_one():
    values = YAML(typ="safe").load(PROJECT / "sweep/params.yaml")
    sweep = check(Sweep, values, "")
    assert len(plan.trials(sweep, BASE)) == len(values["seeds"]) * len(values["grids"])


def test_drawn_settings_are_the_same_for_the_same_seed_and_lie_in_their_ranges():
    grid = {
        "adagrad.learning_rate": {"low": 0.01, "high": 1.0, "log": True},
        "model.hidden_size": {"low": 8, "high": 64},
        "train.clip": [1.0, 5.0],
    }
    first, again = (trials(grids={"g": grid}, draw=20, seeds=[0]) for _ in range(2))
    other = trials(grids={"g": grid}, draw=20, draw_seed=1, seeds=[0])
    assert [t.changes for t in first] == [t.changes for t in again] != [t.changes for t in other]
    rates = [trial.changes["adagrad.learning_rate"] for trial in first]
    assert len(first) == 20 and all(0.01 <= rate <= 1 for rate in rates)
    assert sum(rate < 0.1 for rate in rates) in range(5, 16)  # as many below 0.1 as above
    assert all(type(t.changes["model.hidden_size"]) is int for t in first)
    assert {trial.changes["train.clip"] for trial in first} == {1.0, 5.0}


def test_settings_drawn_from_lists_are_different_ones():
    grid = {"model.hidden_size": list(range(1, 101)), "train.clip": [1.0, 5.0]}
    found = trials(grids={"g": grid}, draw=150, seeds=[0])
    assert len({tuple(trial.changes.values()) for trial in found}) == 150
    assert len(trials(grids={"g": grid}, draw=1000, seeds=[0])) == 200


@pytest.mark.parametrize(
    ("grid", "draw", "message"),
    [
        ({"train.learning_rate": [1.0]}, 0, "did you mean adam.learning_rate?"),
        ({"hidden_size": 3}, 0, "is no param that a grid can have; did you mean model.hidden_size"),
        ({"model": 3}, 0, "model is no param that a grid can have"),
        ({"assess_text.length": [5]}, 0, "is no param that a grid can have"),
        ({"model.seed": [5]}, 0, "list seeds under seeds"),
        ({"adam.beta1": [0.5, 1.5]}, 0, "adam.beta1 is 1.5: should be less than 1"),
        ({"adam.beta1": None}, 0, "adam.beta1 is None: should be a number"),
        ({"train.optimizer": "sgd"}, 0, "train.optimizer is 'sgd'"),
        ({"model.hidden_size": []}, 0, "model.hidden_size is an empty list"),
        ({"adam.beta1": {"low": 0.1, "high": 0.9}}, 0, "set draw, or list values"),
        ({"adam.beta1": {"low": 0.9, "high": 0.1}}, 2, "adam.beta1 is an empty range"),
        ({"adam.beta1": {"low": 0.0, "high": 0.1, "log": True}}, 2, "above 0 where log is true"),
        ({"adam.beta1": {"low": 0.9}}, 2, "adam.beta1.high is missing"),
        ({"adam.beta1": {"low": "a", "high": 1}}, 2, "adam.beta1.low is 'a': should be a number"),
    ],
)
def test_what_makes_no_trial_is_named(grid, draw, message):
    with pytest.raises(InputError) as caught:
        trials(grids={"g": grid}, draw=draw)
    assert str(caught.value).startswith("sweep/params.yaml: grids.g: ")
    assert message in str(caught.value)


def test_ten_million_trials_are_refused_with_their_number():
    grid = {f"adagrad.{name}": [0.1] * 100 for name in ("learning_rate", "fall", "epsilon")}
    with pytest.raises(InputError, match="10,000,000 trials, more than the 100,000"):
        trials(grids={"g": grid}, seeds=list(range(10)))


def test_a_few_settings_of_ten_million_can_be_drawn():
    grid = {f"adagrad.{name}": [0.1] * 1000 for name in ("learning_rate", "fall", "epsilon")}
    assert len(trials(grids={"g": grid}, seeds=[0], draw=1)) == 1
