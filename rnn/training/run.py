"""A run: its updates, its losses and snapshots, and its best.

The hidden state is carried from window to window and is zero at the start of an epoch. Of a batch,
a snapshot stands where the first stream does.
"""

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import HeldOut, Windows
from rnn.engine import Engine, Learner
from rnn.errors import Diverged
from rnn.model import Parameters
from rnn.optimizers.rates import Rates
from rnn.settings import Train
from rnn.storage.rows import LongArray
from rnn.training import health, held_out
from rnn.training.losses import smooth
from rnn.training.snapshot import Schedule, Snapshot

_SECONDS_A_CALL = 0.25  # of the engine; between calls come progress and Ctrl-C


@dataclass
class State:
    """Where a training stands: all that decides how it goes on."""

    learner: Learner
    update: int = 0  # updates made


class Run:
    """A training, from its first update to its last: `advance` until `update` is `updates`."""

    def __init__(
        self,
        parameters: Parameters,
        vocabulary: Vocabulary,
        windows: Windows,
        held_out: HeldOut | None,
        rates: Rates,
        engine: Engine,
        settings: Train,
        row: Callable[[str, np.dtype], LongArray],
    ) -> None:
        """Begin with some parameters, which stay as they are.

        `row` opens what grows with the training, by its name and the type of what it holds.
        """
        slots = rates.rule.slots(parameters)
        hidden = np.zeros((windows.batch_size, parameters.hidden_size), parameters.b.dtype)
        self.settings = settings
        self.vocabulary = vocabulary
        self.windows = windows
        self.rates = rates
        self.updates = rates.updates
        self.schedule = Schedule(settings.snapshot_every, settings.snapshot_until)
        self.health_schedule = health.Schedule(windows.updates_per_epoch)
        self.smooth_loss = math.inf  # nats a window
        self.losses = row("losses", np.dtype("<f8"))  # nats a window, an update
        self.held_out_losses = row("held_out", np.dtype("<f8"))  # nats a character, an epoch
        self.health = row("health", health.DTYPE)  # four an epoch
        self.min_smooth_loss = math.inf
        self.min_smooth_loss_update = 0
        self._held_out = held_out
        self._engine = engine
        self._state = State(Learner(parameters.copy(), slots, hidden))
        size = len(self._snapshot(self._state, 0.0).content())
        self._snapshots = row("snapshots", np.dtype((np.void, size)))
        self._updates_a_call = 1
        # The best model is kept as a state from which a few updates lead to it. To copy it at each
        # new minimum would cost more than to make these updates again once, at the end.
        self._before_best = State(self._state.learner.copy())
        self._best_score = sys.float_info.max
        self._best_smooth_loss = sys.float_info.max
        self.best_update = 0

    @property
    def update(self) -> int:
        """How many updates have been made."""
        return self._state.update

    def horizon(self, update: int) -> int:
        """Return for which number of epochs alone a training is at an update as it is; 0 for all.

        Until its rates fall, a training does not depend on its length.
        """
        return 0 if update <= self.rates.fall else self.settings.epochs

    def advance(self) -> None:
        """Make as many updates as take a quarter of a second or so, and keep what comes of them.

        Of the snapshots, those at `schedule.of_run(updates)` are the run's; a longer one may need
        the others. Raises Diverged where the loss or a parameter is no longer finite.
        """
        start = time.perf_counter()
        count = min(self._updates_a_call, self._updates_to_stop())
        before = State(self._state.learner.copy(), self.update)
        losses = self._compute(self._state, count)
        self._require_finite(losses)
        self.losses.write(before.update, losses)

        smooth_loss = self.smooth_loss if before.update else float(losses[0])
        smooth_losses = smooth(losses, self.settings.smoothing, smooth_loss)
        self.smooth_loss = float(smooth_losses[-1])
        lowest = int(smooth_losses.argmin())
        if smooth_losses[lowest] < self.min_smooth_loss:
            self.min_smooth_loss = float(smooth_losses[lowest])
            self.min_smooth_loss_update = before.update + lowest + 1
            if not self._chooses_by_held_out_text:
                self._take_for_best(before, self.min_smooth_loss_update, self.min_smooth_loss)
                self._best_smooth_loss = self.min_smooth_loss
        if self._held_out and self.windows.position(self.update) == 0:
            self._end_epoch(self._held_out)

        self._measure(before)
        self._keep(before, smooth_loss)
        if self.update == self.updates:
            self._keep(self._state, self.smooth_loss)
        seconds = time.perf_counter() - start
        self._updates_a_call = max(1, int(count * _SECONDS_A_CALL / seconds))

    def best(self) -> Snapshot:
        """Return the network that is taken for the best: see the setting `best`."""
        state = State(self._before_best.learner.copy(), self._before_best.update)
        if state.update < self.best_update:
            self._compute(state, self.best_update - state.update)
        return self._snapshot(state, self._best_smooth_loss)

    def held_out_loss(self, snapshot: Snapshot) -> float | None:
        """Return a network's loss in nats a held-out character; None where none are held out."""
        return self._held_out and held_out.loss(self._engine, snapshot.parameters, self._held_out)

    def final(self) -> Snapshot:
        """Return the network as it is now."""
        return self._snapshot(self._state, self.smooth_loss)

    def snapshots(self) -> dict[int, bytes]:
        """Return update -> content of the file of each snapshot of a finished run."""
        updates = self.schedule.of_run(self.updates)
        places = {update: self.schedule.count_before(update) for update in updates}
        return {update: self._snapshots[at : at + 1].tobytes() for update, at in places.items()}

    def rows(self, update: int) -> dict[str, tuple[LongArray, int]]:
        """Return name -> what grows with the training, and how long it is after an update."""
        epochs = update // self.windows.updates_per_epoch if self._held_out else 0
        return {
            "losses": (self.losses, update),
            "held_out": (self.held_out_losses, epochs),
            "health": (self.health, self.health_schedule.count_before(update)),
            "snapshots": (self._snapshots, self.schedule.count_before(update)),
        }

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return name -> array of all from which the training can go on, but for its rows."""
        return {
            "update": np.array(self.update),
            "smooth_loss": np.array(self.smooth_loss),
            "min_smooth_loss": np.array(self.min_smooth_loss),
            "min_smooth_loss_update": np.array(self.min_smooth_loss_update),
            "best_update": np.array(self.best_update),
            "best_score": np.array(self._best_score),
            "best_smooth_loss": np.array(self._best_smooth_loss),
            "before_best_update": np.array(self._before_best.update),
            **_arrays("now", self._state.learner),
            **_arrays("before_best", self._before_best.learner),
        }

    def load_state_dict(self, arrays: dict[str, np.ndarray]) -> None:
        """Go on from what `state_dict` returned, in arrays of the same shapes and types.

        Raises ValueError, and changes nothing, where its updates do not fit together.
        """
        before, best = int(arrays["before_best_update"]), int(arrays["best_update"])
        update, lowest = self.update_of(arrays), int(arrays["min_smooth_loss_update"])
        if not 0 <= before <= best <= update <= self.updates or not 1 <= lowest <= update:
            raise ValueError("its updates do not fit together")
        self._state = State(_learner("now", arrays, self._state.learner), update)
        self._before_best = State(_learner("before_best", arrays, self._state.learner), before)
        self.best_update, self.min_smooth_loss_update = best, lowest
        self.smooth_loss = float(arrays["smooth_loss"])
        self.min_smooth_loss = float(arrays["min_smooth_loss"])
        self._best_score = float(arrays["best_score"])
        self._best_smooth_loss = float(arrays["best_smooth_loss"])

    @staticmethod
    def update_of(arrays: dict[str, np.ndarray]) -> int:
        """Return the update at which `state_dict` was called."""
        return int(arrays["update"])

    @property
    def _chooses_by_held_out_text(self) -> bool:
        return self._held_out is not None and self.settings.best == "holdout"

    def _updates_to_stop(self) -> int:
        stops = [
            self.windows.before_end_of_epoch(self.update),
            self.health_schedule.next_after(self.update) - self.update,
        ]
        if self.update < self.rates.fall:
            stops.append(self.rates.fall - self.update)
        if self.update < self.settings.snapshot_until:
            stops.append(self.schedule.next_after(self.update) - self.update)
        return min(stops)

    def _compute(self, state: State, count: int) -> np.ndarray:
        """Make `count` updates of `state`, all in one epoch, and return their losses."""
        losses = self._engine.train(
            state.learner,
            self.windows.take(state.update, count),
            self.rates.rule,
            self.rates.take(state.update, count),
            self.settings.clip,
        )
        state.update += count
        if self.windows.position(state.update) == 0:
            state.learner.hidden[:] = 0
        return losses

    def _end_epoch(self, text: HeldOut) -> None:
        loss = held_out.loss(self._engine, self._state.learner.parameters, text)
        epoch = self.update // self.windows.updates_per_epoch
        self.held_out_losses.write(epoch - 1, np.array([loss]))
        if self._chooses_by_held_out_text and loss < self._best_score:
            self._take_for_best(State(self._state.learner.copy(), self.update), self.update, loss)
            self._best_smooth_loss = self.smooth_loss

    def _take_for_best(self, before: State, update: int, score: float) -> None:
        self._before_best, self.best_update, self._best_score = before, update, score

    def _require_finite(self, losses: np.ndarray) -> None:
        bad = np.flatnonzero(~np.isfinite(losses))
        learner = self._state.learner
        if bad.size:
            what, update = f"the loss is {losses[bad[0]]}", self.update - len(losses) + bad[0] + 1
        elif not all(np.isfinite(a).all() for part in (learner[0], *learner[1]) for a in part):
            what, update = "a parameter is not finite", self.update
        else:
            return
        raise Diverged(
            f"training stopped at update {update:,}: {what}, at a learning rate of "
            f"{self.rates.section.learning_rate:g}"
        )

    def _measure(self, state: State) -> None:
        if self.health_schedule.has(state.update):
            (windows,) = self.windows.take(state.update, 1)
            measured = health.measure(self._engine, state.learner, windows, self.settings.clip)
            place = self.health_schedule.count_before(state.update)
            self.health.write(place, np.array([measured], health.DTYPE))

    def _keep(self, state: State, smooth_loss: float) -> None:
        if self.schedule.has(state.update):
            content = self._snapshot(state, smooth_loss).content()
            values = np.frombuffer(content, self._snapshots.dtype)
            self._snapshots.write(self.schedule.count_before(state.update), values)

    def _snapshot(self, state: State, smooth_loss: float) -> Snapshot:
        return Snapshot(
            parameters=state.learner.parameters.copy(),
            vocabulary=self.vocabulary,
            hidden=state.learner.hidden[0].copy(),
            next_index=self.windows.next_character(state.update),
            update=state.update,
            smooth_loss=smooth_loss,
        )


def _arrays(prefix: str, learner: Learner) -> dict[str, np.ndarray]:
    named = {"": learner.parameters}
    named |= {f"slot{index}_": slot for index, slot in enumerate(learner.slots)}
    return {f"{prefix}_hidden": learner.hidden} | {
        f"{prefix}_{kind}{name}": array
        for kind, arrays in named.items()
        for name, array in arrays._asdict().items()
    }


def _learner(prefix: str, arrays: dict[str, np.ndarray], like: Learner) -> Learner:
    def parameters(kind: str) -> Parameters:
        return Parameters(*(arrays[f"{prefix}_{kind}{name}"] for name in Parameters._fields))

    slots = tuple(parameters(f"slot{index}_") for index in range(len(like.slots)))
    return Learner(parameters(""), slots, arrays[f"{prefix}_hidden"]).copy()
