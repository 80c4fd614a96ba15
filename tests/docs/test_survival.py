"""That docs/survival.md says what was measured."""

import re

from tests.support.project import PROJECT


def test_the_cost_of_checkpoints_is_that_of_the_benchmark():
    measured = (PROJECT / "benchmarks/checkpoints.md").read_text(encoding="utf-8")
    share = float(re.search(r"\(([\d.]+)%\) \|$", measured, re.MULTILINE)[1])
    document = (PROJECT / "docs/survival.md").read_text(encoding="utf-8")
    assert f"[{share:.1f} % of a training](../benchmarks/checkpoints.md)" in document
