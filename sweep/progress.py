"""How a sweep shows on the screen: a bar in a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from sweep.plan import Trial
from sweep.store import Record

_SECONDS_A_LINE = 10.0


class Shown:
    """Trials done, running, the best so far, and the time that is left."""

    def __init__(self, metric: str) -> None:
        self._metric = metric
        self._console = Console(file=sys.stderr)
        self._bar = Progress(BarColumn(), TextColumn("{task.fields[words]}"), console=self._console)
        self._task = self._bar.add_task("", total=1, words="")
        self._began = time.monotonic()
        self._last = -_SECONDS_A_LINE
        self._best: tuple[float, Trial] | None = None

    def __enter__(self) -> "Shown":
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def say(self, line: str) -> None:
        """Show a line that stays."""
        self._console.print(line, highlight=False, soft_wrap=True)

    def ended(self, trial: Trial, record: Record) -> None:
        """Take note of a trial that has ended."""
        value = record.metrics.get(self._metric)
        if value is not None and (self._best is None or value < self._best[0]):
            self._best = value, trial

    def show(self, done: int, computed: int, running: int, total: int) -> None:
        """Show how far it is; `computed` of `done` trials were not kept from before."""
        words = [f"{done:,} of {total:,} trials", f"{running:,} running"]
        if self._best:
            words.append(f"best {self._best[1]}: {self._best[0]:.3f}")
        if computed:
            seconds = (time.monotonic() - self._began) * (total - done) / computed
            words.append(f"{seconds:,.0f} s left")
        if self._console.is_terminal:
            self._bar.update(self._task, total=total, completed=done, words=", ".join(words))
        elif time.monotonic() - self._last >= _SECONDS_A_LINE or done == total:
            self._last = time.monotonic()
            print(", ".join(words), file=sys.stderr, flush=True)
