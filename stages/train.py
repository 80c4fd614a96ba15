"""From indices to a trained network."""

import tempfile

import numpy as np

from rnn import corpus, engine, model, reference, storage, training
from rnn.losses import Losses
from rnn.vocabulary import Vocabulary
from stages import command, params, paths, progress

ENGINES = {"compiled": engine, "numpy": reference}


def main() -> None:
    """Train the network; keep its snapshots, its best and its final state, and every loss."""
    settings = params.load()
    vocabulary = Vocabulary.load(paths.VOCABULARY)
    indices = corpus.open_indices(paths.INDICES, vocabulary)
    initial = model.initial_parameters(
        len(vocabulary),
        settings.model.hidden_size,
        settings.model.init_std,
        np.random.Generator(np.random.PCG64(settings.model.seed)),
    )
    with tempfile.TemporaryFile() as losses:
        run = training.Run(
            initial.astype(settings.train.dtype),
            indices,
            training.Settings(**settings.train.model_dump(exclude={"engine", "dtype"})),
            ENGINES[settings.train.engine].advance,
            Losses(losses),
        )
        with progress.shown(run) as show:
            run.train(lambda snapshot: snapshot.save(paths.snapshot(snapshot.update)), show)

        run.best().save(paths.BEST)
        run.final().save(paths.FINAL)
        storage.write_long_array(
            paths.LOSSES, np.dtype(np.float64), run.losses.blocks(0, run.updates), run.updates
        )
        storage.write_json(paths.TRAIN_METRICS, run.metrics())
        storage.write_text(paths.SMOOTH_LOSS_CURVE, run.smooth_loss_curve())


if __name__ == "__main__":
    command.run(main)
