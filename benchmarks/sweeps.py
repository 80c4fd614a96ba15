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
def copied(params: dict[str, dict[str, Any]], sweep: dict[str, Any]) -> Iterator[Path]:
    """Yield the folder of a copy in which nothing has run.

    Args:
        params: what some sections of params.yaml have that is not as it stands there.
        sweep: what sweep/params.yaml has that is not as it stands there.
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
        values = yaml.load(_PROJECT / "sweep/params.yaml")
        yaml.dump(values | sweep, folder / "sweep/params.yaml")
        yield folder


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
