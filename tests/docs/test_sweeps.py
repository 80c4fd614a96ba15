"""The figures of docs/sweeps.md are those of the sweep's table, and of what was measured."""

import csv
from statistics import fmean

import pytest
from ruamel.yaml import YAML

from stages.page.original import FIGURES
from sweep import paths
from tests.support import results
from tests.support.project import PROJECT

DOCUMENT = " ".join((PROJECT / "docs/sweeps.md").read_text(encoding="utf-8").split())


@pytest.fixture(scope="module")
def table():
    """Return settings -> metric -> values over the seeds."""
    found = {}
    with (PROJECT / paths.TRIALS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for metric in ("min_smooth_loss", "held_out_bits"):
                values = found.setdefault(row["settings"], {}).setdefault(metric, [])
                values.append(float(row[metric]))
    return found


def spread(values):
    return max(values) - min(values)


def test_the_table_is_of_the_sweep_s_params(table):
    values = YAML(typ="safe").load(PROJECT / paths.PARAMS)
    assert set(table) == set(values["grids"])
    assert {len(each["held_out_bits"]) for each in table.values()} == {len(values["seeds"])}


def test_what_is_said_of_luck_is_what_the_table_has(table):
    loss = {name: each["min_smooth_loss"] for name, each in table.items()}
    original, zero = loss["original"], loss["no head start of G"]
    assert (
        f"five seeds end between {min(original):.2f} and {max(original):.2f} nats a window: they "
        f"lie {spread(original):.2f} apart"
    ) in DOCUMENT
    short, long = (run["smooth_loss"] for run in FIGURES["runs"])
    assert f"The report says {short:.2f} after five epochs and {long:.2f} after ten" in DOCUMENT
    assert f"That is {short - long:.2f} apart, less than" in DOCUMENT
    assert short - long < spread(original)
    assert f"seeds lie {spread(loss['defaults']):.2f} apart" in DOCUMENT
    above = fmean(zero) - fmean(loss["defaults"])
    assert f"lie {spread(zero):.2f} apart, and end {above:.2f} above the defaults" in DOCUMENT


def test_what_is_said_of_the_defaults_is_what_the_table_has(table):
    loss = {name: fmean(each["min_smooth_loss"]) for name, each in table.items()}
    costs = [
        f"{words} {loss[name] - loss['defaults']:.2f}"
        for words, name in (
            ("One rate for all costs", "one rate for all"),
            ("half the rate", "half the rate"),
            ("no fall", "no fall"),
        )
    ]
    assert f"{costs[0]} nats, {costs[1]}, {costs[2]}." in DOCUMENT
    bits = {name: each["held_out_bits"] for name, each in table.items()}
    adam = fmean(bits["defaults"]) - fmean(bits["adam"])
    twice = fmean(bits["defaults"]) - fmean(bits["twice the rate"])
    assert f"Adam is better by {adam:.3f} bits a held-out character" in DOCUMENT
    words = f"twice the rate by {twice:.3f}: less than its seeds lie apart, "
    assert f"{words}{spread(bits['twice the rate']):.3f}" in DOCUMENT


def test_what_is_said_of_the_workers_is_what_the_benchmark_measured():
    rows = results.rows(results.measured("many_runs"))
    (times,) = (row[1] for row in rows if row[0].startswith("two workers, times half"))
    assert f"on two workers take {times} times half of what they take one after the" in DOCUMENT
    long, short, many = (row for row in rows if row[0] in ("1,000", "20,000"))
    assert f"a thousand keep fifty workers busy {long[2]} of the time" in DOCUMENT
    assert (
        f"A thousand shorter ones take {short[3]} MiB of the scheduler and {short[4]} of the "
        f"client, twenty thousand of these {many[3]} and {many[4]}."
    ) in DOCUMENT


def test_what_is_said_of_halving_is_what_the_benchmark_measured():
    _, _, *halved = results.rows(results.measured("halving"))
    two, three, four, later = (row[2] for row in halved)
    assert two == three
    assert f"trained {two} of the epochs with factors 2 and 3 and {four} with factor 4" in DOCUMENT
    assert f"after the third epoch, with factor 3, {later}." in DOCUMENT
    assert {row[3] for row in halved} == {"1"}  # the winner was never given up
