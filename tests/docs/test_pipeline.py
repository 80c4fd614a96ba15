"""That docs/pipeline.md says what the metrics have, and adds a stage that works."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from stages.common import paths
from tests.support.project import PROJECT, Project

DOCUMENT = (PROJECT / "docs/pipeline.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"(?ms)^## Add a stage$(.*?)^## ", DOCUMENT)


def blocks(language):
    """Return the example's blocks of code in a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```$", EXAMPLE)


def test_the_figures_are_those_of_the_metrics():
    metrics = json.loads((PROJECT / paths.TRAIN_METRICS).read_text(encoding="utf-8"))
    shown = re.findall(r"(?m)^\| `(\w+)` \| .* \| ([\d.]+) \|$", DOCUMENT)
    assert shown and all(f"{metrics[name]:.2f}" == value for name, value in shown)


class Extended(Project):
    """A copy of the project with its book, tests and README, and with the document's stage."""

    def __init__(self, root):
        super().__init__(root)
        for name in ("params.yaml", "README.md", "pyproject.toml", "data/raw/tide-clock.txt"):
            shutil.copy(PROJECT / name, root / name)
        for name in ("tests", "docs"):
            shutil.copytree(PROJECT / name, root / name)
        ((path, code),) = re.findall(r"(?s)Write\s`([\w/.]+)`:\n\n```python\n(.*?)```", EXAMPLE)
        (root / path).write_text(code, encoding="utf-8")
        self.git("init", "--quiet")
        subprocess.run(
            ["git", "apply", "-"], cwd=root, input="".join(blocks("diff")), text=True, check=True
        )

    def environment(self):
        return {**super().environment(), "PYTHONPATH": str(self.root)}

    def repro(self):
        """Run the new stage, and what it needs; return what is said."""
        (command,) = re.findall(r"(?m)^dvc (repro .*)$", EXAMPLE)
        return self.dvc(*command.split())


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """Return a project in which the new stage has run, and what was said."""
    project = Extended(tmp_path_factory.mktemp("extended") / "project")
    return project, project.repro()


@pytest.mark.long
def test_the_new_stage_says_what_the_document_shows_and_is_a_metric(extended):
    project, said = extended
    (shown,) = blocks("text")
    lines = [line for line in shown.splitlines() if line]
    assert lines == [line for line in said.splitlines() if line in lines]
    words, different = re.findall(r"([\d,]+) words, ([\d,]+) of them", shown)[0]
    made = json.loads((project.root / "reports/metrics/words.json").read_text())
    assert [f"{made[name]:,}" for name in ("words", "different_words")] == [words, different]
    assert "different_words" in project.dvc("metrics", "show")


@pytest.mark.long
def test_the_deps_of_its_code_are_printed_as_they_stand_in_the_document(extended):
    project, _ = extended
    (module,) = re.findall(r"python -m tests\.support\.imports ([\w.]+)", EXAMPLE)
    done = project.run(sys.executable, "-m", "tests.support.imports", module)
    assert done.stdout and done.stdout in re.sub("(?m)^[+]", "", EXAMPLE)


@pytest.mark.long
def test_the_tests_that_the_document_names_hold_the_new_stage(extended):
    project, _ = extended
    (command,) = re.findall(r"(?m)^pytest (.*)$", EXAMPLE)
    quick = "count_words or order_in or paths or graph or says_what"
    done = project.run("pytest", "--numprocesses=0", "-k", quick, *command.split())
    assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("edit", "value", "stages"),
    [
        ("count_words.shortest", 4, ["count_words"]),
        ("corpus.path", "data/raw/other.txt", ["preprocess", "count_words"]),
        ("model.seed", 1, []),
    ],
)
def test_it_runs_after_the_edits_that_concern_it_and_is_restored_after_their_end(
    extended, edit, value, stages
):
    project, _ = extended
    before = (project.root / "params.yaml").read_text(), project.outputs()
    other = project.root / "data/raw/other.txt"
    other.write_text(project.book.read_text(encoding="utf-8")[1000:], encoding="utf-8")
    project.set({edit: value})
    assert re.findall(r"Running stage '(\w+)'", project.repro()) == stages
    (project.root / "params.yaml").write_text(before[0])
    assert "Running stage" not in project.repro()
    other.unlink()
    assert project.outputs() == before[1]
