"""Many trainings, and a table of what they came to."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from rnn.storage import files
from stages.common import command, inputs
from sweep import books, cluster, halving, paths, plan, settings, table
from sweep.cluster import Workers
from sweep.computing import Audit, Computing
from sweep.progress import Shown
from sweep.store import Store


def main(
    scheduler: Annotated[
        str | None,
        typer.Option(
            envvar="DASK_SCHEDULER_ADDRESS",
            help="Address of a Dask scheduler; without one, this machine's cores are used.",
        ),
    ] = None,
    scheduler_file: Annotated[
        Path | None, typer.Option(help="File that a Dask scheduler has written, with its address.")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(
            envvar="SWEEP_STORE",
            help="Folder of finished trials that several sweeps share, on a network disk say.",
        ),
    ] = None,
    verify: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Share of the trials that another worker computes once more."
        ),
    ] = 0.0,
) -> None:
    """Train what sweep/params.yaml lists, as many at once as there are workers.

    Reads the books; writes a row a trial to sweep/reports/trials.csv. Each finished trial is kept
    in sweep/trials/ at once, so that a sweep which is stopped goes on from there.
    """
    with inputs.held("trials", paths.PIPELINE) as held:
        sweep = settings.load()
        trials = plan.trials(sweep, held.params)
        with ExitStack() as stack:
            prepared = stack.enter_context(books.prepared(trials))
            shown = stack.enter_context(Shown(sweep.metric))

            def connect() -> Workers:
                """Find the workers, as soon as there is something to compute."""
                workers = stack.enter_context(cluster.connected(scheduler, scheduler_file))
                if scheduler or scheduler_file:
                    shown.say(f"dashboard: {workers.dashboard}")
                return workers

            # Which trials are computed twice is nobody's to foresee; no output depends on it.
            audit = Audit(verify, np.random.default_rng())
            kept = stack.enter_context(closing(Store(paths.STORE, store)))
            look = held.require_unchanged
            computing = Computing(prepared, kept, connect, audit, shown, look)
            records = halving.outcomes(trials, sweep, computing.records)
        files.write_text(paths.TRIALS, table.render(trials, records))
        computing.clean_up()
        print(f"{paths.TRIALS}: {len(trials):,} trials, {computing.summary}")


if __name__ == "__main__":
    command.run(main)
