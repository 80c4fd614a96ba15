"""A training as a whole: what decides it, how it is put together, and how it runs to its end."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rnn import model, rng, settings
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import HeldOut, Indices, Windows, split
from rnn.engine import ENGINES
from rnn.errors import Interrupted
from rnn.optimizers import rule_of
from rnn.optimizers.rates import Rates
from rnn.storage.rows import LongArray
from rnn.training import checkpoint
from rnn.training.fingerprint import fingerprint
from rnn.training.run import Run


@dataclass(frozen=True)
class Training:
    """All that decides a training."""

    model: settings.Model
    train: settings.Train
    rule: settings.Rule
    holdout: float  # share of the book, its end, that is not trained on
    vocabulary: Vocabulary
    indices: Indices

    def fingerprint(self) -> str:
        """Return a name of all that decides the training but its length."""
        return fingerprint(
            {
                "format": checkpoint.FORMAT,
                "model": self.model.model_dump(),
                "train": self.train.model_dump(exclude={"epochs"}),
                "rule": self.rule.model_dump(),
                "holdout": self.holdout,
                "vocabulary": self.vocabulary.characters,
                "indices": self.indices.sha256,
            }
        )

    def begin(self, row: Callable[[str, np.dtype], LongArray]) -> Run:
        """Return the run before its first update: the one place where one is put together.

        `row` opens what grows with it, see `Run`. Raises TooShort where the book is.
        """
        network, how = self.model, self.train
        parameters = model.initial_parameters(
            len(self.vocabulary), network.hidden_size, network.init_std, rng.generator(network.seed)
        ).astype(how.dtype)
        start = split(len(self.indices), self.holdout)
        windows = Windows(self.indices, how.sequence_length, start, how.batch_size)
        updates = how.epochs * windows.updates_per_epoch
        return Run(
            parameters,
            self.vocabulary,
            windows,
            HeldOut(self.indices, start, how.sequence_length) if self.holdout else None,
            Rates(self.rule, rule_of(self.rule), network.hidden_size, updates),
            ENGINES[how.engine],
            how,
            row,
        )


Watch = Callable[[Run], AbstractContextManager[Callable[[Run], None]]]


@contextmanager
def finished(
    training: Training,
    folder: Path,
    watch: Watch = lambda run: nullcontext(lambda run: None),
    reason_to_stop: Callable[[], str | None] = lambda: None,
    epochs: int | None = None,
) -> Iterator[Run]:
    """Run a training to its end, from where one in the same folder has come to; yield it.

    Args:
        training: what is trained.
        folder: where its checkpoints are kept; named after its fingerprint.
        watch: makes what is called with the run between two calls of the engine.
        reason_to_stop: says why to stop, in words, or None; asked as often.
        epochs: how many to run it for, when not to its end; the rest can follow another time.

    Raises Interrupted where there is a reason to stop; what has been trained is then saved.
    """
    name = training.fingerprint()
    with checkpoint.held(folder, name, lambda _: reason_to_stop() is not None) as checkpoints:
        run = training.begin(checkpoints.row)
        stop = run.updates if epochs is None else epochs * run.windows.updates_per_epoch
        checkpoints.restore(run, stop)
        with watch(run) as show:
            while run.update < stop:
                run.advance()
                show(run)
                if reason := reason_to_stop():
                    checkpoints.save(run)
                    raise Interrupted(
                        f"training stopped by {reason} at update {run.update:,} of "
                        f"{run.updates:,} and saved; run the same command again to go on from there"
                    )
                checkpoints.save_now_and_then(run)
        checkpoints.finish(run)
        yield run
