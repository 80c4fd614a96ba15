"""Time an update in our engines and in others, side by side, and write benchmarks/results.md.

All run in one process, pinned to one core, in turns: a repeat of each, then the next of each. The
figure is the median over the repeats, so that noise on the machine meets all alike.
"""

import os
import platform
import time
from pathlib import Path
from statistics import median

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
from rnn.optimizers import AdaGrad  # noqa: E402

K, T = 80, 25
SIZES = (100, 256, 512, 1024)
DTYPES = ("float32", "float64")
REPEATS = 9
SECONDS_A_REPEAT = 0.25
RESULTS = Path(__file__).parent / "results.md"


def ours(engine: Engine) -> peers.Peer:
    """Return what makes a peer of one of our engines."""

    def prepare(parameters: Parameters, indices: np.ndarray, T: int) -> peers.Peer:
        rule = AdaGrad(peers.INITIAL_ACCUMULATOR, peers.EPSILON)
        learner = Learner(parameters.copy(), rule.slots(parameters), np.zeros_like(parameters.b))
        windows = Windows(indices, T)
        text = windows.take(0, windows.updates_per_epoch)
        rates = np.full(len(text), peers.LEARNING_RATE)

        def run() -> np.ndarray:
            return engine.train(learner, text, rule, rates, peers.CLIP)

        return run

    return prepare


CONTENDERS = {
    "ours, compiled": ours(compiled),
    "ours, NumPy": ours(reference),
    "classic NumPy": peers.classic,
    "PyTorch, nn.RNN": peers.pytorch_rnn,
    "PyTorch, loop": peers.pytorch_loop,
    "PyTorch, compiled": peers.pytorch_compiled,
    "JAX": peers.jax,
}


def microseconds_an_update(m: int, dtype: str) -> dict[str, float]:
    """Return contender -> median time of an update."""
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(K, m, 0.01, rng).astype(dtype)
    book = (K * rng.random(20_000 * T + 1) ** 2).astype(np.uint8)  # as uneven as letters are
    runs, updates, expected = {}, {}, None
    for name, prepare in CONTENDERS.items():
        few = prepare(parameters, book[: 20 * T + 1], T)
        losses = few()
        expected = losses if expected is None else expected
        np.testing.assert_allclose(losses, expected, rtol=1e-4, err_msg=name)
        start = time.perf_counter()
        few()
        seconds = (time.perf_counter() - start) / 20
        updates[name] = max(10, min(20_000, int(SECONDS_A_REPEAT / seconds)))
        runs[name] = prepare(parameters, book[: updates[name] * T + 1], T)
        runs[name]()  # JAX compiles for each length
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, run in runs.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) / updates[name] * 1e6)
    return {name: median(each) for name, each in times.items()}


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
        f"`make bench`: one process on one core, the median of {REPEATS} repeats in turns.",
        "",
        f"CPU: {cpu_name()} ({llvmlite.binding.get_host_cpu_name()}), one core; "
        f"peak of multiplications and additions, measured: "
        f"{peaks['float32']:.0f} GFLOP/s in float32, {peaks['float64']:.0f} in float64.",
        f"NumPy {np.__version__}, Numba {numba.__version__}, PyTorch {torch.__version__}, "
        f"JAX {jax.__version__}.",
    ]
    for dtype in DTYPES:
        lines += ["", f"## {dtype}", "", "| m | " + " | ".join(CONTENDERS) + " |"]
        lines += ["|---:" * (len(CONTENDERS) + 1) + "|"]
        ratios = ["", "Times as long as ours, compiled:", "", *lines[-2:]]
        for m in SIZES:
            times = microseconds_an_update(m, dtype)
            share = {n: operations(m) / each / 1e3 / peaks[dtype] for n, each in times.items()}
            cells = (f"{each:,.0f} ({share[name]:.0%})" for name, each in times.items())
            lines.append(f"| {m} | " + " | ".join(cells) + " |")
            cells = (f"{each / times['ours, compiled']:.2f}" for each in times.values())
            ratios.append(f"| {m} | " + " | ".join(cells) + " |")
            print(lines[-1], ratios[-1], flush=True)
        lines += ratios
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
