"""How a training shows where there is no terminal."""

import itertools
import time
from types import SimpleNamespace

import pytest

from stages.console import progress
from tests.support.networks import row, training
from tests.training.test_run import begin


def test_every_line_says_the_time_left(monkeypatch, capsys):
    moment = itertools.count(1, 0.01)
    monkeypatch.setattr(time, "perf_counter", lambda: next(moment))
    monkeypatch.setattr(progress, "_SECONDS_A_LINE", 0.0)
    run = begin()
    with progress.shown(run) as show:
        while run.update < run.updates:
            run.advance()
            show(run)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) > 2
    for line in lines:
        assert line.endswith(" s left") and "compiled" not in line
        assert "bits a character" in line


@pytest.mark.parametrize("batch_size", [1, 3])
def test_the_characters_a_second_are_those_of_all_streams(batch_size, monkeypatch):
    run = training(batch_size=batch_size).begin(row)
    clock = SimpleNamespace(perf_counter=iter([1.0, 3.0]).__next__)
    monkeypatch.setattr(progress, "time", clock)
    speed = progress._Speed()
    assert speed(run) == 0.0
    run.advance()
    assert speed(run) == run.update * batch_size * 5 / 2
