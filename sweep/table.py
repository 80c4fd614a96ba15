"""The table of a sweep: a row a trial."""

import csv
import io

from rnn.errors import Damaged
from rnn.storage import files
from stages.common import params
from sweep import paths
from sweep.plan import Trial
from sweep.store import Record

FIGURES = ("held_out_bits", "min_smooth_loss", "epoch_mean_loss")  # the units are in their names
FINISHED, GIVEN_UP = "finished", "given up"


def render(trials: list[Trial], records: dict[Trial, Record]) -> str:
    """Return the table as CSV, sorted by settings and seed.

    Its columns are the settings in words, the seed, each param in which trials differ from
    params.yaml, how the training ended, its figures, and the SHA-256 of its best model.
    """
    changed = sorted({param for trial in trials for param in trial.changes})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["settings", "seed", *changed, "state", "epochs", "updates", *FIGURES, "best_sha256"]
    )
    for trial in sorted(trials, key=lambda each: (each.settings, each.seed)):
        values, record = params.flat(trial.params), records[trial]
        metrics = record.metrics
        writer.writerow(
            [
                trial.settings,
                trial.seed,
                *(values[param] for param in changed),
                FINISHED if metrics["epochs"] == trial.params.train.epochs else GIVEN_UP,
                metrics["epochs"],
                metrics["updates"],
                *(f"{metrics[name]:.6f}" if name in metrics else "" for name in FIGURES),
                record.best,
            ]
        )
    return text.getvalue()


def read() -> list[dict[str, str]]:
    """Return the rows of the table. Raises InputError where it is missing or not such a table."""
    with files.open_input(paths.TRIALS) as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")))
    if not rows or not {"settings", "seed", "state", *FIGURES} <= set(rows[0]):
        raise Damaged(paths.TRIALS, "its columns are others")
    return rows
