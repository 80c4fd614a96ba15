"""From indices to a trained network."""

import importlib.metadata
import sys
from collections.abc import Callable

import numpy as np

from rnn import model
from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.engine import compiled, reference
from rnn.errors import InputError
from rnn.storage import files, rows
from rnn.storage.rows import FrozenArray
from rnn.training import checkpoint
from rnn.training import run as training
from rnn.training.checkpoint import Checkpoints
from stages.common import command, inputs, params, paths
from stages.console import interruption, progress

ENGINES = {"compiled": compiled, "numpy": reference}


def main() -> None:
    """Train the network; keep its snapshots, its best and its final state, and every loss.

    Reads the indices and the vocabulary in data/preprocess/; writes to data/train/, and its figures
    and the smooth loss to reports/metrics/ and reports/plots/.

    An interrupted training goes on where it was, and a longer one where a shorter one ended.
    """
    interrupted = interruption.notice()
    with inputs.held("train") as held:
        settings = held.params
        require_right_gradients()
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        vocabulary.encode(settings.synthesize_best.prime, "params.yaml: synthesize_best.prime")
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        initial = model.initial_parameters(
            len(vocabulary),
            settings.model.hidden_size,
            settings.model.init_std,
            np.random.Generator(np.random.PCG64(settings.model.seed)),
        ).astype(settings.train.dtype)
        name = fingerprint(settings, vocabulary, indices)
        held.require_unchanged()  # else it might be named after other code than is running

        def reason_to_stop() -> str | None:
            return interrupted() or held.change()

        with checkpoint.held(
            paths.checkpoints(name), name, initial, lambda _: reason_to_stop() is not None
        ) as checkpoints:
            run = training.Run(
                initial,
                indices,
                training.Settings(**settings.train.model_dump(exclude={"engine", "dtype"})),
                ENGINES[settings.train.engine].advance,
                checkpoints.losses,
            )
            checkpoints.restore(run)
            train(run, checkpoints, reason_to_stop)
            write_outputs(run, checkpoints)
        if warning := training.no_better_than_guessing(run):
            print(f"warning: {warning}", file=sys.stderr)


def require_right_gradients() -> None:
    """Raise InputError unless the gradient check has passed."""
    if files.read_json(paths.VERDICT) != {"passed": True}:
        raise InputError(
            f"{paths.VERDICT}: does not say that the gradients are right; run `dvc repro "
            "gradient_check` before a training"
        )


def fingerprint(settings: params.Params, vocabulary: Vocabulary, indices: FrozenArray) -> str:
    """Return the name of all that decides the training but its length."""
    return checkpoint.fingerprint(
        {
            "model": settings.model.model_dump(),
            "train": settings.train.model_dump(exclude={"epochs"}),
            "versions": [importlib.metadata.version(name) for name in ("numpy", "numba")],
            "vocabulary": vocabulary.characters,
            "indices": indices.sha256,
        },
        sorted(paths.MODULES.rglob("*.py")),
    )


def train(
    run: training.Run, checkpoints: Checkpoints, reason_to_stop: Callable[[], str | None]
) -> None:
    """Train to the end, or until there is a reason to stop."""
    with progress.shown(run) as show:

        def between_calls(run: training.Run) -> None:
            show(run)
            if reason := reason_to_stop():
                checkpoints.save(run)
                raise interruption.stopped(reason, run)
            checkpoints.save_now_and_then(run)

        run.train(lambda snapshot: checkpoints.keep(snapshot, run), between_calls)
    checkpoints.finish(run)


def write_outputs(run: training.Run, checkpoints: Checkpoints) -> None:
    """Write what the pipeline's other stages read."""
    of_another_run = set(paths.SNAPSHOTS.glob("*"))
    for update, content in checkpoints.snapshots(run):
        path = paths.snapshot(update)
        files.write_bytes(path, content)
        of_another_run.discard(path)
    for path in of_another_run:
        files.remove(path)
    run.best().save(paths.BEST)
    run.final().save(paths.FINAL)
    rows.write(paths.LOSSES, np.dtype(np.float64), run.losses.blocks(0, run.updates), run.updates)
    files.write_json(paths.TRAIN_METRICS, run.metrics())
    files.write_text(paths.SMOOTH_LOSS_CURVE, run.smooth_loss_curve())


if __name__ == "__main__":
    command.run(main)
