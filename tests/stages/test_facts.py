"""The report's template is text: what stands in its place comes from the facts."""

import copy
import json
import re

import pytest

from stages import report
from stages.common import params, paths
from stages.page import facts as facts_module
from stages.page import results
from stages.page.facts import facts
from tests.support import handed
from tests.support.project import PROJECT

TEMPLATE = (PROJECT / paths.REPORT_TEMPLATE).read_text(encoding="utf-8")


def gathered():
    return facts(params.load(), results.read())


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
    changes = {"adagrad.learning_rate": 0.25, "adagrad.initial_accumulator": 3}
    paths.PARAMS.write_text(params.with_values(text, changes | {"adagrad.fall": 0.0}))
    report.main()
    written = paths.REPORT.read_text()
    words = "AdaGrad, eta = 0.25, G from 3, W and b at 0.12 of it, V at 0.24"
    assert f"| learning | {words}, gradients cut to ±5 |" in written
    theirs, ours = "AdaGrad, eta = 0.1, G from 0", "AdaGrad, eta = 0.25, G from 3"
    assert f"| optimiser | {theirs} | {ours} |" in written
    paths.PARAMS.write_text(params.with_values(text, {"train.optimizer": "adam"}))
    report.main()
    words = "Adam, eta = 0.01, falling to zero over the last 100% of the updates"
    assert f"| learning | {words}, W and b at 0.12 of it" in paths.REPORT.read_text()


@pytest.mark.parametrize(
    ("bits", "sentence"),
    [
        (5.0, "not as good as knowing how often each character occurs"),
        (4.0, "better than looking back 0 characters, not as good as 1"),
        (2.2, "better than looking back 1 character, not as good as 2"),
        (1.0, "better than looking back 2 characters"),
        (None, ""),
    ],
)
def test_a_sentence_places_the_network_among_the_n_grams(bits, sentence):
    assert facts_module._comparison(bits, [4.5, 3.4, 2.1]) == sentence


def test_the_final_network_stands_beside_the_best_where_it_is_another(folder):
    report.main()
    assert "needs **1.70 bits a character**: it is" in paths.REPORT.read_text()
    values = handed.VALUES[paths.TRAIN_METRICS] | {"best_update": 2}
    paths.TRAIN_METRICS.write_text(json.dumps(values))
    report.main()
    said = "needs **1.70 bits a character** and the final one 1.75: it is"
    assert said in paths.REPORT.read_text()


def test_the_report_has_the_held_out_bits_of_each_snapshot_that_has_any(folder):
    report.main()
    beginnings = re.findall(r"\*\*Update .*? bits a character(.*?); ", paths.REPORT.read_text())
    assert beginnings == [", 2.30 on held-out text", ""]


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


@pytest.mark.parametrize(
    ("ours", "held_out", "said"),
    [
        (0.3, 0.2, "copies more than the author repeats"),
        (0.2, 0.2, "copies no more than the author repeats"),
        (0.0, 0.2, "copies no more than the author repeats"),
    ],
)
def test_the_report_says_whether_the_network_copies_more_than_the_author(
    folder, ours, held_out, said
):
    values = copy.deepcopy(handed.VALUES[paths.TEXTS])
    values["temperatures"][1]["copied_share"] = ours
    values["held_out"]["copied_share"] = held_out
    paths.TEXTS.write_text(json.dumps(values))
    report.main()
    written = paths.REPORT.read_text()
    assert said in written and written.count("than the author repeats") == 1
    row = f"runs of 20 or more that occur there | {100 * ours:.1f} % | {100 * held_out:.1f} %"
    assert row in written
    most = "temperature 0.5, 25.0 %" if ours < 0.25 else "temperature 1, 30.0 %"
    assert f"It copies most at {most} of the characters." in written


def test_of_a_book_without_a_held_out_passage_the_report_says_nothing_of_it(folder):
    values = copy.deepcopy(handed.VALUES[paths.TEXTS])
    values["held_out"] = {
        **dict.fromkeys(("known_word_share", "distinct_4grams", "copied_share")),
        "characters": 0,
        "longest_copied_run": 0,
        "longest_copied_text": "",
    }
    paths.TEXTS.write_text(json.dumps(values))
    report.main()
    written = paths.REPORT.read_text()
    assert "than the author repeats" not in written
    assert "| characters | 2 | 0 |" in written and "occur there | 25.0 % | – |" in written


def test_a_long_run_is_quoted_in_part(folder):
    values = copy.deepcopy(handed.VALUES[paths.TEXTS])
    own = {"characters": 500, "longest_copied_run": 300, "longest_copied_text": "ab" * 150}
    values["temperatures"][1] |= own
    paths.TEXTS.write_text(json.dumps(values))
    report.main()
    written = paths.REPORT.read_text()
    quote = "temperature 1, its first 200 characters:\n\n```text\n" + "ab" * 100 + "\n```"
    assert quote in written
