"""The run: windows, epochs, smooth loss, snapshots, best.

Windows of T characters follow one another through the book, one update each. The hidden state is
carried from window to window and is zero at the start of an epoch. The smooth loss starts at the
first loss; then smooth_loss = 0.999 smooth_loss + 0.001 loss, once an update.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np

from rnn.data.corpus import updates_per_epoch
from rnn.errors import InputError
from rnn.model import Parameters
from rnn.storage.rows import LongArray
from rnn.training.losses import bits, guessing
from rnn.training.snapshot import Schedule, Snapshot

_SECONDS_A_CALL = 0.1  # of the engine; between calls come progress and Ctrl-C

Advance = Callable[..., np.ndarray]  # see rnn.engine.reference.advance


@dataclass(frozen=True)
class Settings:
    """How a network is trained; params.yaml says what each knob does."""

    epochs: int
    sequence_length: int  # T, characters a window
    learning_rate: float
    initial_accumulator: float
    epsilon: float
    clip: float
    smoothing: float
    snapshot_every: int  # updates
    snapshot_until: int  # updates


@dataclass
class State:
    """Where a training stands: all that decides how it goes on."""

    parameters: Parameters
    memory: Parameters  # G of AdaGrad
    hidden: np.ndarray  # (m,)
    update: int  # updates made
    smooth_loss: float | None  # nats a window; None before the first update

    def copy(self) -> "State":
        """Return a state that shares no memory with this one."""
        return State(
            self.parameters.copy(),
            self.memory.copy(),
            self.hidden.copy(),
            self.update,
            self.smooth_loss,
        )


def smooth(losses: np.ndarray, smoothing: float, before: float | None = None) -> np.ndarray:
    """Return the smooth loss after each of `losses` (n,), going on from the value `before` them."""
    start = float(losses[0]) if before is None else before
    values = accumulate(
        losses.tolist(),
        lambda value, loss: smoothing * value + (1 - smoothing) * loss,
        initial=start,
    )
    return np.fromiter(values, np.float64)[1:]


class Run:
    """A training, from its first update to its last."""

    def __init__(
        self,
        initial: Parameters,
        indices: LongArray | np.ndarray,
        settings: Settings,
        advance: Advance,
        losses: LongArray,
    ) -> None:
        memory = Parameters(*(np.full_like(a, settings.initial_accumulator) for a in initial))
        self.settings = settings
        self.updates_per_epoch = updates_per_epoch(len(indices), settings.sequence_length)
        self.updates = settings.epochs * self.updates_per_epoch
        self.state = State(initial.copy(), memory, np.zeros_like(initial.b), 0, None)
        self.losses = losses
        self.schedule = Schedule(settings.snapshot_every, settings.snapshot_until)
        self._indices = indices
        self._advance = advance
        # The best model is kept as a state from which a few updates lead to it. To copy it at each
        # new minimum would cost more than to make these updates again once, at the end.
        self.before_best = self.state
        self.best_smooth_loss = math.inf
        self.best_update = 0

    def train(
        self, keep: Callable[[Snapshot], None], show: Callable[["Run"], None] = lambda run: None
    ) -> None:
        """Train to the end; hand each snapshot to `keep`, and the run to `show` after each call.

        Of the snapshots, those at `schedule.of_run(updates)` are the run's; a longer one may need
        the others.

        Raises InputError where the loss or a parameter is no longer finite.
        """
        updates_a_call = 1
        while self.state.update < self.updates:
            start = time.perf_counter()
            count = min(updates_a_call, self._updates_to_stop(self.state.update))
            before = self._make_updates(count)
            if self.schedule.has(before.update):
                keep(self._snapshot(before))
            show(self)
            seconds = time.perf_counter() - start
            updates_a_call = max(1, int(count * _SECONDS_A_CALL / seconds))
        if self.schedule.has(self.updates):
            keep(self.final())

    def best(self) -> Snapshot:
        """Return the network as it was after the update with the smallest smooth loss."""
        state = self.before_best.copy()
        self._compute(state, self.best_update - state.update)
        state.smooth_loss = self.best_smooth_loss
        return self._snapshot(state)

    def final(self) -> Snapshot:
        """Return the network as it is now."""
        return self._snapshot(self.state)

    def metrics(self) -> dict[str, float | int]:
        """Return the figures of a finished run: losses in nats a window, and bits a character."""
        last_epoch = self.losses.blocks(self.updates - self.updates_per_epoch, self.updates)
        # fsum is exact; the order in which NumPy adds depends on the CPU.
        total = math.fsum(loss for block in last_epoch for loss in block.tolist())
        mean, T = total / self.updates_per_epoch, self.settings.sequence_length
        return {
            "min_smooth_bits": bits(self.best_smooth_loss, T),
            "epoch_mean_bits": bits(mean, T),
            "min_smooth_loss": self.best_smooth_loss,
            "min_smooth_loss_update": self.best_update,
            "final_smooth_loss": self.state.smooth_loss,
            "epoch_mean_loss": mean,
            "updates": self.state.update,
            "epochs": self.settings.epochs,
        }

    def smooth_loss_curve(self, points: int = 2000) -> str:
        """Return the smooth loss as CSV: at most `points` rows that draw the same curve.

        The updates are cut into equal stretches; the extremes of each are kept.
        """
        stretches = min(points // 2, self.updates)
        edges = [self.updates * index // stretches for index in range(stretches + 1)]
        rows, before = ["update,smooth_loss"], None
        for start, stop in pairwise(edges):
            values = smooth(self.losses[start:stop], self.settings.smoothing, before)
            before = float(values[-1])
            for place in sorted({int(values.argmin()), int(values.argmax())}):
                rows.append(f"{start + place + 1},{values[place]:.6f}")
        return "\n".join(rows) + "\n"

    def _updates_to_stop(self, update: int) -> int:
        end_of_epoch = self.updates_per_epoch - update % self.updates_per_epoch
        if update >= self.settings.snapshot_until:
            return end_of_epoch
        return min(end_of_epoch, self.schedule.next_after(update) - update)

    def _make_updates(self, count: int) -> State:
        """Make `count` updates, and return the state before them."""
        state, before = self.state, self.state.copy()
        losses = self._compute(state, count)
        _require_finite(losses, state, self.settings.learning_rate)
        self.losses.write(before.update, losses)
        smooth_losses = smooth(losses, self.settings.smoothing, before.smooth_loss)
        state.smooth_loss = float(smooth_losses[-1])
        lowest = int(smooth_losses.argmin())
        if smooth_losses[lowest] < self.best_smooth_loss:
            self.before_best = before
            self.best_smooth_loss = float(smooth_losses[lowest])
            self.best_update = before.update + lowest + 1
        return before

    def _compute(self, state: State, count: int) -> np.ndarray:
        """Make `count` updates of `state`, all in one epoch, and return their losses."""
        settings, start = self.settings, self._position(state.update)
        losses = self._advance(
            state.parameters,
            state.memory,
            state.hidden,
            self._indices[start : start + count * settings.sequence_length + 1],
            settings.sequence_length,
            settings.learning_rate,
            settings.epsilon,
            settings.clip,
        )
        state.update += count
        if state.update % self.updates_per_epoch == 0:
            state.hidden[:] = 0
        return losses

    def _position(self, update: int) -> int:
        return update % self.updates_per_epoch * self.settings.sequence_length

    def _snapshot(self, state: State) -> Snapshot:
        position = self._position(state.update)
        return Snapshot(
            parameters=state.parameters.copy(),
            hidden=state.hidden.copy(),
            next_index=int(self._indices[position : position + 1][0]),
            position=position,
            update=state.update,
            smooth_loss=float(self.losses[0:1][0])
            if state.smooth_loss is None
            else state.smooth_loss,
        )


def no_better_than_guessing(run: Run) -> str | None:
    """Return a warning where a finished run has learnt nothing, else None."""
    settings, smooth_loss = run.settings, run.state.smooth_loss
    loss = guessing(settings.sequence_length, run.state.parameters.vocabulary_size)
    if smooth_loss <= 1.01 * loss:  # before the first update, a network's is about that
        return None
    return (
        f"the smooth loss ended at {smooth_loss:.4g} nats a window, above the {loss:.4g} of "
        f"guessing: with train.learning_rate = {settings.learning_rate:g} nothing was learnt; "
        "lower it or raise train.initial_accumulator"
    )


def _require_finite(losses: np.ndarray, state: State, learning_rate: float) -> None:
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        what, update = f"the loss is {losses[bad[0]]}", state.update - len(losses) + int(bad[0]) + 1
    elif not all(np.isfinite(array).all() for array in (*state.parameters, *state.memory)):
        what, update = "a parameter is not finite", state.update
    else:
        return
    raise InputError(
        f"training stopped at update {update:,}: {what}, with train.learning_rate = "
        f"{learning_rate}; lower train.learning_rate or raise train.initial_accumulator"
    )
