"""Small sweeps, and a Dask cluster that a test may break."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from ruamel.yaml import YAML

from tests.support.project import PROJECT, Project

SWEEP = {
    "seeds": [0, 1],
    "grids": {
        "defaults": {},
        "rates": {"adagrad.learning_rate": [0.1, 0.4]},
        "adam": {"train.optimizer": "adam"},
    },
    "draw": 0,
    "draw_seed": 0,
    "metric": "held_out_bits",
    "halving": {"epochs": 0, "factor": 3},
}


def set_sweep(project: Project, **values) -> None:
    """Write sweep/params.yaml: eight trials, but for what is said otherwise."""
    with (project.root / "sweep/params.yaml").open("w", encoding="utf-8") as file:
        YAML().dump({**SWEEP, **values}, file)


def sweep(project: Project, *options: str, stage: str = "trials"):
    return project.run(sys.executable, "-m", f"sweep.{stage}", *options)


def started(project: Project, *options: str, **variables: str) -> subprocess.Popen[str]:
    """Start a sweep; it goes on while the test does something else."""
    return subprocess.Popen(
        [sys.executable, "-m", "sweep.trials", *options],
        cwd=project.root,
        env=project.environment() | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def waited_for(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for the end of what was started."""
    out, err = process.communicate(timeout=240)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def rows(project: Project) -> list[dict[str, str]]:
    text = (project.root / "sweep/reports/trials.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def counts(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """Return how many trials a sweep says that it computed, and took from its store."""
    assert done.returncode == 0, done.stderr
    words = done.stdout.replace(",", "").split()
    return int(words[words.index("computed") - 1]), int(words[words.index("kept") - 1])


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Cluster:
    """A scheduler and workers on this machine, each a process that can be killed.

    Workers run in a loop, as a service manager runs them: one that ends begins again.
    """

    def __init__(self, folder: Path, host: str = "127.0.0.1", protocol: str = "tcp") -> None:
        self.folder = folder
        self.address = f"{protocol}://{host}:{free_port()}"
        self.loops: list[subprocess.Popen] = []
        self.scheduler = self._start_scheduler()

    def _start_scheduler(self) -> subprocess.Popen:
        protocol, _, port = self.address.replace("//", "").split(":")
        options = ["--protocol", protocol, "--port", port, "--no-dashboard"]
        return self._start("dask_scheduler", *options)

    def _start(self, program: str, *options: str, code: Path = PROJECT) -> subprocess.Popen:
        environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(code)}
        with (self.folder / f"{program}.log").open("a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{program}", *options],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )

    def start_worker(self, name: str, code: Path = PROJECT, inside: str = "") -> None:
        """Start a worker, and start it again whenever it ends; `inside` precedes the command."""
        command = (
            f"while :; do {inside} {sys.executable} -m distributed.cli.dask_worker {self.address} "
            f"--name {name} --nthreads 1 --no-nanny --no-dashboard; sleep 0.2; done"
        )
        environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(code)}
        with (self.folder / f"{name}.log").open("a") as log:
            self.loops.append(
                subprocess.Popen(
                    ["sh", "-c", command],
                    cwd=self.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def kill_a_worker(self) -> None:
        """Kill the first worker with a signal that it cannot answer."""
        number = subprocess.run(
            ["pgrep", "-P", str(self.loops[0].pid), "python"], capture_output=True, text=True
        ).stdout.split()[0]
        os.kill(int(number), signal.SIGKILL)

    def restart_scheduler(self) -> None:
        self.scheduler.kill()
        self.scheduler.wait()
        self.scheduler = self._start_scheduler()

    def close(self) -> None:
        for loop in self.loops:
            os.killpg(loop.pid, signal.SIGKILL)
            loop.wait()
        self.scheduler.kill()
        self.scheduler.wait()


@contextmanager
def cluster(folder: Path, workers: int = 2):
    """Yield a cluster whose workers run in a folder."""
    running = Cluster(folder)
    try:
        for number in range(workers):
            running.start_worker(f"worker-{number}")
        yield running
    finally:
        running.close()


def wait_until(true) -> None:
    deadline = time.monotonic() + 120
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def records(project: Project) -> dict[str, dict]:
    return {
        path.name: json.loads(path.read_text())
        for path in sorted((project.root / "sweep/trials").glob("*.json"))
    }
