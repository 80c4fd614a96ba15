"""What successive halving saves, and whether it throws away the winner, into halving.md.

    python -m benchmarks.halving

trains 48 small networks to their end, and once more with halving. Some five minutes.
"""

import csv
import json
from pathlib import Path

from benchmarks import sweeps

RESULTS = Path(__file__).with_name("halving.md")
EPOCHS, SEEDS = 9, 3
GRID = {
    "adagrad.learning_rate": [0.2, 0.4, 0.8, 1.6],
    "adagrad.base_width": [6, 12, 24, 48],
}


def swept(epochs: int, factor: int) -> tuple[list[dict[str, str]], str]:
    """Return the table of a sweep that is halved after so many epochs, and its winner."""
    params = {"model": {"hidden_size": 50}, "train": {"epochs": EPOCHS}}
    sweep = {
        "seeds": list(range(SEEDS)),
        "grids": {"g": GRID},
        "halving": {"epochs": epochs, "factor": factor},
    }
    with sweeps.copied(params, sweep) as folder:
        sweeps.run(folder)
        sweeps.run(folder, stage="pick")
        with (folder / "sweep/reports/trials.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        metrics = json.loads((folder / "sweep/reports/metrics.json").read_text(encoding="utf-8"))
    return rows, metrics["winner"]


def ranks(rows: list[dict[str, str]]) -> list[str]:
    """Return the settings, the best mean of the held-out bits first."""
    bits: dict[str, float] = {}
    for row in rows:
        bits[row["settings"]] = bits.get(row["settings"], 0) + float(row["held_out_bits"])
    return sorted(bits, key=bits.__getitem__)


def main() -> None:
    """Measure, and write the results."""
    whole, _ = swept(0, 3)
    order = ranks(whole)
    lines = [
        "# Successive halving",
        "",
        f"Made by `python -m benchmarks.halving`: {len(whole)} trainings of {EPOCHS} epochs, "
        f"{len(order)} settings with",
        f"{SEEDS} seeds each, 50 units, on the default book.",
        "",
        "| halving | epochs trained | share | place of its winner among all |",
        "|---|---:|---:|---:|",
        f"| none | {EPOCHS * len(whole)} | 100 % | 1 |",
    ]
    for epochs, factor in ((1, 2), (1, 3), (1, 4), (3, 3)):
        rows, winner = swept(epochs, factor)
        trained = sum(int(row["epochs"]) for row in rows)
        share = 100 * trained / (EPOCHS * len(whole))
        lines.append(
            f"| after {epochs}, factor {factor} | {trained} | {share:.0f} % | "
            f"{order.index(winner) + 1} |"
        )
        print(lines[-1], flush=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
