"""What a finished run comes to: its figures and its curve."""

import math
from itertools import pairwise

from rnn.training.losses import bits, guessing, smooth
from rnn.training.run import Run


def metrics(run: Run) -> dict[str, float | int]:
    """Return the figures of a finished run: losses in nats a window, and bits a character."""
    last_epoch = run.losses.blocks(run.updates - run.windows.updates_per_epoch, run.updates)
    # fsum is exact; the order in which NumPy adds depends on the CPU.
    total = math.fsum(loss for block in last_epoch for loss in block.tolist())
    mean, T = total / run.windows.updates_per_epoch, run.windows.sequence_length
    return {
        "min_smooth_bits": bits(run.best_smooth_loss, T),
        "epoch_mean_bits": bits(mean, T),
        "min_smooth_loss": run.best_smooth_loss,
        "min_smooth_loss_update": run.best_update,
        "final_smooth_loss": run.smooth_loss,
        "epoch_mean_loss": mean,
        "updates": run.update,
        "updates_per_epoch": run.windows.updates_per_epoch,
        "epochs": run.settings.epochs,
    }


def smooth_loss_curve(run: Run, points: int = 2000) -> str:
    """Return the smooth loss as CSV: at most `points` rows that draw the same curve.

    The updates are cut into equal stretches; the extremes of each are kept.
    """
    stretches = min(points // 2, run.updates)
    edges = [run.updates * index // stretches for index in range(stretches + 1)]
    rows, before = ["update,smooth_loss"], None
    for start, stop in pairwise(edges):
        values = smooth(run.losses[start:stop], run.settings.smoothing, before)
        before = float(values[-1])
        for place in sorted({int(values.argmin()), int(values.argmax())}):
            rows.append(f"{start + place + 1},{values[place]:.6f}")
    return "\n".join(rows) + "\n"


def no_better_than_guessing(run: Run) -> str | None:
    """Return that a finished run has learnt nothing, in words, where that is so, else None."""
    loss = guessing(run.windows.sequence_length, len(run.vocabulary))
    if run.smooth_loss <= 1.01 * loss:  # before the first update, a network's is about that
        return None
    return (
        f"the smooth loss ended at {run.smooth_loss:.4g} nats a window, above the {loss:.4g} of "
        f"guessing: with a learning rate of {run.settings.learning_rate:g} nothing was learnt"
    )
