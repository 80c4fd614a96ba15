import itertools
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.engine import Learner, reference
from rnn.errors import InputError
from rnn.storage import rows
from rnn.training import health, run, summary
from rnn.training.losses import smooth
from rnn.training.snapshot import Snapshot
from tests.support.networks import BOOK, RULE, row
from tests.support.networks import training as small_training
from tests.support.project import PROJECT


def begin(learning_rate=0.1, **changes):
    rule = RULE.model_copy(update={"learning_rate": learning_rate})
    return small_training(rule, **changes).begin(row)


def train(monkeypatch=None, seconds_a_call=None, **changes):
    if seconds_a_call is not None:
        monkeypatch.setattr(run, "_SECONDS_A_CALL", seconds_a_call)
    training = begin(**changes)
    while training.update < training.updates:
        training.advance()
    return training, [loaded(content) for content in training.snapshots().values()]


def loaded(content):
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return Snapshot.load(Path(file.name))


def losses_of(training):
    return training.losses[0 : training.updates]


def same(one, other):
    return all(map(np.array_equal, one.parameters, other.parameters)) and np.array_equal(
        one.hidden, other.hidden
    )


def test_the_first_loss_is_that_of_guessing():
    training, _ = train()
    assert losses_of(training)[0] == pytest.approx(5 * math.log(9), rel=0.01)


def test_training_lowers_the_loss():
    training, _ = train(epochs=30)
    assert losses_of(training)[-23:].mean() < 0.8 * losses_of(training)[:23].mean()


def test_each_update_has_a_loss():
    training, _ = train()
    assert losses_of(training).shape == (69,) and np.isfinite(losses_of(training)).all()


@given(st.lists(st.floats(0, 200), min_size=1, max_size=50), st.integers(0, 50))
def test_the_smooth_loss_follows_its_formula_in_one_piece_or_two(losses, cut):
    expected, value = [], losses[0]
    for loss in losses:
        value = 0.9 * value + (1 - 0.9) * loss
        expected.append(value)
    assert smooth(np.array(losses), 0.9).tolist() == expected
    first, second = np.array(losses[:cut]), np.array(losses[cut:])
    if len(first) and len(second):
        start = smooth(first, 0.9)
        assert smooth(second, 0.9, start[-1]).tolist() == expected[cut:]


def test_snapshots_are_taken_where_they_are_asked_for():
    _, snapshots = train()
    assert [each.update for each in snapshots] == [0, 7, 14, 21]
    assert [each.next_index for each in snapshots] == [BOOK[p] for p in (0, 35, 70, 105)]


def test_a_snapshot_on_the_last_update_is_taken_too():
    _, snapshots = train(epochs=1, snapshot_every=23, snapshot_until=23)
    assert [each.update for each in snapshots] == [0, 23]


def test_a_snapshot_is_the_network_of_a_run_that_ends_there():
    """The hidden state is carried, is zero at the start of an epoch, and the smooth loss fits."""
    training, snapshots = train(snapshot_every=23, snapshot_until=46)
    values = smooth(losses_of(training), 0.9)
    for epochs, snapshot in enumerate(snapshots[1:], start=1):
        shorter, _ = train(epochs=epochs)
        assert same(shorter.final(), snapshot)
        assert not snapshot.hidden.any()
        assert snapshot.smooth_loss == values[snapshot.update - 1]
    assert snapshots[0].smooth_loss == losses_of(training)[0]


def test_the_best_is_the_network_after_the_update_with_the_smallest_smooth_loss():
    training, _ = train(smoothing=0.5)
    values = smooth(losses_of(training), 0.5)
    update = int(values.argmin()) + 1
    assert 0 < update < training.updates, "the minimum should not be at the end, to be a test"
    best = training.best()
    assert (best.update, best.smooth_loss) == (update, values.min())
    _, snapshots = train(smoothing=0.5, snapshot_every=1, snapshot_until=100)
    assert same(best, snapshots[update])
    assert best.next_index == snapshots[update].next_index


def test_how_many_updates_a_call_makes_changes_nothing(monkeypatch):
    one_by_one, few = train(monkeypatch, seconds_a_call=0.0)
    all_at_once, many = train(monkeypatch, seconds_a_call=1000.0)
    np.testing.assert_array_equal(losses_of(one_by_one), losses_of(all_at_once))
    assert same(one_by_one.final(), all_at_once.final())
    assert same(one_by_one.best(), all_at_once.best())
    assert all(map(same, few, many)) and len(few) == len(many)
    assert summary.health(one_by_one) == summary.health(all_at_once)


def test_the_start_is_left_as_it_was():
    training = begin()
    before = training.final().parameters
    expected = before.copy()
    training.advance()
    assert all(map(np.array_equal, before, expected))


def test_a_run_goes_on_from_its_state_dict():
    training, other = begin(), begin()
    for _ in range(3):
        training.advance()
    for name, (grown, length) in training.rows(training.update).items():
        other.rows(0)[name][0].write(0, grown[0:length])
    other.load_state_dict(training.state_dict())
    for each in (training, other):
        while each.update < each.updates:
            each.advance()
    assert training.final().content() == other.final().content()
    assert training.best().content() == other.best().content()
    assert training.snapshots() == other.snapshots()
    assert summary.metrics(training, training.best()) == summary.metrics(other, other.best())
    assert summary.health(training) == summary.health(other)


@pytest.mark.parametrize(
    "name", ["update", "best_update", "before_best_update", "min_smooth_loss_update"]
)
@pytest.mark.parametrize("value", [-1, 10**9])
def test_a_state_dict_whose_updates_do_not_fit_changes_nothing(name, value):
    training = begin()
    training.advance()
    before = training.state_dict()
    with pytest.raises(ValueError, match="do not fit"):
        training.load_state_dict({**before, name: np.array(value)})
    assert all(np.array_equal(before[key], now) for key, now in training.state_dict().items())


def test_the_metrics_are_those_of_the_losses():
    training, _ = train()
    values = smooth(losses_of(training), 0.9)
    assert summary.metrics(training, training.best()) == {
        "min_smooth_loss": values.min(),
        "min_smooth_loss_update": values.argmin() + 1,
        "best_update": values.argmin() + 1,
        "final_smooth_loss": values[-1],
        "min_smooth_bits": pytest.approx(values.min() / 5 / np.log(2), rel=1e-15),
        "epoch_mean_bits": pytest.approx(
            losses_of(training)[46:].mean() / 5 / np.log(2), rel=1e-12
        ),
        "epoch_mean_loss": pytest.approx(losses_of(training)[46:].mean(), rel=1e-12),
        "updates": 69,
        "updates_per_epoch": 23,
        "epochs": 3,
    }


def test_a_training_that_ends_above_the_loss_of_guessing_is_warned_of():
    learnt, _ = train()
    assert summary.no_better_than_guessing(learnt) is None
    with np.errstate(over="ignore"):
        lost, _ = train(learning_rate=1e6)
    said = summary.no_better_than_guessing(lost)
    assert "a learning rate of 1e+06" in said and "guessing" in said and "\n" not in said


def test_a_training_that_diverges_stops_with_the_update_and_the_way_out():
    with np.errstate(all="ignore"), pytest.raises(InputError, match=r"update \d+.*learning rate"):
        train(learning_rate=1e308)


def test_the_best_by_held_out_text_is_the_network_at_the_end_of_the_best_epoch():
    training, _ = train(holdout=0.2, epochs=12, learning_rate=1.0)
    each = training.held_out_losses[:]
    assert len(each) == 12
    best, epoch = training.best(), int(each.argmin()) + 1
    assert 1 < epoch < 12, "the minimum should be between, to be a test"
    assert best.update == training.best_update == epoch * training.windows.updates_per_epoch
    shorter, _ = train(holdout=0.2, epochs=epoch, learning_rate=1.0)
    assert same(shorter.final(), best)
    assert training.held_out_loss(best) == each.min()
    figures = summary.metrics(training, best)
    assert figures["held_out_bits"] == pytest.approx(each.min() / np.log(2), rel=1e-15)
    assert figures["final_held_out_bits"] == pytest.approx(each[-1] / np.log(2), rel=1e-15)
    assert figures["min_smooth_loss"] == smooth(losses_of(training), 0.9).min()


def test_the_best_by_smooth_loss_is_the_same_with_held_out_text_and_without():
    one, _ = train(holdout=0.2, best="smooth_loss")
    assert one.best().update == smooth(losses_of(one), 0.9).argmin() + 1
    assert len(one.held_out_losses[:]) == 3


def test_held_out_text_is_not_trained_on(monkeypatch):
    training = begin(holdout=0.2)
    assert training.windows.updates_per_epoch == (96 - 1) // 5
    other = small_training(holdout=0.2)
    other.indices[96:] = (other.indices[96:] + 1) % 9
    try:
        changed = other.begin(row)
        for each in (training, changed):
            while each.update < each.updates:
                each.advance()
    finally:
        other.indices[96:] = (other.indices[96:] + 8) % 9
    assert same(training.final(), changed.final())


def test_the_epochs_table_has_each_epoch_s_mean_and_held_out_loss():
    training, _ = train(holdout=0.2)
    rows = [row.split(",") for row in summary.epochs(training).splitlines()]
    assert rows[0] == ["epoch", "mean_bits", "held_out_bits"]
    means = losses_of(training).reshape(3, -1).mean(axis=1) / 5 / np.log(2)
    for epoch, (number, mean, held_out) in enumerate(rows[1:]):
        assert int(number) == epoch + 1
        assert float(mean) == pytest.approx(means[epoch], abs=1e-6)
        expected = training.held_out_losses[:][epoch] / np.log(2)
        assert float(held_out) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("sequence_length", "updates"),
    [
        (5, [0, 5, 11, 17, 23, 28, 34, 40, 46, 51, 57, 63]),
        (50, [0, 1, 2, 3, 4, 5]),  # of two updates an epoch
        (110, [0, 1, 2]),
    ],
)
def test_health_is_that_of_the_network_four_times_an_epoch(sequence_length, updates):
    """And once an update, where an epoch has fewer than four."""
    changes = {"sequence_length": sequence_length, "snapshot_every": 1, "snapshot_until": 100}
    training, snapshots = train(clip=0.5, **changes)
    columns, *lines = (line.split(",") for line in summary.health(training).splitlines())
    assert columns == ["update", *health.Health._fields]
    assert [int(line[0]) for line in lines] == updates
    for update, line in zip(updates, lines, strict=True):
        of = snapshots[update]
        assert of.update == update
        learner = Learner(of.parameters, (), of.hidden[None])
        expected = health.measure(reference, learner, training.windows.take(update, 1)[0], 0.5)
        assert line[1:] == [f"{value:.3g}" for value in expected]


@pytest.mark.parametrize("points", [2, 7, 20, 2000])
def test_the_curve_keeps_the_extremes_of_equal_stretches(points):
    training, _ = train()
    values = smooth(losses_of(training), 0.9)
    rows = [row.split(",") for row in summary.smooth_loss_curve(training, points).splitlines()]
    assert rows[0] == ["update", "smooth_loss"]
    updates = [int(update) for update, _ in rows[1:]]
    assert updates == sorted(set(updates)) and len(updates) <= points
    assert [value for _, value in rows[1:]] == [f"{values[update - 1]:.6f}" for update in updates]
    assert int(values.argmin()) + 1 in updates and int(values.argmax()) + 1 in updates
    longest = 69 / min(points // 2, 69)
    assert np.diff([1, *updates, 69]).max() < 2 * longest + 1


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_the_memory_of_training_does_not_grow_with_the_book(tmp_path):
    """The same updates on indices of 1 MB and of 500 MB: peaks within 20 MB."""
    peaks = []
    for megabytes in (1, 500):
        path = tmp_path / "indices.npy"
        zeros = itertools.repeat(np.zeros(2**20, np.uint8), megabytes)
        rows.write(path, np.dtype("u1"), zeros, megabytes * 2**20)
        done = subprocess.run(
            [sys.executable, "-c", FEW_UPDATES, str(path)],
            cwd=PROJECT, env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout) / 1024)
    assert abs(peaks[1] - peaks[0]) < 20


FEW_UPDATES = """
import re, sys
from pathlib import Path
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.training.trainer import Training
from tests.support.networks import MODEL, RULE, TRAIN, row

indices = corpus.open_indices(Path(sys.argv[1]), Vocabulary("ab"))
train = TRAIN.model_copy(update={"sequence_length": 25, "engine": "compiled", "dtype": "float32"})
run = Training(MODEL, train, RULE, 0.0, Vocabulary("ab"), indices).begin(row)
while run.update < 30_000:
    run.advance()
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
