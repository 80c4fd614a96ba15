"""Time the pipeline by stage, in a copy of the last commit, and write benchmarks/pipeline.md.

Cold is what a new clone does: no results, no compiled code. Warm is the same once more with the
compiled code, and no training to go on from. Installing the locked packages comes before both.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ruamel.yaml import YAML

from benchmarks import machine
from benchmarks.speed import table
from stages.common import paths

RESULTS = Path(__file__).parent / "pipeline.md"


def repro(project: Path, *words: str) -> float:
    """Return the seconds that `dvc repro` takes, with the packages of this environment."""
    here = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{here}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("NUMBA_CACHE_DIR", None)  # compiled code is kept in the copy
    start = time.perf_counter()
    subprocess.run(
        [here / "dvc", "repro", "--quiet", *words],
        cwd=project,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def seconds_by_stage(stages: list[str]) -> dict[str, list[float]]:
    """Return stage -> seconds cold, warm, and where there is nothing to do."""
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        project = Path(folder) / "copy"
        subprocess.run(["git", "clone", "--quiet", ".", project], check=True)
        cold = [repro(project, "--single-item", stage) for stage in stages]
        shutil.rmtree(project / paths.CHECKPOINTS)
        warm = [repro(project, "--force", "--single-item", stage) for stage in stages]
        nothing = [repro(project, "--single-item", stage) for stage in stages]
        whole = repro(project)
    columns = zip(cold, warm, nothing, strict=True)
    return dict(zip(stages, map(list, columns), strict=True)) | {
        "all, one after the other": [sum(cold), sum(warm), sum(nothing)],
        "all in one `dvc repro`": [0, 0, whole],
    }


def main() -> None:
    """Measure, print and write the table."""
    stages = list(YAML(typ="safe").load(paths.PIPELINE.read_text(encoding="utf-8"))["stages"])
    rows = {
        stage: [f"{each:.1f}" if each else "" for each in seconds]
        for stage, seconds in seconds_by_stage(stages).items()
    }
    lines = f"""# The pipeline by stage

Seconds of `dvc repro --single-item STAGE`, DVC's own start included, with params.yaml as it is: in
a new clone; again from the start, but with the engine's compiled code; and with nothing to do.
Written by `make bench`, on {len(machine.CORES)} cores.

CPU: {machine.cpu_name()}.
""".splitlines()
    cells = table("stage", ("cold", "warm", "nothing to do"), rows)
    text = "\n".join([*lines, "", *cells]) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
