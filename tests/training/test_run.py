import io
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.engine import reference
from rnn.errors import InputError
from rnn.storage import files
from rnn.training import run as training
from rnn.training.losses import Losses
from tests.support.networks import network, numbers
from tests.support.project import PROJECT

SETTINGS = training.Settings(
    epochs=3,
    sequence_length=5,
    learning_rate=0.1,
    initial_accumulator=1.0,
    epsilon=1e-8,
    clip=5.0,
    smoothing=0.9,
    snapshot_every=7,
    snapshot_until=21,
)
BOOK = np.minimum(numbers().integers(0, 12, 120), 8).astype(np.uint8)  # 23 updates an epoch


def train(monkeypatch=None, seconds_a_call=None, **changes):
    if seconds_a_call is not None:
        monkeypatch.setattr(training, "_SECONDS_A_CALL", seconds_a_call)
    settings = training.Settings(**{**vars(SETTINGS), **changes})
    run = training.Run(network(std=0.01), BOOK, settings, reference.advance, Losses(io.BytesIO()))
    snapshots = []
    run.train(snapshots.append)
    return run, [each for each in snapshots if each.update in run.schedule.of_run(run.updates)]


def losses_of(run):
    return run.losses.read(0, run.updates)


def same(one, other):
    return all(map(np.array_equal, one.parameters, other.parameters)) and np.array_equal(
        one.hidden, other.hidden
    )


def test_the_first_loss_is_that_of_guessing():
    run, _ = train()
    assert losses_of(run)[0] == pytest.approx(5 * math.log(9), rel=0.01)


def test_training_lowers_the_loss():
    run, _ = train(epochs=30)
    assert losses_of(run)[-23:].mean() < 0.8 * losses_of(run)[:23].mean()


def test_each_update_has_a_loss():
    run, _ = train()
    assert losses_of(run).shape == (69,) and np.isfinite(losses_of(run)).all()


@given(st.lists(st.floats(0, 200), min_size=1, max_size=50), st.integers(0, 50))
def test_the_smooth_loss_follows_its_formula_in_one_piece_or_two(losses, cut):
    expected, value = [], losses[0]
    for loss in losses:
        value = 0.9 * value + (1 - 0.9) * loss
        expected.append(value)
    assert training.smooth(np.array(losses), 0.9).tolist() == expected
    first, second = np.array(losses[:cut]), np.array(losses[cut:])
    if len(first) and len(second):
        start = training.smooth(first, 0.9)
        assert training.smooth(second, 0.9, start[-1]).tolist() == expected[cut:]


def test_snapshots_are_taken_where_they_are_asked_for():
    _, snapshots = train()
    assert [each.update for each in snapshots] == [0, 7, 14, 21]
    assert [each.position for each in snapshots] == [0, 35, 70, 105]
    assert [each.next_index for each in snapshots] == [BOOK[p] for p in (0, 35, 70, 105)]


def test_a_snapshot_on_the_last_update_is_taken_too():
    _, snapshots = train(epochs=1, snapshot_every=23, snapshot_until=23)
    assert [each.update for each in snapshots] == [0, 23]


def test_a_snapshot_is_the_network_of_a_run_that_ends_there():
    """The hidden state is carried, is zero at the start of an epoch, and the smooth loss fits."""
    run, snapshots = train(snapshot_every=23, snapshot_until=46)
    values = training.smooth(losses_of(run), 0.9)
    for epochs, snapshot in enumerate(snapshots[1:], start=1):
        shorter, _ = train(epochs=epochs)
        assert same(shorter.final(), snapshot)
        assert not snapshot.hidden.any()
        assert snapshot.smooth_loss == values[snapshot.update - 1]
    assert snapshots[0].smooth_loss == losses_of(run)[0]


def test_the_best_is_the_network_after_the_update_with_the_smallest_smooth_loss():
    run, _ = train(smoothing=0.5)
    values = training.smooth(losses_of(run), 0.5)
    update = int(values.argmin()) + 1
    assert 0 < update < run.updates, "the minimum should not be at the end, to be a test"
    best = run.best()
    assert (best.update, best.smooth_loss) == (update, values.min())
    _, snapshots = train(smoothing=0.5, snapshot_every=1, snapshot_until=100)
    assert same(best, snapshots[update])
    assert best.position == snapshots[update].position
    assert best.next_index == snapshots[update].next_index


def test_how_many_updates_a_call_makes_changes_nothing(monkeypatch):
    one_by_one, few = train(monkeypatch, seconds_a_call=0.0)
    all_at_once, many = train(monkeypatch, seconds_a_call=1000.0)
    np.testing.assert_array_equal(losses_of(one_by_one), losses_of(all_at_once))
    assert same(one_by_one.final(), all_at_once.final())
    assert same(one_by_one.best(), all_at_once.best())
    assert all(map(same, few, many)) and len(few) == len(many)


def test_the_start_is_left_as_it_was():
    initial = network()
    run = training.Run(initial, BOOK, SETTINGS, reference.advance, Losses(io.BytesIO()))
    run.train(lambda snapshot: None)
    assert all(map(np.array_equal, initial, network()))


def test_the_metrics_are_those_of_the_losses():
    run, _ = train()
    values = training.smooth(losses_of(run), 0.9)
    assert run.metrics() == {
        "min_smooth_loss": values.min(),
        "min_smooth_loss_update": values.argmin() + 1,
        "final_smooth_loss": values[-1],
        "min_smooth_bits": pytest.approx(values.min() / 5 / np.log(2), rel=1e-15),
        "epoch_mean_bits": pytest.approx(losses_of(run)[46:].mean() / 5 / np.log(2), rel=1e-12),
        "epoch_mean_loss": pytest.approx(losses_of(run)[46:].mean(), rel=1e-12),
        "updates": 69,
        "epochs": 3,
    }


def test_a_training_that_ends_above_the_loss_of_guessing_is_warned_of():
    learnt, _ = train()
    assert training.no_better_than_guessing(learnt) is None
    with np.errstate(over="ignore"):
        lost, _ = train(learning_rate=1e6)
    said = training.no_better_than_guessing(lost)
    assert "train.learning_rate = 1e+06" in said and "guessing" in said and "\n" not in said


def test_a_training_that_diverges_stops_with_the_update_and_the_way_out():
    with np.errstate(all="ignore"), pytest.raises(InputError, match=r"update \d+.*learning_rate"):
        train(learning_rate=1e308)


@pytest.mark.parametrize("points", [2, 7, 20, 2000])
def test_the_curve_keeps_the_extremes_of_equal_stretches(points):
    run, _ = train()
    values = training.smooth(losses_of(run), 0.9)
    rows = [row.split(",") for row in run.smooth_loss_curve(points).splitlines()]
    assert rows[0] == ["update", "smooth_loss"]
    updates = [int(update) for update, _ in rows[1:]]
    assert updates == sorted(set(updates)) and len(updates) <= points
    assert [value for _, value in rows[1:]] == [f"{values[update - 1]:.6f}" for update in updates]
    assert int(values.argmin()) + 1 in updates and int(values.argmax()) + 1 in updates
    longest = 69 / min(points // 2, 69)
    assert np.diff([1, *updates, 69]).max() < 2 * longest + 1


def test_losses_come_back_from_their_file_in_any_pieces():
    losses = Losses(io.BytesIO())
    values = numbers().random(300_000)
    for start in (0, 100_000, 200_000):
        losses.write(start, values[start : start + 100_000])
    np.testing.assert_array_equal(losses.read(5, 9), values[5:9])
    blocks = list(losses.blocks(7, 300_000))
    assert len(blocks) > 1
    np.testing.assert_array_equal(np.concatenate(blocks), values[7:])
    losses.write(2, np.array([1.5]))
    assert losses.read(1, 4).tolist() == [values[1], 1.5, values[3]]


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_the_memory_of_training_does_not_grow_with_the_book(tmp_path):
    """The same updates on indices of 1 MB and of 500 MB: peaks within 20 MB."""
    peaks = []
    for megabytes in (1, 500):
        path = tmp_path / "indices.npy"
        zeros = itertools.repeat(np.zeros(2**20, np.uint8), megabytes)
        files.write_long_array(path, np.dtype("u1"), zeros, megabytes * 2**20)
        done = subprocess.run(
            [sys.executable, "-c", FEW_UPDATES, str(path)],
            cwd=PROJECT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        peaks.append(int(done.stdout) / 1024)
    assert abs(peaks[1] - peaks[0]) < 20


FEW_UPDATES = """
import re, sys, tempfile
from pathlib import Path
import numpy as np
from rnn import model
from rnn.data import corpus
from rnn.engine import compiled
from rnn.training import run as training
from rnn.training.losses import Losses
from rnn.data.vocabulary import Vocabulary

class Enough(Exception):
    pass

def stop(run):
    if run.state.update > 30_000:
        raise Enough

indices = corpus.open_indices(Path(sys.argv[1]), Vocabulary("ab"))
rng = np.random.Generator(np.random.PCG64(0))
settings = training.Settings(1, 25, 0.1, 10.0, 1e-8, 5.0, 0.999, 10_000, 100_000)
initial = model.initial_parameters(2, 16, 0.01, rng).astype("float32")
with tempfile.TemporaryFile() as losses:
    run = training.Run(initial, indices, settings, compiled.advance, Losses(losses))
    try:
        run.train(lambda snapshot: None, stop)
    except Enough:
        pass
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
