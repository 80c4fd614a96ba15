"""What the benchmarks make of their measurements."""

import os
import re
from dataclasses import replace

from benchmarks import figure, machine, speed
from benchmarks.contest import OURS, Time
from benchmarks.growth import Point, growth_table
from tests.support.project import PROJECT
from tests.support.results import comparisons

ONE = Time("AdaGrad", "float32", 1, 100, 32, OURS, 1000.0)
TWO = replace(ONE, cores=2, microseconds=600.0)


def cells(lines):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]


def test_on_several_cores_a_contender_counts_with_one_where_that_is_faster():
    slower = replace(TWO, microseconds=1100.0)
    assert speed.faster([ONE, TWO]) == [ONE, TWO]
    assert speed.faster([ONE, slower]) == [ONE, ONE]
    peer = replace(ONE, contender="JAX", microseconds=900.0)
    peers = [peer, replace(peer, cores=2, microseconds=950.0)]
    assert speed.faster([ONE, slower, *peers]) == [ONE, ONE, peer, peer]


def test_a_setting_s_tables_mark_what_is_faster_on_one_core_and_leave_out_what_was_not_measured():
    wide = replace(TWO, B=128, microseconds=2000.0)
    jax = replace(TWO, contender="JAX")
    lines = speed.setting_tables([(TWO, TWO), (jax, ONE), (wide, wide)], peak=10.0)
    speeds, ratios = lines[: lines.index("")], lines[-4:]
    flops = speed.operations(100, 32)
    assert cells(speeds)[2:] == [
        ["100, 32", f"1,333,333 ({flops / 6e6:.0%})", f"800,000 ({flops / 1e7:.0%}) ¹"],
        ["100, 128", f"1,600,000 ({4 * flops / 2e7:.0%})", ""],
    ]
    assert cells(ratios)[2:] == [["100, 32", "1.00", "1.67"], ["100, 128", "1.00", ""]]


def test_the_operations_are_those_of_the_three_passes_over_both_matrices():
    m, T, K = 100, speed.T, speed.K
    assert speed.operations(m, 1) == 3 * 2 * T * m * (m + K)
    assert speed.operations(m, 8) == 8 * speed.operations(m, 1)


def test_growth_is_shown_in_times_of_the_law_at_the_largest_value():
    lines = growth_table("T", "µs", [Point(5, 30.0, 5), Point(25, 100.0, 25)])
    assert cells(lines)[2:] == [["5", "30.00", "1.50"], ["25", "100", "1.00"]]


def test_a_process_may_use_only_the_cores_that_it_is_started_on():
    core = machine.CORES[-1:]
    with machine.start("benchmarks.machine", "float32", core) as process:
        assert sorted(os.sched_getaffinity(process.pid)) == core
        assert float(process.communicate("\n")[0]) > 0


def test_a_figure_of_the_same_shares_has_the_same_bytes(tmp_path):
    shares = {
        (cores, B, contender, m): 0.1 * (1 + m / 1000) / B
        for cores in ("one core", "2 cores")
        for B in (1, 32)
        for contender in (OURS, "JAX")
        for m in (100, 512)
    }
    paths = tmp_path / "one.svg", tmp_path / "two.svg"
    for path in paths:
        figure.draw(path, shares)
    one, two = (path.read_bytes() for path in paths)
    assert one == two and one.count(b"<path") > len(shares)


def test_the_speeds_in_the_document_are_those_of_the_benchmark():
    results = speed.RESULTS.read_text(encoding="utf-8")
    (in_short,) = re.findall(r"(?m)^## In short.*\n\n((?:\|.*\n)+)", results)
    document = (PROJECT / "docs/speed.md").read_text(encoding="utf-8")
    assert in_short in document and f"](../benchmarks/{speed.FIGURE.name})" in document


def best_peers(cores):
    """Return m, B -> how many times as long as ours the fastest of the others takes."""
    found = {}
    for times, m, B, _, title in comparisons():
        if title == f"AdaGrad, float32, {cores}":
            found[m, B] = min(times, found.get((m, B), times))
    return found


def test_who_is_faster_is_said_as_the_benchmark_has_it():
    document = " ".join((PROJECT / "docs/speed.md").read_text(encoding="utf-8").split())
    all_cores, alone = best_peers("2 cores"), best_peers("one core")

    def span(ratios):
        return f"{min(ratios):.2f} to {max(ratios):.2f}"

    few = span([ratio for (_, B), ratio in all_cores.items() if B <= 32])
    many = span([ratio for (m, B), ratio in all_cores.items() if B == 128 and m >= 256])
    assert f"others takes {few} times as long" in document
    assert f"from 256 on the best takes {many} of its time" in document
    assert all_cores[100, 128] > 1
    one = span([ratio for (_, B), ratio in alone.items() if B == 1])
    more = span([ratio for (m, B), ratio in alone.items() if B > 1 and m <= 256])
    assert f"the fastest with one stream ({one})" in document
    assert f"JAX is ahead up to 256 units ({more})" in document
