"""Time an update in our engines and in others, side by side, and write benchmarks/results.md.

All run in one process, pinned to one core, in turns: a repeat of each, then the next of each. The
figure is the median over the repeats, so that noise on the machine meets all alike. It is CPU time,
of all threads together: while another process has the core, the clock stands.
"""

import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

CORE = 0
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {CORE})  # before the libraries count the cores

import numpy as np  # noqa: E402

from benchmarks import peers  # noqa: E402
from rnn import model  # noqa: E402
from rnn.data.windows import Windows  # noqa: E402
from rnn.engine import Engine, Learner, compiled, matmul, reference  # noqa: E402
from rnn.model import Parameters  # noqa: E402
from rnn.optimizers import AdaGrad, Adam, Optimizer  # noqa: E402

K, T = 80, 25
SIZES = (100, 256, 512, 1024)
DTYPES = ("float32", "float64")
OURS = "ours, compiled"  # what the others are compared with
REPEATS = 5
SECONDS_A_REPEAT = 0.25
RESULTS = Path(__file__).parent / "results.md"


def ours(engine: Engine, rule: Optimizer, learning_rate: float) -> peers.Prepare:
    """Return what makes a peer of one of our engines."""

    def prepare(parameters: Parameters, indices: np.ndarray, T: int) -> peers.Peer:
        learner = Learner(parameters.copy(), rule.slots(parameters), np.zeros_like(parameters.b))
        windows = Windows(indices, T)
        text = windows.take(0, windows.updates_per_epoch)
        rates = learning_rate * rule.correction(np.arange(len(text)))
        rates = np.repeat(rates[:, None], len(parameters), axis=1)

        def run() -> np.ndarray:
            return engine.train(learner, text, rule, rates, peers.CLIP)

        return run

    return prepare


def contenders() -> dict[str, dict[str, peers.Prepare]]:
    """Return rule -> contender -> what prepares it; the others are held against the first."""
    adagrad = (AdaGrad(peers.INITIAL_ACCUMULATOR, peers.EPSILON), peers.LEARNING_RATE)
    adam = (
        Adam(peers.BETA1, 1 - peers.BETA1, peers.BETA2, 1 - peers.BETA2, peers.EPSILON),
        peers.ADAM_LEARNING_RATE,
    )
    return {
        "AdaGrad": {
            OURS: ours(compiled, *adagrad),
            "ours, NumPy": ours(reference, *adagrad),
            "classic NumPy": peers.classic,
            "PyTorch, nn.RNN": peers.pytorch_rnn(peers.ADAGRAD),
            "PyTorch, loop": peers.pytorch_loop(peers.ADAGRAD),
            "PyTorch, compiled": peers.pytorch_compiled(peers.ADAGRAD),
            "JAX": peers.jax(peers.ADAGRAD),
        },
        "Adam": {
            OURS: ours(compiled, *adam),
            "PyTorch, nn.RNN": peers.pytorch_rnn(peers.ADAM),
            "PyTorch, compiled": peers.pytorch_compiled(peers.ADAM),
            "JAX": peers.jax(peers.ADAM),
        },
    }


def microseconds_an_update(m: int, dtype: str) -> dict[str, dict[str, float]]:
    """Return rule -> contender -> median time of an update."""
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(K, m, 0.01, rng).astype(dtype)
    book = (K * rng.random(20_000 * T + 1) ** 2).astype(np.uint8)  # as uneven as letters are
    peers.forget_compiled()
    runs, updates = {}, {}
    for rule, each in contenders().items():
        expected = None
        for name, prepare in each.items():
            few = prepare(parameters, book[: 20 * T + 1], T)
            losses = few()
            expected = losses if expected is None else expected
            np.testing.assert_allclose(losses, expected, rtol=1e-5, err_msg=f"{name}, {rule}")
            start = time.process_time()
            few()
            seconds = (time.process_time() - start) / 20
            updates[rule, name] = max(10, min(20_000, int(SECONDS_A_REPEAT / seconds)))
            runs[rule, name] = prepare(parameters, book[: updates[rule, name] * T + 1], T)
            runs[rule, name]()  # JAX compiles for each length
    times: dict[tuple[str, str], list[float]] = {key: [] for key in runs}
    for _ in range(REPEATS):
        for key, run in runs.items():
            start = time.process_time()
            run()
            times[key].append((time.process_time() - start) / updates[key] * 1e6)
    medians: dict[str, dict[str, float]] = {}
    for (rule, name), each in times.items():
        medians.setdefault(rule, {})[name] = median(each)
    return medians


def peak(dtype: str) -> float:
    """Return billions of operations a second in a product whose operands stay in the L1 cache."""
    rows, columns, terms = 50, 4 * matmul.VECTOR_BYTES // np.dtype(dtype).itemsize, 64
    A, B = np.ones(rows * terms, dtype), np.full(terms * columns, 1e-3, dtype)
    C = np.zeros(rows * columns, dtype)
    matrices = (
        matmul.Matrix(C, 0, columns),
        matmul.Matrix(A, 0, terms),
        matmul.Matrix(B, 0, columns),
    )
    best = 0.0
    for _ in range(2000):
        start = time.perf_counter()
        for _ in range(10):
            matmul.add_product(*matrices, rows, columns, terms)
        seconds = (time.perf_counter() - start) / 10
        best = max(best, 2 * rows * columns * terms / seconds / 1e9)
        C[:] = 0
    return best


def operations(m: int) -> int:
    """Return the operations of an update's products: W and V, forward, backward and gradient."""
    return 2 * T * 3 * (m * m + m * K)


def table(corner: str, columns: Iterable[str], rows: dict[Any, Iterable[str]]) -> list[str]:
    """Return the lines of a table; each row has its key in the first column."""
    lines = [[corner, *columns], *([str(key), *cells] for key, cells in rows.items())]
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return [head, "|---:" * len(lines[0]) + "|", *body]


def times_table(times: dict[int, dict[str, float]], peak: float) -> list[str]:
    """Return m against contenders: microseconds, and the share of the peak that they reach."""
    rows = {
        m: [f"{each:,.0f} ({operations(m) / each / 1e3 / peak:.0%})" for each in row.values()]
        for m, row in times.items()
    }
    return table("m", next(iter(times.values())), rows)


def ratios_table(times: dict[int, dict[str, float]]) -> list[str]:
    """Return m against contenders: how many times as long as ours each takes."""
    rows = {m: [f"{each / row[OURS]:.2f}" for each in row.values()] for m, row in times.items()}
    return table("m", next(iter(times.values())), rows)


def between_rules_table(measured: dict[str, dict[int, dict[str, dict[str, float]]]]) -> list[str]:
    """Return dtypes against m: what our compiled engine needs for Adam, in times of AdaGrad."""
    rows = {
        dtype: [f"{each['Adam'][OURS] / each['AdaGrad'][OURS]:.2f}" for each in sizes.values()]
        for dtype, sizes in measured.items()
    }
    return table("ours, compiled", (f"m = {m}" for m in SIZES), rows)


def cpu_name() -> str:
    """Return the name of this machine's CPU."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (FileNotFoundError, StopIteration):
        return platform.processor() or platform.machine()


def main() -> None:
    """Measure, print and write the table."""
    import jax
    import llvmlite.binding
    import numba
    import torch

    peaks = {dtype: peak(dtype) for dtype in DTYPES}
    lines = [
        "# Speed",
        "",
        f"Microseconds an update (one window of {T} characters, K = {K}), and in brackets the",
        "share of the core's peak that its matrix products reach. Lower is better. Written by",
        "`make bench`: the CPU time of one process on one core, the median of",
        f"{REPEATS} repeats in turns.",
        "",
        f"CPU: {cpu_name()} ({llvmlite.binding.get_host_cpu_name()}), one core; "
        f"peak of multiplications and additions, measured: "
        f"{peaks['float32']:.0f} GFLOP/s in float32, {peaks['float64']:.0f} in float64.",
        f"NumPy {np.__version__}, Numba {numba.__version__}, PyTorch {torch.__version__}, "
        f"JAX {jax.__version__}.",
    ]
    measured: dict[str, dict[int, dict[str, dict[str, float]]]] = {}
    for dtype in DTYPES:
        measured[dtype] = {}
        for m in SIZES:
            measured[dtype][m] = microseconds_an_update(m, dtype)
            print(dtype, m, measured[dtype][m], flush=True)
    for rule in ("AdaGrad", "Adam"):
        for dtype, sizes in measured.items():
            times = {m: each[rule] for m, each in sizes.items()}
            lines += ["", f"## {rule}, {dtype}", "", *times_table(times, peaks[dtype])]
            lines += ["", "Times as long as ours, compiled:", "", *ratios_table(times)]
    lines += ["", "## Adam, times as long as AdaGrad", "", *between_rules_table(measured)]
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
