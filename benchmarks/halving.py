"""What successive halving saves, and whether it throws away the winner, into halving.md.

    python -m benchmarks.halving

trains 48 small networks to their end, and once more with halving. Some quarter of an hour.
"""

import csv
import json
from pathlib import Path

from benchmarks import sweeps
from sweep.winner import ranked

RESULTS = Path(__file__).with_name("halving.md")
EPOCHS, SEEDS = 9, 3
GRID = {
    "adagrad.learning_rate": [0.2, 0.4, 0.8, 1.6],
    "adagrad.base_width": [6, 12, 24, 48],
}


def swept(folder: Path, epochs: int, factor: int) -> tuple[list[dict[str, str]], str]:
    """Return the table of a sweep that is halved after so many epochs, and its winner.

    What earlier sweeps in the folder have computed is taken from its store.
    """
    halving = {"epochs": epochs, "factor": factor}
    sweeps.configure(
        folder, {"seeds": list(range(SEEDS)), "grids": {"g": GRID}, "halving": halving}
    )
    sweeps.run(folder)
    sweeps.run(folder, stage="pick")
    with (folder / "sweep/reports/trials.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    metrics = json.loads((folder / "sweep/reports/metrics.json").read_text(encoding="utf-8"))
    return rows, metrics["winner"]


def main() -> None:
    """Measure, and write the results."""
    with sweeps.copied({"model": {"hidden_size": 50}, "train": {"epochs": EPOCHS}}) as folder:
        lines = table(folder)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(folder: Path) -> list[str]:
    """Return the lines of the results."""
    whole, _ = swept(folder, 0, 3)
    groups = ranked((row["settings"], float(row["held_out_bits"])) for row in whole)
    bits = {group.settings: group.mean for group in groups}
    order = list(bits)
    lines = [
        "# Successive halving",
        "",
        f"Made by `python -m benchmarks.halving`: {len(whole)} trainings of {EPOCHS} epochs, "
        f"{len(order)} settings with",
        f"{SEEDS} seeds each, 50 units, on the default book.",
        "",
        "| halving | epochs trained | share | place of its winner | its bits above the best |",
        "|---|---:|---:|---:|---:|",
        f"| none | {EPOCHS * len(whole)} | 100 % | 1 | 0.000 |",
    ]
    for epochs, factor in ((1, 2), (1, 3), (1, 4), (3, 3)):
        rows, winner = swept(folder, epochs, factor)
        trained = sum(int(row["epochs"]) for row in rows)
        share = 100 * trained / (EPOCHS * len(whole))
        lines.append(
            f"| after {epochs}, factor {factor} | {trained} | {share:.0f} % | "
            f"{order.index(winner) + 1} | {bits[winner] - bits[order[0]]:.3f} |"
        )
        print(lines[-1], flush=True)
    return lines


if __name__ == "__main__":
    main()
