"""How well a sweep keeps its workers busy, and what memory it takes, into many_runs.md.

    python -m benchmarks.many_runs

First, sixteen real trainings: two workers at once against one after the other. Then stand-ins that
only sleep, on fifty workers: a thousand, a thousand shorter ones, and twenty thousand of these,
with the memory of the scheduler and of the client. Some quarter of an hour on a machine that
does nothing else.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from distributed import Worker
from ruamel.yaml import YAML

from benchmarks import machine, sweeps
from sweep import cluster
from sweep.cluster import Workers

RESULTS = Path(__file__).with_name("many_runs.md")
SEEDS, EPOCHS = 16, 4
WORKERS, _PROCESSES = 50, 5
# All share this machine's few cores, where each worker's looks at itself would take most of them.
_QUIET_WORKERS = {
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
}
# How many, and between how many seconds each.
SLEEPS = ((1_000, 0.5, 2.0), (1_000, 0.05, 0.2), (20_000, 0.05, 0.2))


def real(workers: int) -> float:
    """Return the seconds that a sweep of `SEEDS` trials takes with so many workers."""
    with sweeps.copied({"train": {"epochs": EPOCHS}}) as folder:
        sweeps.configure(folder, {"seeds": list(range(SEEDS)), "grids": {"defaults": {}}})
        return sweeps.run(folder, workers)


def sleep(seconds: float) -> float:
    """Stand in for a training."""
    time.sleep(seconds)
    return seconds


def simulated(address: str, scheduler: psutil.Process, sleeps: list[float]) -> tuple[float, ...]:
    """Return the share of time that workers were busy, and MiB of the scheduler and the client.

    The memory is the largest from a tenth of the way on.
    """
    memory = [0.0, 0.0]
    with cluster.connected(address, None) as workers:
        _wait_for(workers)
        waiting, done = list(reversed(sleeps)), 0
        began = time.perf_counter()
        while done < len(sleeps):
            while waiting and workers.has_room():
                workers.give(len(waiting), sleep, waiting.pop())
            if workers.next():
                done += 1
                if done % 100 == 0 and done >= len(sleeps) // 10:
                    for place, process in enumerate((scheduler, psutil.Process())):
                        memory[place] = max(memory[place], process.memory_info().rss / 2**20)
        seconds = time.perf_counter() - began
    return sum(sleeps) / seconds / WORKERS, *memory


def _wait_for(workers: Workers) -> None:
    while len(workers.addresses) < WORKERS:
        time.sleep(0.2)


@contextmanager
def started() -> Iterator[tuple[str, psutil.Process]]:
    """Yield the address of a scheduler with fifty workers, and its process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        options = ["--scheduler-file", str(file), "--port", "0", "--no-dashboard"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = [sys.executable, "-m", "distributed.cli.dask_scheduler", *options]
        scheduler = subprocess.Popen(command, **quiet)
        while not file.exists():
            time.sleep(0.1)
        command = [sys.executable, "-m", "benchmarks.many_runs", str(file)]
        environment = {**os.environ, **_QUIET_WORKERS}
        crew = [subprocess.Popen(command, env=environment, **quiet) for _ in range(_PROCESSES)]
        try:
            address = YAML(typ="safe").load(file)["address"]
            yield address, psutil.Process(scheduler.pid)
        finally:
            for process in (*crew, scheduler):
                process.kill()
                process.wait()


async def serve(file: str) -> None:
    """Be some of the workers, of a thread each, in one process."""
    count = WORKERS // _PROCESSES
    workers = [Worker(scheduler_file=file, nthreads=1, memory_limit=0) for _ in range(count)]
    await asyncio.gather(*workers)
    await asyncio.gather(*(worker.finished() for worker in workers))


def trainings() -> Iterator[str]:
    """Yield the lines of the table of real trainings."""
    real(2)  # so that all is compiled, and on the disk's cache
    # In turns, and the shorter of each: others use this machine too.
    alone, together = (min(pair) for pair in zip(*((real(1), real(2)) for _ in "ab"), strict=True))
    yield f"| one after the other, seconds | {alone:.0f} |"
    yield f"| two workers, seconds | {together:.0f} |"
    yield f"| two workers, times half of one after the other | {together / (alone / 2):.2f} |"


def stand_ins() -> Iterator[str]:
    """Yield the lines of the table of trials that only sleep."""
    rng = random.Random(0)
    for count, low, high in SLEEPS:
        with started() as (address, scheduler):
            sleeps = [rng.uniform(low, high) for _ in range(count)]
            busy, scheduler_memory, client_memory = simulated(address, scheduler, sleeps)
        yield (
            f"| {count:,} | {low} to {high} | {100 * busy:.1f} % | {scheduler_memory:.0f} | "
            f"{client_memory:.0f} |"
        )


def main() -> None:
    """Measure, and write the results."""
    lines = [
        "# Many runs",
        "",
        f"Made by `python -m benchmarks.many_runs`, on {len(machine.CORES)} cores.",
        "",
        f"CPU: {machine.cpu_name()}.",
        "",
        f"{SEEDS} trainings of {EPOCHS} epochs of the default book, the whole command:",
        "",
        "| | |",
        "|---|---:|",
        *trainings(),
        "",
        f"Stand-ins that sleep, on {WORKERS} workers:",
        "",
        "| trials | seconds each | workers busy | scheduler, MiB | client, MiB |",
        "|---:|---:|---:|---:|---:|",
        *stand_ins(),
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(serve(sys.argv[1]))
    else:
        main()
