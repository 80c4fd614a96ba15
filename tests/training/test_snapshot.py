"""When a training takes snapshots."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.training.snapshot import Schedule

schedules = st.builds(Schedule, st.integers(1, 60), st.integers(0, 500))


def test_a_long_run_has_the_snapshots_that_are_asked_for():
    assert Schedule(10_000, 100_000).of_run(206_890) == list(range(0, 100_001, 10_000))
    assert Schedule(7, 20).of_run(69) == [0, 7, 14]


@pytest.mark.parametrize("updates", [100, 777, 20_689, 41_378, 99_999])
def test_a_run_that_ends_before_has_as_many_or_up_to_twice_as_many_spread_over_it(updates):
    places = Schedule(10_000, 100_000).of_run(updates)
    assert 11 <= len(places) <= 21
    stretches = {after - before for before, after in itertools.pairwise(places)}
    assert max(stretches) - min(stretches) <= 1
    assert places[0] == 0 and updates - max(stretches) < places[-1] <= updates


@given(schedules, st.integers(0, 600))
def test_whatever_any_length_of_a_run_needs_is_taken(schedule, updates):
    assert all(map(schedule.has, schedule.of_run(updates)))


@given(schedules)
def test_no_snapshot_is_passed_over_and_each_has_its_number(schedule):
    taken = [update for update in range(600) if schedule.has(update)]
    assert [schedule.count_before(update) for update in taken] == list(range(len(taken)))
    update, met = 0, [0]
    while update < schedule.until:
        update = schedule.next_after(update)
        if schedule.has(update):
            met.append(update)
    assert met == taken
