"""Every path of the sweep, relative to the project's folder, from which its stages run."""

from pathlib import Path

PIPELINE = Path("sweep/dvc.yaml")
PARAMS = Path("sweep/params.yaml")
BOOKS = Path("data/raw")  # all that a trial may read, so that DVC sees when one changes
CHECKPOINTS = Path(".checkpoints/sweep")
STORE = Path("sweep/trials")

TRIALS = Path("sweep/reports/trials.csv")
METRICS = Path("sweep/reports/metrics.json")
FIGURE = Path("sweep/reports/seeds.svg")


def checkpoints(training: str) -> Path:
    """Return the folder in which a training of the sweep keeps what it goes on from."""
    return CHECKPOINTS / training[:16]
