"""What the page's curve is drawn from: plain values, in bits a character."""

from typing import Any

import numpy as np

from rnn.training import losses


def curve(
    updates: np.ndarray,
    values: np.ndarray,
    epochs: list[dict[str, float]],
    metrics: dict[str, Any],
    baselines: list[float],
    evolution: list[dict[str, Any]],
    sequence_length: int,
    vocabulary_size: int,
) -> dict[str, Any]:
    """Return the lines and marks of the curve, rounded to what can be seen.

    `nats` is what a bit a character comes to in nats a window, the other unit that is shown.
    """

    def bits(loss: float) -> float:
        return round(losses.bits(loss, sequence_length), 5)

    return {
        "updates": [int(update) for update in updates],
        "smooth": [bits(value) for value in values.tolist()],
        "epochs": epochs,
        "updatesPerEpoch": metrics["updates_per_epoch"],
        "lastUpdate": metrics["updates"],
        "best": {"update": metrics["best_update"], "heldOut": metrics["held_out_bits"]},
        "minimum": {
            "update": metrics["min_smooth_loss_update"],
            "smooth": bits(metrics["min_smooth_loss"]),
        },
        "guessing": bits(losses.guessing(sequence_length, vocabulary_size)),
        "baselines": [round(value, 5) for value in baselines],
        "snapshots": [
            {"update": entry["update"], "smooth": bits(entry["smooth_loss"])} for entry in evolution
        ],
        "nats": 1 / losses.bits(1, sequence_length),
    }
