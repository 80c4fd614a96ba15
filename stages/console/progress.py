"""How a training shows on the screen: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from rnn.training.losses import bits
from rnn.training.run import Run

_SECONDS_A_LINE = 10.0


@contextmanager
def shown(run: Run) -> Iterator[Callable[[Run], None]]:
    """Yield what is to be called between two calls of the engine."""
    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _Lines()
        return
    columns = (
        TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("smooth loss {task.fields[smooth_loss]}"),
        TextColumn("{task.fields[speed]} characters/s"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=run.updates, completed=run.update, **_fields(run, 0.0))
        speed = _Speed()

        def show(run: Run) -> None:
            bar.update(task, completed=run.update, **_fields(run, speed(run)))

        yield show


def _fields(run: Run, speed: float) -> dict[str, str]:
    epoch = min(run.update // run.windows.updates_per_epoch + 1, run.settings.epochs)
    smooth_loss = run.smooth_loss
    return {
        "epoch": str(epoch),
        "epochs": str(run.settings.epochs),
        "smooth_loss": f"{smooth_loss:.2f}" if run.update else "-",
        "speed": f"{speed:,.0f}" if speed else "-",
    }


class _Speed:
    """Characters a second, but for the first call, in which the engine may have been compiled."""

    def __init__(self) -> None:
        self._update, self._time = 0, 0.0

    def __call__(self, run: Run) -> float:
        if not self._time:
            self._update, self._time = run.update, time.perf_counter()
            return 0.0
        characters = (run.update - self._update) * run.windows.characters
        return characters / (time.perf_counter() - self._time)


class _Lines:
    """A line at the end of an epoch, and every so many seconds."""

    def __init__(self) -> None:
        self._speed = _Speed()
        self._last = time.perf_counter()

    def __call__(self, run: Run) -> None:
        now = time.perf_counter()
        speed = self._speed(run)
        if not speed:  # what has passed went into compiling
            self._last = now
        soon = not speed or now - self._last < _SECONDS_A_LINE
        if soon and run.update % run.windows.updates_per_epoch:
            return
        self._last = now
        T = run.windows.sequence_length
        words = [
            f"epoch {run.update / run.windows.updates_per_epoch:.2f} of {run.settings.epochs}",
            f"smooth loss {run.smooth_loss:.2f}",
            f"{bits(run.smooth_loss, T):.2f} bits a character",
        ]
        if speed:
            seconds_left = (run.updates - run.update) * run.windows.characters / speed
            words += [f"{speed:,.0f} characters/s", f"{seconds_left:.0f} s left"]
        print(", ".join(words), file=sys.stderr, flush=True)
