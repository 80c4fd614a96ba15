"""The machine that is measured on: its CPU, its cores and what they can do at most. For Linux.

    python -m benchmarks.machine DTYPE

is what `peak` starts for each core.
"""

import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

CORES = sorted(os.sched_getaffinity(0))  # those that this process may use
_SIZE, _PRODUCTS, _REPEATS = 256, 20, 100


def start(module: str, argument: str, cores: list[int]) -> subprocess.Popen:
    """Start a module as a process on these cores only.

    Libraries count the cores when they are imported, so that it takes a process of its own.
    """
    return subprocess.Popen(
        [sys.executable, "-m", module, argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )


def peak(dtype: str, cores: list[int]) -> float:
    """Return billions of operations a second that these cores do at most, all at once.

    They make products of two matrices by NumPy's BLAS, small enough for a core's own caches. Cores
    of a virtual machine may share one of the real ones, so that two need not do twice as much.
    """
    children = [start("benchmarks.machine", dtype, [core]) for core in cores]
    for child in children:
        child.stdout.readline()  # it is ready
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    return sum(float(child.communicate()[0]) for child in children)


def main() -> None:
    """Say when ready, wait for a line, and print billions of operations a second of CPU time."""
    A, B, C = (np.ones((_SIZE, _SIZE), sys.argv[1]) for _ in range(3))
    np.matmul(A, B, out=C)
    print(flush=True)
    sys.stdin.readline()
    times = []
    for _ in range(_REPEATS):
        begin = time.process_time()
        for _ in range(_PRODUCTS):
            np.matmul(A, B, out=C)
        times.append(time.process_time() - begin)
    print(_PRODUCTS * 2 * _SIZE**3 / median(times) / 1e9)


def cpu_name() -> str:
    """Return the name of this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (FileNotFoundError, StopIteration):
        return platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
