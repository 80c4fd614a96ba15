"""What a finished run comes to: its figures and its curve."""

import math
from itertools import pairwise

from rnn.training.health import Health
from rnn.training.losses import bits, guessing, smooth
from rnn.training.run import Run
from rnn.training.snapshot import Snapshot


def metrics(run: Run, best: Snapshot) -> dict[str, float | int]:
    """Return the figures of a run at the end of an epoch: nats a window, and bits a character."""
    epoch = run.update // run.windows.updates_per_epoch
    mean, T = _mean_of_epoch(run, epoch), run.windows.sequence_length
    return {
        **_held_out_bits(run, best, epoch),
        "min_smooth_bits": bits(run.min_smooth_loss, T),
        "epoch_mean_bits": bits(mean, T),
        "min_smooth_loss": run.min_smooth_loss,
        "min_smooth_loss_update": run.min_smooth_loss_update,
        "best_update": best.update,
        "final_smooth_loss": run.smooth_loss,
        "epoch_mean_loss": mean,
        "updates": run.update,
        "updates_per_epoch": run.windows.updates_per_epoch,
        "epochs": epoch,
    }


def epochs(run: Run) -> str:
    """Return as CSV, in bits a character, each epoch's mean loss and that on held-out text.

    The mean is that of all updates of the epoch, while the network was learning; the other is that
    of the network at its end, and the column is missing where no text is held out.
    """
    held_out = [bits(loss, 1) for loss in run.held_out_losses[:].tolist()]
    rows = ["epoch,mean_bits,held_out_bits" if held_out else "epoch,mean_bits"]
    for epoch in range(1, run.settings.epochs + 1):
        mean = bits(_mean_of_epoch(run, epoch), run.windows.sequence_length)
        rows.append(f"{epoch},{mean:.6f}" + (f",{held_out[epoch - 1]:.6f}" if held_out else ""))
    return "\n".join(rows) + "\n"


def health(run: Run) -> str:
    """Return as CSV what was measured four times an epoch, to three significant digits: `Health`.

    Each row is what the network was like after so many updates.
    """
    schedule, rows = run.health_schedule, [",".join(("update", *Health._fields))]
    for index, values in enumerate(run.health[: schedule.count_before(run.updates)].tolist()):
        rows.append(",".join([f"{schedule.update(index)}", *(f"{value:.3g}" for value in values)]))
    return "\n".join(rows) + "\n"


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
        f"guessing: with a learning rate of {run.rates.section.learning_rate:g} nothing was learnt"
    )


def _held_out_bits(run: Run, best: Snapshot, epoch: int) -> dict[str, float]:
    """Return the bits a held-out character of the best network and of that after an epoch."""
    loss = run.held_out_loss(best)
    if loss is None:
        return {}
    (final,) = run.held_out_losses[epoch - 1 : epoch].tolist()
    return {"held_out_bits": bits(loss, 1), "final_held_out_bits": bits(final, 1)}


def _mean_of_epoch(run: Run, epoch: int) -> float:
    """Return the mean loss of an epoch, from 1 on, in nats a window."""
    updates = run.windows.updates_per_epoch
    blocks = run.losses.blocks((epoch - 1) * updates, epoch * updates)
    # fsum is exact; the order in which NumPy adds depends on the CPU.
    return math.fsum(loss for block in blocks for loss in block.tolist()) / updates
