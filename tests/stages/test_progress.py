"""How a training shows where there is no terminal."""

import itertools
import time

from rnn.engine import reference
from rnn.training import run as training
from rnn.training.losses import Losses
from stages.console import progress
from tests.support.networks import network, numbers


def test_every_line_says_the_time_left(monkeypatch, capsys, tmp_path):
    moment = itertools.count(1, 0.01)
    monkeypatch.setattr(time, "perf_counter", lambda: next(moment))
    monkeypatch.setattr(progress, "_SECONDS_A_LINE", 0.0)
    settings = training.Settings(2, 5, 0.1, 1.0, 1e-8, 5.0, 0.9, 10**9, 0)
    indices = numbers().integers(0, 9, 101).astype("u1")
    with (tmp_path / "losses").open("w+b") as file:
        run = training.Run(network(), indices, settings, reference.advance, Losses(file))
        with progress.shown(run) as show:
            run.train(lambda snapshot: None, show)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 2
    for line in lines:
        assert line.endswith(" s left") and "compiled" not in line
        assert "bits a character" in line
