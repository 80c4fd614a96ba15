"""How a training shows where there is no terminal."""

import itertools
import time

from stages.console import progress
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
