"""That docs/training.md says what the study has found, and names what there is."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dvc.utils.hydra import apply_overrides, get_hydra_sweeps
from pydantic import BaseModel

from benchmarks import study, study_report
from benchmarks.study import HOLDOUT, Result
from rnn.model import Parameters
from rnn.optimizers import rule_of
from rnn.optimizers.rates import Rates
from rnn.settings import LARGEST_HIDDEN_SIZE
from stages.common import params, paths
from stages.page import original
from tests.support.project import PROJECT

DOCUMENT = study_report.DOCUMENT.read_text(encoding="utf-8")
SECTIONS = ("model", "train", "adagrad", "adam")  # of which docs/training.md explains every param


def commands(text):
    """Return the changes to params of each command that has some."""
    found = [re.findall(r"-S (\S+=[^\s`]+)", line) for line in text.splitlines()]
    return [changes for changes in found if changes]


def changed(folder, monkeypatch, changes):
    """Return the params after changes that DVC itself makes to params.yaml."""
    monkeypatch.chdir(folder)
    paths.PARAMS.write_text((PROJECT / paths.PARAMS).read_text(encoding="utf-8"), encoding="utf-8")
    apply_overrides(paths.PARAMS, changes)
    return params.load()


def keys(schema, *place):
    """Yield every param of a schema, such as train.epochs, and every section."""
    for name, field in schema.model_fields.items():
        yield ".".join((*place, name))
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation, *place, name)


def test_the_tables_are_those_of_the_study():
    made = study_report.with_tables(DOCUMENT, study.known(), study_report.known_baselines())
    assert made == DOCUMENT


def test_the_figure_is_that_of_the_study(tmp_path):
    study_report.draw(tmp_path / "study.svg", study.known())
    assert (tmp_path / "study.svg").read_bytes() == study_report.FIGURE.read_bytes()


def test_the_n_grams_of_the_default_book_are_those_that_are_measured():
    book = Path(params.load().corpus.path)
    assert study_report.known_baselines()[book.stem] == study_report.measure(book)


RESULTS = [
    Result("tide-clock", "original", 100, 0.0, 0, 40.0, 41.0, None),
    Result("tide-clock", "original", 100, 0.0, 1, 38.5, 41.25, None),
    Result("tide-clock", "adam", 512, HOLDOUT, 0, 30.0, 31.0, 1.5),
    Result("another", "adam", 200, 0.0, 3, 27.0, 28.0, None),
]


def test_what_is_not_trained_yet_is_a_dash_and_no_seed_is_left_out():
    made = study_report.with_tables(DOCUMENT, RESULTS, {"tide-clock": [4.5, 3.25]})
    for row in (
        "| tide-clock | the original report's | 100 | 2 | 38.50 to 40.00 | 1.50 "
        "| 41.00 to 41.25 | 0.25 |",
        "| tide-clock | Adam | 200 | 0 | – | – | – | – |",
        "| another | Adam | 200 | 1 | 27.00 to 27.00 | 0.00 | 28.00 to 28.00 | 0.00 |",
        "| bits a held-out character | tide-clock | another |",
        "| 2-gram: 1 character back | 3.25 | – |",
        "| 3-gram: 2 characters back | – | – |",
        "| network: Adam, m = 512 | 1.50 | – |",
    ):
        assert f"\n{row}\n" in made


@pytest.mark.parametrize("results", [RESULTS, RESULTS[:1], RESULTS[:3]], ids=len)
def test_the_figure_has_a_dot_for_every_training_on_a_whole_book(tmp_path, results):
    def dots(results):
        study_report.draw(tmp_path / "a.svg", results)
        text = (tmp_path / "a.svg").read_text(encoding="utf-8")
        assert text.count("<!-- the original report, on its own book -->") == 1
        drawn = re.findall(r"(?s)<g clip-path=[^>]*>(.*?)</g>", text)  # ticks are not clipped
        return sum(each.count("<use ") for each in drawn)

    one_more = replace(results[0], seed=4, min_smooth_loss=39.0)
    whole = [each for each in results if each.holdout == 0]
    assert dots(results) == len(whole)
    assert dots([*results, one_more]) == len(whole) + 1


def test_a_document_without_a_table_s_marks_is_refused():
    with pytest.raises(ValueError, match="has 0 tables held-out"):
        study_report.with_tables(DOCUMENT.replace("end of held-out", ""), [], {})


def test_every_param_that_the_document_names_is_there_and_none_of_its_sections_is_left_out():
    known = set(keys(params.Params))
    sections = "|".join(params.Params.model_fields)
    named = set(re.findall(rf"`((?:{sections})\.\w+)`", DOCUMENT))
    assert named <= known
    explained = {key for key in known if key.split(".")[0] in SECTIONS and "." in key}
    explained -= {"model.hidden_size", "model.seed"}  # which the whole of it is about
    assert explained | {"corpus.holdout"} <= named


@pytest.mark.parametrize("name", ["README.md", "docs/pipeline.md", "docs/training.md"])
def test_the_commands_name_params_that_there_are_with_values_that_are_allowed(
    tmp_path, monkeypatch, name
):
    found = commands((PROJECT / name).read_text(encoding="utf-8"))
    assert found
    default = params.load()
    for changes in found:
        each = [sweep[""] for sweep in get_hydra_sweeps({"": changes})]
        made = [changed(tmp_path, monkeypatch, values) for values in each]
        assert any(values != default for values in made)


def test_one_command_brings_back_the_original_report_s_settings(tmp_path, monkeypatch):
    (changes,) = (each for each in commands(DOCUMENT) if "model.init_std=0.01" in each)
    values = changed(tmp_path, monkeypatch, changes)
    assert (values.rule, values.model.init_std) == (study.ORIGINAL, study.ORIGINAL_STD)
    assert values.train.optimizer == "adagrad" and values.corpus.holdout == 0
    assert values.train.best == "smooth_loss"
    assert values.model.init_std == original.FIGURES["init_std"]
    assert values.model.hidden_size == original.FIGURES["hidden_size"]
    assert values.train.sequence_length == original.FIGURES["sequence_length"]

    rule = rule_of(values.rule)
    (G,) = rule.slots(Parameters(*np.ones((5, 2, 2))))
    assert all((array == original.FIGURES["initial_accumulator"]).all() for array in G)
    for m in (1, values.model.hidden_size, LARGEST_HIDDEN_SIZE):
        rates = Rates(values.rule, rule, m, 1000).take(0, 1000)
        assert (rates == original.FIGURES["learning_rate"]).all()


def test_the_document_places_the_network_among_the_n_grams_as_the_study_does():
    book = Path(params.load().corpus.path).stem
    (bits,) = (
        each.held_out_bits
        for each in study.known()
        if (each.book, each.settings, each.hidden_size, each.holdout)
        == (book, "adagrad", 100, HOLDOUT)
    )
    ngrams = study_report.known_baselines()[book]
    back = next(back for back, value in enumerate(ngrams) if value <= bits)
    assert f"looking back {back - 1} characters, not as good as {back}." in DOCUMENT
