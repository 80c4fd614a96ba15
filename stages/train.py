"""From indices to a trained network."""

import numpy as np

from rnn import corpus, model, reference, storage, training
from rnn.vocabulary import Vocabulary
from stages import command, params, paths, progress


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
    run = training.Run(
        initial, indices, training.Settings(**settings.train.model_dump()), reference.advance
    )

    with progress.shown(run) as show:
        run.train(keep=lambda snapshot: snapshot.save(paths.snapshot(snapshot.update)), show=show)

    run.best().save(paths.BEST)
    run.final().save(paths.FINAL)
    storage.write_array(paths.LOSSES, run.losses)
    storage.write_json(paths.TRAIN_METRICS, run.metrics())
    storage.write_text(paths.SMOOTH_LOSS_CURVE, run.smooth_loss_curve())


if __name__ == "__main__":
    command.run(main)
