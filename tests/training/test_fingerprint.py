"""The name under which a training is kept: another one as soon as anything that decides it is."""

import shutil

import pytest

from rnn.training.fingerprint import DECIDING, fingerprint
from tests.support.imports import project_files
from tests.support.project import PROJECT

FACTS = {"learning_rate": 0.1, "seed": 0}


@pytest.fixture
def package(tmp_path):
    """Return a copy of the package."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(PROJECT / "rnn", tmp_path / "rnn", ignore=ignored)


def test_other_facts_are_another_training_and_their_order_is_nothing():
    assert fingerprint(FACTS) == fingerprint(dict(reversed(FACTS.items())))
    assert fingerprint(FACTS) != fingerprint({**FACTS, "seed": 1})


def test_a_copy_of_the_code_in_another_folder_gives_the_same_name(package):
    assert fingerprint(FACTS, package) == fingerprint(FACTS)


@pytest.mark.parametrize(
    "edited",
    [
        "model.py",
        "rng.py",
        "data/windows.py",
        "engine/reference.py",
        "engine/matmul.py",
        "optimizers/adagrad.py",
        "storage/rows.py",
        "training/run.py",
    ],
)
def test_an_edit_in_each_part_that_decides_changes_the_name(package, edited):
    assert any(edited.split("/")[0] == part for part in DECIDING)
    before = fingerprint(FACTS, package)
    with (package / edited).open("a") as file:
        file.write("# edited\n")
    assert fingerprint(FACTS, package) != before


def test_a_new_module_and_a_renamed_one_change_the_name(package):
    names = {fingerprint(FACTS, package)}
    (package / "optimizers/new.py").touch()
    names.add(fingerprint(FACTS, package))
    (package / "optimizers/new.py").rename(package / "optimizers/newer.py")
    names.add(fingerprint(FACTS, package))
    assert len(names) == 3


@pytest.mark.parametrize("edited", ["settings.py", "errors.py", "evaluation/words.py"])
def test_an_edit_of_bounds_messages_or_evaluation_keeps_the_name(package, edited):
    before = fingerprint(FACTS, package)
    with (package / edited).open("a") as file:
        file.write("# edited\n")
    assert fingerprint(FACTS, package) == before


def test_what_decides_is_what_a_training_imports_but_for_bounds_and_messages():
    imported = {
        path.removeprefix("rnn/").split("/")[0]
        for path in project_files("stages.train")
        if path.startswith("rnn/")
    }
    assert imported - set(DECIDING) == {"__init__.py", "settings.py", "errors.py"}
    assert set(DECIDING) <= imported
