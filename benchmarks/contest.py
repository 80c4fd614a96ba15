"""Time an update in our engines and in others, in turns: one setting, in a process of its own.

    python -m benchmarks.contest SETTING

prints, as JSON, the times at a `Setting`, itself JSON. The libraries count the cores when they are
imported, so `run` starts this with only so many. On one core time is CPU time, of all
threads together: while another process has the core, the clock stands. On several it is the wall's.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np

from benchmarks import machine, peers
from rnn import model
from rnn.data.windows import Windows
from rnn.engine import Engine, Learner, compiled, reference
from rnn.model import Parameters
from rnn.optimizers import AdaGrad, Adam, Optimizer

K, T = 80, 25
OURS = "ours, compiled"  # what the others are compared with
REPEATS = 3
SECONDS_A_REPEAT = 0.25  # as a training calls the engine


@dataclass(frozen=True)
class Setting:
    """What is the same for all that one process measures, and the sizes that it measures."""

    rule: str  # AdaGrad or Adam
    dtype: str
    cores: int
    sizes: tuple[int, ...]  # m
    batches: tuple[int, ...]  # B


@dataclass(frozen=True)
class Time:
    """What an update takes of a contender."""

    rule: str
    dtype: str
    cores: int
    m: int
    B: int
    contender: str
    microseconds: float


def run(setting: Setting) -> list[Time]:
    """Measure in a process that may use as many cores as the setting says."""
    process = machine.start(
        "benchmarks.contest", json.dumps(asdict(setting)), machine.CORES[: setting.cores]
    )
    answer, _ = process.communicate()
    if process.returncode:
        raise SystemExit(process.returncode)
    return [Time(**each) for each in json.loads(answer)]


def main() -> None:
    """Measure, and print the times."""
    setting = Setting(**json.loads(sys.argv[1]))
    times = [
        Time(setting.rule, setting.dtype, setting.cores, m, B, contender, microseconds)
        for m in setting.sizes
        for B in setting.batches
        for contender, microseconds in microseconds_an_update(setting, m, B).items()
    ]
    print(json.dumps([asdict(each) for each in times]))


def microseconds_an_update(setting: Setting, m: int, B: int) -> dict[str, float]:
    """Return the median time of an update by contender, all of which are checked first."""
    clock = time.process_time if setting.cores == 1 else time.perf_counter
    rng = np.random.Generator(np.random.PCG64(0))
    parameters = model.initial_parameters(K, m, m**-0.5, rng).astype(setting.dtype)
    peers.forget_compiled()
    few = windows(max(3, 8 // B), B)  # after more, rounding alone sets float32 apart
    expected = ours(reference, setting.rule)(parameters, few)()
    runs, updates = {}, {}
    for name, prepare in contenders(setting, B).items():
        checked = prepare(parameters, few)
        np.testing.assert_allclose(
            checked(), expected, rtol=1e-5, err_msg=f"{name}, {setting}, m = {m}, B = {B}"
        )
        start = clock()
        checked()
        seconds = (clock() - start) / len(few)
        updates[name] = max(1, min(20_000, int(SECONDS_A_REPEAT / seconds)))
        runs[name] = prepare(parameters, windows(updates[name], B))
        runs[name]()  # JAX compiles for each length
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(REPEATS):
        for name, run in runs.items():
            start = clock()
            run()
            times[name].append((clock() - start) / updates[name] * 1e6)
    medians = {name: median(each) for name, each in times.items()}
    shown = ", ".join(f"{name} {each:,.0f}" for name, each in medians.items())
    print(setting.rule, setting.dtype, setting.cores, m, B, shown, file=sys.stderr, flush=True)
    return medians


def windows(updates: int, B: int, T: int = T) -> np.ndarray:
    """Return windows (updates, B, T + 1) of a book, its characters as uneven as letters are."""
    rng = np.random.Generator(np.random.PCG64(1))
    book = (K * rng.random(updates * B * T + 1) ** 2).astype(np.uint8)
    return Windows(book, T, batch_size=B).take(0, updates)


def contenders(setting: Setting, B: int) -> dict[str, peers.Prepare]:
    """Return contender -> what prepares it, for those that compete here."""
    rule = {"AdaGrad": peers.ADAGRAD, "Adam": peers.ADAM}[setting.rule]
    found = {OURS: ours(compiled, setting.rule)}
    alone = setting.cores == B == 1
    if alone:  # more streams only take as many times as long
        found["ours, NumPy"] = ours(reference, setting.rule)
    if alone and setting.rule == "AdaGrad":
        found["classic NumPy"] = peers.classic
    found["PyTorch, nn.RNN"] = peers.pytorch_rnn(rule)
    found["PyTorch, by hand"] = peers.pytorch_by_hand(rule)
    if alone:  # beyond, it is no faster than by hand, and takes long to compile
        found["PyTorch, compiled"] = peers.pytorch_compiled(rule)
    found["JAX"] = peers.jax(rule)
    return found


def ours(engine: Engine, rule: str) -> peers.Prepare:
    """Return what makes a peer of one of our engines."""
    optimizers: dict[str, tuple[Optimizer, float]] = {
        "AdaGrad": (AdaGrad(peers.INITIAL_ACCUMULATOR, peers.EPSILON), peers.LEARNING_RATE),
        "Adam": (
            Adam(peers.BETA1, 1 - peers.BETA1, peers.BETA2, 1 - peers.BETA2, peers.EPSILON),
            peers.ADAM_LEARNING_RATE,
        ),
    }
    optimizer, learning_rate = optimizers[rule]

    def prepare(parameters: Parameters, windows: np.ndarray) -> peers.Peer:
        n, B = windows.shape[:2]
        hidden = np.zeros((B, parameters.hidden_size), parameters.b.dtype)
        learner = Learner(parameters.copy(), optimizer.slots(parameters), hidden)
        rates = learning_rate * optimizer.correction(np.arange(n))
        rates = np.repeat(rates[:, None], len(parameters), axis=1)

        def run() -> np.ndarray:
            return engine.train(learner, windows, optimizer, rates, peers.CLIP)

        return run

    return prepare


if __name__ == "__main__":
    main()
