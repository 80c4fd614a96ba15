"""Time training in our engines and in others, side by side: benchmarks/results.md and speed.svg.

What competes, and how it is timed, is in benchmarks/contest.py; the others are in
benchmarks/peers.py.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import contest, figure, machine
from benchmarks.contest import OURS, REPEATS, K, Setting, T, Time

SIZES, BATCHES = (100, 256, 512, 1024), (1, 8, 32, 128)
FEW_SIZES, FEW_BATCHES = (100, 512), (1, 32)
RESULTS = Path(__file__).parent / "results.md"
FIGURE = Path(__file__).parent / "speed.svg"

Peaks = dict[tuple[str, int], float]  # dtype, cores -> billions of operations a second


def settings() -> list[Setting]:
    """Return what is measured: all sizes for the default training, and some for others."""
    cores = sorted({1, len(machine.CORES)})
    return [
        *(Setting("AdaGrad", "float32", each, SIZES, BATCHES) for each in cores),
        *(Setting("AdaGrad", "float64", each, FEW_SIZES, FEW_BATCHES) for each in cores),
        Setting("Adam", "float32", 1, FEW_SIZES, FEW_BATCHES),
    ]


def faster(times: list[Time]) -> list[Time]:
    """Return the times, and of those on several cores each the faster: on all, or on one alone.

    More threads than one only cost where there is little to do.
    """
    alone = {
        (each.rule, each.dtype, each.m, each.B, each.contender): each
        for each in times
        if each.cores == 1
    }
    result = []
    for each in times:
        one = alone[each.rule, each.dtype, each.m, each.B, each.contender]
        result.append(min(each, one, key=lambda time: time.microseconds))
    return result


def operations(m: int, B: int) -> int:
    """Return the operations of an update's products: W and V, forward, backward and gradient."""
    return B * 2 * T * 3 * (m * m + m * K)


def characters_a_second(time: Time) -> int:
    """Return how many characters are trained on in a second."""
    return round(time.B * T / time.microseconds * 1e6)


def share(time: Time, peak: float) -> float:
    """Return which share of the peak an update's products reach."""
    return operations(time.m, time.B) / time.microseconds / 1e3 / peak


def table(corner: str, columns: Iterable[str], rows: dict[Any, Iterable[str]]) -> list[str]:
    """Return the lines of a table; each row has its key in the first column."""
    lines = [[corner, *columns], *([str(key), *cells] for key, cells in rows.items())]
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return [head, "|---:" * len(lines[0]) + "|", *body]


def setting_tables(times: list[tuple[Time, Time]], peak: float) -> list[str]:
    """Return two tables of one setting: characters a second, and how many times as fast we are.

    `times` are pairs of what was measured on the setting's cores and the faster of that and one
    core alone.
    """
    contenders = list(dict.fromkeys(each.contender for each, _ in times))
    rows: dict[tuple[int, int], dict[str, tuple[Time, Time]]] = {}
    for pair in times:
        rows.setdefault((pair[0].m, pair[0].B), {})[pair[0].contender] = pair

    def speed(measured: Time, best: Time) -> str:
        mark = "" if best.cores == measured.cores else " ¹"
        return f"{characters_a_second(best):,} ({share(best, peak):.0%}){mark}"

    def cells(show: Any) -> dict[str, list[str]]:
        return {
            f"{m}, {B}": [show(row, name) if name in row else "" for name in contenders]
            for (m, B), row in rows.items()
        }

    speeds = cells(lambda row, name: speed(*row[name]))
    ratios = cells(lambda row, name: f"{row[name][1].microseconds / row[OURS][1].microseconds:.2f}")
    return [
        *table("m, B", contenders, speeds),
        "",
        "Times as long as ours, compiled:",
        "",
        *table("m, B", contenders, ratios),
    ]


def summary_table(times: list[Time]) -> list[str]:
    """Return the table for docs/speed.md: AdaGrad, float32, B = 1 on one core and 32 on all."""
    cores = max(each.cores for each in times)
    places = [(m, B, n) for B, n in ((1, 1), (32, cores)) for m in FEW_SIZES]
    found: dict[str, dict[tuple, Time]] = {}
    for measured, best in zip(times, faster(times), strict=True):
        place = (measured.m, measured.B, measured.cores)
        if (best.rule, best.dtype) == ("AdaGrad", "float32") and place in places:
            found.setdefault(best.contender, {})[place] = best
    ours = found.pop(OURS)
    rows = {
        f"{OURS}, characters a second": [
            f"{characters_a_second(ours[place]):,}" for place in places
        ]
    } | {
        name: [
            f"{row[place].microseconds / ours[place].microseconds:.2f}" if place in row else ""
            for place in places
        ]
        for name, row in found.items()
    }
    columns = [f"m = {m}, B = {B}, {cores_name(n)}" for m, B, n in places]
    return table("times as long as ours", columns, rows)


def between_rules_table(times: list[Time]) -> list[str]:
    """Return m and B against cores: what ours, compiled, needs for Adam in times of AdaGrad."""
    of = {
        (measured.rule, measured.cores, measured.m, measured.B): best
        for measured, best in zip(times, faster(times), strict=True)
        if measured.contender == OURS
    }
    found = [(cores, m, B) for rule, cores, m, B in of if rule == "Adam"]
    columns = sorted({cores for cores, _, _ in found})
    rows = {
        f"{m}, {B}": [
            f"{of['Adam', cores, m, B].microseconds / of['AdaGrad', cores, m, B].microseconds:.2f}"
            for cores in columns
        ]
        for m, B in dict.fromkeys((m, B) for _, m, B in found)
    }
    return table("m, B", map(cores_name, columns), rows)


def cores_name(cores: int) -> str:
    """Return how many cores, in words."""
    return "one core" if cores == 1 else f"{cores} cores"


def peaks_text(peaks: Peaks) -> str:
    """Return the peaks in a sentence."""
    each = (f"{dtype} on {cores_name(cores)} {peak:.0f}" for (dtype, cores), peak in peaks.items())
    return f"Peak in GFLOP/s, as BLAS reaches it in the cores' own caches:\n{', '.join(each)}."


def results(times: list[Time], peaks: Peaks) -> str:
    """Return the text of results.md."""
    import jax
    import llvmlite.binding
    import numba
    import torch

    lines = f"""# Speed

Characters a second in training (T = {T}, K = {K}; m hidden units, B streams), and in brackets the
share of the peak of the cores that its matrix products reach. Higher is better. Written by
`make bench`: the median of {REPEATS} repeats in turns, of CPU time on one core, and of the wall's
clock on all. ¹ faster on one core than on all, and so counted.

CPU: {machine.cpu_name()} ({llvmlite.binding.get_host_cpu_name()}).
{peaks_text(peaks)}
BLAS, PyTorch and JAX fuse multiplications with additions; ours does not, for the same bytes on
every CPU.
NumPy {np.__version__}, Numba {numba.__version__}, PyTorch {torch.__version__},
JAX {jax.__version__}.
""".splitlines()
    lines += ["", "## In short: AdaGrad, float32", "", *summary_table(times)]
    pairs: dict[tuple[str, str, int], list[tuple[Time, Time]]] = {}
    for measured, best in zip(times, faster(times), strict=True):
        key = (measured.rule, measured.dtype, measured.cores)
        pairs.setdefault(key, []).append((measured, best))
    for (rule, dtype, cores), each in pairs.items():
        lines += ["", f"## {rule}, {dtype}, {cores_name(cores)}", ""]
        lines += setting_tables(each, peaks[dtype, cores])
    lines += ["", "## Adam, times as long as AdaGrad: ours, compiled, float32", ""]
    lines += between_rules_table([each for each in times if each.dtype == "float32"])
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write the tables and the figure."""
    peaks = {
        (dtype, cores): machine.peak(dtype, machine.CORES[:cores])
        for dtype in ("float32", "float64")
        for cores in sorted({1, len(machine.CORES)})
    }
    times = [time for setting in settings() for time in contest.run(setting)]
    text = results(times, peaks)
    RESULTS.write_text(text, encoding="utf-8")
    figure.draw(
        FIGURE,
        {
            (cores_name(measured.cores), best.B, best.contender, best.m): share(
                best, peaks[best.dtype, measured.cores]
            )
            for measured, best in zip(times, faster(times), strict=True)
            if (best.rule, best.dtype) == ("AdaGrad", "float32")
        },
    )
    print(text)


if __name__ == "__main__":
    main()
