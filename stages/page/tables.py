"""What `dvc plots` draws and no other stage writes: tables as CSV."""

from typing import Any

COMPARED = (3, 4)  # characters back of the n-grams that stand beside the network


def losses(epochs: list[dict[str, float]], baselines: list[float]) -> str:
    """Return each epoch's losses in bits a character, and beside them those of n-grams.

    A column is there even where no text is held out, and is then that of the epochs' means: DVC
    refuses to draw one that is not.
    """
    rows = [",".join(("epoch", "mean", "held_out", *(f"{back}_back" for back in COMPARED)))]
    for epoch, row in enumerate(epochs, start=1):
        mean = row["mean_bits"]
        compared = [baselines[back] if back < len(baselines) else mean for back in COMPARED]
        values = (mean, row.get("held_out_bits", mean), *compared)
        rows.append(",".join([f"{epoch}", *(f"{value:.6f}" for value in values)]))
    return "\n".join(rows) + "\n"


def evolution(entries: list[dict[str, Any]]) -> str:
    """Return each snapshot's share of known words, empty where it has no word at all."""
    rows = ["update,known_word_share"]
    for entry in entries:
        share = entry["known_word_share"]
        rows.append(f"{entry['update']}," + ("" if share is None else f"{share:.6f}"))
    return "\n".join(rows) + "\n"
