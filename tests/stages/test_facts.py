"""The report's template is text: what stands in its place comes from the facts."""

import json
import re

import pytest

from stages import report
from stages.common import params, paths
from stages.page import results
from stages.page.facts import facts
from tests.support.project import PROJECT

TEMPLATE = (PROJECT / paths.REPORT_TEMPLATE).read_text(encoding="utf-8")


def gathered():
    return facts(
        params.load(),
        results.corpus(),
        results.train(),
        results.gradient_table(),
        results.evolution(),
        results.best_text(),
    )


def test_the_template_has_no_figure_of_its_own():
    """So it has none of the original report either."""
    text = re.sub(r'"%\.\d[efg]"', "", TEMPLATE).replace("in float64", "")
    assert re.findall(r".*\d.*", text) == []


def test_the_template_names_no_optimizer_nor_its_symbols_nor_its_params():
    rules = [path.stem for path in (PROJECT / "rnn/optimizers").glob("[!_]*.py")]
    assert "adagrad" in rules
    for name in (*rules, "learning_rate", "initial_accumulator", "epsilon", "eta", "theta"):
        assert not re.search(rf"(?i)\b{name}\b", TEMPLATE)
    assert not re.search(r"\bG\b", TEMPLATE)


def test_facts_are_plain_values(folder):
    values = gathered()
    assert json.loads(json.dumps(values)) == values


def test_the_report_describes_the_optimizer_as_params_set_it(folder):
    text = paths.PARAMS.read_text()
    for before, after in (("learning_rate: 0.1 ", "learning_rate: 0.25 "), ("or: 10 ", "or: 3 ")):
        assert before in text
        text = text.replace(before, after)
    paths.PARAMS.write_text(text)
    report.main()
    written = paths.REPORT.read_text()
    assert "| learning | AdaGrad, eta = 0.25, G from 3, gradients cut to ±5 |" in written
    assert "| eta of AdaGrad | 0.1 | 0.25 |\n| G starts at | 0 | 3 |" in written


@pytest.mark.parametrize(
    "row",
    [
        "b | 1.0e-09 | 1.0e-09 | 7.56e-10",
        "V | 1.0e-09 | 1.0e-09 | 3.97e-10",
        "characters | 1,107,542 | 30",
        "updates an epoch | 44,301 | 2",
        "full passes | 4 and 9 | 2",
        "minimum smooth loss, nats a window | 41.11 and 40.11 | 6.00",
        "the same, bits a character | 2.37 and 2.31 | 1.50",
    ],
)
def test_the_figures_of_the_original_report_stand_beside_ours(folder, row):
    report.main()
    assert f"| {row} |\n" in paths.REPORT.read_text()
