"""From indices to a trained network."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import sys

from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.data.windows import Indices
from rnn.errors import InputError
from rnn.storage import files
from rnn.training import summary, trainer
from rnn.training.run import Run
from rnn.training.trainer import Training
from stages.common import command, inputs, paths, ways_out
from stages.common.params import Params
from stages.console import interruption, progress


def main() -> None:
    """Train the network; keep its snapshots and its best.

    Reads the indices and the vocabulary in data/preprocess/; writes to data/train/, and its figures
    to reports/metrics/, and to reports/plots/ the smooth loss and what shows why it learns or not.

    An interrupted training goes on where it was, and a longer one where a shorter one ended.
    """
    interrupted = interruption.notice()
    with inputs.held("train") as held:
        settings = held.params
        require_right_gradients()
        vocabulary = Vocabulary.load(paths.VOCABULARY)
        vocabulary.encode(
            settings.synthesize_best.prime,
            "params.yaml: synthesize_best.prime",
            settings.corpus.unknown,
        )
        indices = corpus.open_indices(paths.INDICES, vocabulary)
        training = training_of(settings, vocabulary, indices)
        folder = paths.checkpoints(training.fingerprint())
        held.require_unchanged()  # else it might be named after other code than is running

        def reason_to_stop() -> str | None:
            return interrupted() or held.change()

        with trainer.finished(training, folder, progress.shown, reason_to_stop) as run:
            write_outputs(run)
        if warning := summary.no_better_than_guessing(run):
            print(f"warning: {warning}; {ways_out.LEARN_SLOWER}", file=sys.stderr)


def training_of(settings: Params, vocabulary: Vocabulary, indices: Indices) -> Training:
    """Return the training that params describe."""
    return Training(
        settings.model,
        settings.train,
        settings.rule,
        settings.corpus.holdout,
        vocabulary,
        indices,
    )


def require_right_gradients() -> None:
    """Raise InputError unless the gradient check has passed."""
    if files.read_json(paths.VERDICT) != {"passed": True}:
        raise InputError(
            f"{paths.VERDICT}: does not say that the gradients are right; run `dvc repro "
            "gradient_check` before a training"
        )


def write_outputs(run: Run) -> None:
    """Write what the pipeline's other stages read."""
    of_another_run = set(paths.SNAPSHOTS.glob("*"))
    for update, content in run.snapshots().items():
        path = paths.snapshot(update)
        files.write_bytes(path, content)
        of_another_run.discard(path)
    for path in of_another_run:
        files.remove(path)
    best = run.best()
    best.save(paths.BEST)
    files.write_json(paths.TRAIN_METRICS, summary.metrics(run, best))
    files.write_text(paths.SMOOTH_LOSS_CURVE, summary.smooth_loss_curve(run))
    files.write_text(paths.EPOCHS, summary.epochs(run))
    files.write_text(paths.HEALTH, summary.health(run))


if __name__ == "__main__":
    command.run(main)
