"""From the table of a sweep to its winner and its figure."""

from stages.common import startup  # noqa: F401 - before what takes long

# isort: split
import math

from rnn.storage import files
from stages.common import command, inputs
from sweep import figure, paths, plan, settings, table, winner


def main() -> None:
    """Name the winner with its spread, and draw every trial as a dot.

    Reads sweep/reports/trials.csv; writes metrics.json and seeds.svg beside it.
    """
    with inputs.held("pick", paths.PIPELINE) as held:
        sweep, rows = settings.load(), table.read()
        finished = [row for row in rows if row["state"] == table.FINISHED]
        groups = winner.ranked(
            (row["settings"], float(row[sweep.metric] or math.inf)) for row in finished
        )
        best = groups[0]
        changes = {one.settings: one.changes for one in plan.trials(sweep, held.params)}
        files.write_json(
            paths.METRICS,
            {
                "winner": best.settings,
                "params": changes[best.settings],
                "metric": sweep.metric,
                "mean": best.mean,
                "lowest": best.values[0],
                "highest": best.values[-1],
                "spread": best.spread,
                "seeds": len(best.values),
                "trials": len(rows),
            },
        )
        figure.draw(paths.FIGURE, rows, sweep.metric)
        print(
            f"{paths.METRICS}: {best.settings}, {sweep.metric} {best.mean:.3f}, "
            f"{best.spread:.3f} between {len(best.values)} seeds"
        )


if __name__ == "__main__":
    command.run(main)
