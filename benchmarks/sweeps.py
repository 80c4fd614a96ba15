"""Sweeps in copies of the project, to be measured."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

_PROJECT = Path(__file__).parent.parent
_IGNORED = shutil.ignore_patterns("__pycache__", "trials", "reports")


@contextmanager
def copied(params: dict[str, dict[str, Any]]) -> Iterator[Path]:
    """Yield the folder of a copy in which nothing has run.

    Some sections of its params.yaml have values of their own.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("rnn", "stages", "sweep", "data/raw"):
            shutil.copytree(_PROJECT / part, folder / part, ignore=_IGNORED)
        yaml = YAML()
        values = yaml.load(_PROJECT / "params.yaml")
        for section, changes in params.items():
            values[section].update(changes)
        yaml.dump(values, folder / "params.yaml")
        yield folder


def configure(folder: Path, values: dict[str, Any]) -> None:
    """Give sweep/params.yaml of a copy other values than it has here."""
    yaml = YAML()
    here = yaml.load(_PROJECT / "sweep/params.yaml")
    yaml.dump(here | values, folder / "sweep/params.yaml")


def run(folder: Path, workers: int | None = None, stage: str = "trials") -> float:
    """Run a stage of the sweep in a copy, with so many workers; return the seconds it took."""
    # The code is imported from here, where it is compiled already.
    environment = {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(_PROJECT)}
    if workers:
        environment["RNN_THREADS"] = str(workers)
    began = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", f"sweep.{stage}"]
    subprocess.run(command, cwd=folder, env=environment, check=True, **quiet)
    return time.perf_counter() - began
