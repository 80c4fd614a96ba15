"""What DVC runs again, and what it does not."""

import re
import shutil
import time
from itertools import pairwise, product

import pytest
from ruamel.yaml import YAML

from stages.common import paths
from tests.support import once
from tests.support.imports import cover, project_files
from tests.support.project import PROJECT, STAGES, Project

PIPELINE = YAML(typ="safe").load((PROJECT / "dvc.yaml").read_text(encoding="utf-8"))
README = (PROJECT / "README.md").read_text(encoding="utf-8")
DOCUMENT = (PROJECT / "docs/pipeline.md").read_text(encoding="utf-8")


def entries(section):
    return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in section]


def code_of(stage):
    deps = PIPELINE["stages"][stage]["deps"]
    return {path for path in deps if path.split("/")[0] in ("rnn", "stages")}


def outputs(stage):
    kinds = ("outs", "metrics", "plots")
    return {path for kind in kinds for path in entries(PIPELINE["stages"][stage].get(kind, []))}


def test_the_stages_stand_in_the_order_in_which_they_run():
    assert tuple(PIPELINE["stages"]) == STAGES


@pytest.mark.parametrize("stage", STAGES)
def test_the_deps_of_a_stage_are_exactly_the_code_that_it_imports(stage):
    assert code_of(stage) == cover(project_files(f"stages.{stage}"))


@pytest.mark.parametrize("stage", STAGES)
def test_the_paths_of_a_stage_are_those_of_the_paths_module(stage):
    known = {str(value) for value in vars(paths).values()} | {"${corpus.path}"}
    assert outputs(stage) <= known
    assert set(PIPELINE["stages"][stage]["deps"]) - code_of(stage) <= known


def test_every_path_of_the_paths_module_is_in_the_pipeline():
    named = {path for stage in STAGES for path in outputs(stage)}
    named |= {path for stage in STAGES for path in PIPELINE["stages"][stage]["deps"]}
    known = {str(value) for value in vars(paths).values() if isinstance(value, type(paths.PARAMS))}
    outside = {
        str(path)
        for path in (
            paths.PARAMS,
            paths.PIPELINE,
            paths.CHECKPOINTS,
            paths.LOCKS,
            paths.REPORT_TEMPLATE,  # in a folder that is one
        )
    }
    assert known - named == outside


def test_every_stage_says_what_it_does():
    assert all(stage["desc"] for stage in PIPELINE["stages"].values())


def test_what_dvc_caches_is_ignored_by_git():
    for stage in STAGES:
        for path in entries(PIPELINE["stages"][stage].get("outs", [])):
            if path in map(str, (paths.REPORT, paths.PAGE, paths.LOSSES)):
                continue
            folder, _, name = path.rpartition("/")
            assert f"/{name}" in (PROJECT / folder / ".gitignore").read_text().split()


def test_the_graph_in_the_readme_has_the_edges_of_the_pipeline():
    makers = {path: stage for stage in STAGES for path in outputs(stage)}
    makers["${corpus.path}"] = "book"
    edges = {
        (makers[path], stage)
        for stage in STAGES
        for path in PIPELINE["stages"][stage]["deps"]
        if path in makers
    }
    drawn = set()
    for line in re.search(r"(?s)```mermaid\nflowchart LR\n(.*?)```", README)[1].splitlines():
        steps = [re.findall(r"\w+(?=\(|\s|$)", step) for step in line.split("-->")]
        for before, after in pairwise(steps):
            drawn |= set(product(before, after))
    assert drawn == edges


def rebuilt_table():
    """Return edit -> stages that run again, from the table of docs/pipeline.md."""
    rows = re.findall(r"(?m)^\| `([a-z_.]+)`[^|]*\| ([a-z_, ]+) \|$", DOCUMENT)
    return {edit: tuple(stages.split(", ")) for edit, stages in rows}


EDITS = {
    "corpus.path": "data/raw/other.txt",
    "gradient_check.step": 2e-5,
    "model.seed": 1,
    "train.epochs": 3,
    "baselines.order": 5,
    "sample_evolution.length": 210,
    "synthesize_best.temperature": 0.5,
    "corpus.unknown": "nearest",
    "assess_text.length": 900,
}


def reproduce(folder):
    """Have `dvc repro` run in a new project, and commit the results."""
    project = Project(folder)
    for name in ("data", "reports"):
        for path in (PROJECT / name).rglob(".gitignore"):
            copy = project.root / path.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
    shutil.rmtree(project.root / "sweep")  # which has not run: DVC would miss its results
    project.git("init", "--quiet", "--initial-branch=main")
    project.dvc("repro")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=results")


@pytest.fixture(scope="module")
def reproduced(tmp_path_factory, shared, compiled_code):
    """Return a project that `dvc repro` has run in, and whose results are committed."""
    root = tmp_path_factory.mktemp("reproduced") / "project"
    shutil.copytree(once.made(shared / "reproduced", reproduce), root)
    return Project.at(root)


@pytest.mark.parametrize("name", ["pipeline", "survival"])
def test_every_test_that_a_document_names_is_there(name):
    document = (PROJECT / f"docs/{name}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", document))
    there = set()
    for path in (PROJECT / "tests").rglob("test_*.py"):
        there |= set(re.findall(r"(?m)^def (test_\w+)", path.read_text(encoding="utf-8")))
    assert named and named <= there


def stages_run(said):
    return tuple(re.findall(r"Running stage '(\w+)'", said))


@pytest.mark.long
def test_a_second_repro_runs_nothing(reproduced):
    assert stages_run(reproduced.dvc("repro")) == ()


@pytest.mark.long
def test_the_page_has_the_hash_of_every_output_before_it_as_dvc_lock_has_it(reproduced):
    lock = YAML(typ="safe").load((reproduced.root / "dvc.lock").read_text(encoding="utf-8"))
    page = (reproduced.root / paths.PAGE).read_text(encoding="utf-8")
    rows = dict(re.findall(r"<td>([^<]+)</td><td><code>([0-9a-f]{32}(?:\.dir)?)</code></td>", page))
    made = [
        out for name, stage in lock["stages"].items() if name != "report" for out in stage["outs"]
    ]
    assert rows == {out["path"]: out["md5"] for out in made}
    (book,) = (
        dep for dep in lock["stages"]["preprocess"]["deps"] if dep["path"].startswith("data/raw")
    )
    assert f"MD5 <code>{book['md5']}</code>" in page


@pytest.mark.long
def test_results_committed_to_git_are_those_that_dvc_keeps_there(reproduced):
    listed = set(reproduced.run("git", "ls-files", "data", "reports").stdout.split())
    kept = {path for path in listed if not path.endswith(".gitignore")}
    assert kept == {
        "data/raw/tide-clock.txt",
        "reports/report.md",
        "reports/report.html",
        *(str(path) for path in (paths.SMOOTH_LOSS_FIGURE, paths.KNOWN_WORDS_FIGURE)),
        str(paths.TEMPERATURE_FIGURE),
        *(f"reports/metrics/{name}.json" for name in ("baselines", "corpus", "text", "train")),
        *(str(path) for path in (paths.SMOOTH_LOSS_CURVE, paths.EPOCHS, paths.HEALTH)),
        *map(str, (paths.TEMPERATURE_CURVE, paths.LOSSES, paths.EVOLUTION_CURVE)),
    }


def test_the_document_s_table_has_every_edit():
    assert set(rebuilt_table()) == set(EDITS)


@pytest.mark.long
def test_an_edit_runs_what_the_document_says_and_going_back_restores_without_running(reproduced):
    """Each edit in turn, which takes back the one before: what that had changed is restored."""
    params = (reproduced.root / "params.yaml").read_text(encoding="utf-8")
    before = reproduced.outputs()
    other = reproduced.root / "data/raw/other.txt"
    other.write_text(reproduced.book.read_text().replace("Nell", "Noël"), encoding="utf-8")
    for edit, value in EDITS.items():
        (reproduced.root / "params.yaml").write_text(params, encoding="utf-8")
        reproduced.set({edit: value})
        assert stages_run(reproduced.dvc("repro")) == rebuilt_table()[edit], edit

    (reproduced.root / "params.yaml").write_text(params, encoding="utf-8")
    # The report is kept in git, not in DVC's cache, and is written again.
    assert stages_run(reproduced.dvc("repro")) == ("report",)
    other.unlink()
    assert reproduced.outputs() == before
    assert reproduced.run("git", "status", "--porcelain").stdout == ""


@pytest.mark.long
def test_params_and_metrics_show_and_diff(reproduced):
    reproduced.set({"train.epochs": 1})
    assert "train.epochs" in reproduced.dvc("params", "diff")
    reproduced.dvc("repro")
    for words in (("metrics", "show"), ("metrics", "diff")):
        done = reproduced.run("dvc", *words)
        assert "min_smooth_loss" in done.stdout
        assert done.stderr == ""
    for words in (("plots", "show"), ("plots", "diff")):
        done = reproduced.run("dvc", *words)
        assert done.returncode == 0 and done.stderr == ""
    page = (reproduced.root / "dvc_plots/index.html").read_text()
    assert "Smooth loss" in page and len(page) < 1_000_000
    assert not re.search(r"(?:src|href) *= *[\"']?(?:https?:)?//", page)
    reproduced.git("checkout", "params.yaml")
    reproduced.dvc("repro")
    assert reproduced.run("git", "status", "--porcelain").stdout == ""


def experiments_table(project):
    """Return what `make experiments` prints in a terminal of 120 columns, without installing."""
    shutil.copy(PROJECT / "Makefile", project.root)
    (project.root / ".venv").mkdir(exist_ok=True)
    for name in ("requirements.txt", ".venv/installed"):  # the second is newer: all is installed
        (project.root / name).touch()
    done = project.run("env", "COLUMNS=120", "make", "--no-print-directory", "experiments")
    assert done.returncode == 0, done.stderr
    for name in ("Makefile", "requirements.txt"):
        (project.root / name).unlink()
    return done.stdout


@pytest.mark.long
def test_experiments_run_and_show_in_a_table_of_120_columns(reproduced):
    reproduced.git("config", "user.name", "test")
    reproduced.git("config", "user.email", "test@test")
    faster = ("--name", "faster", "-S", "adagrad.learning_rate=0.2", "-S", "model.seed=1")
    reproduced.dvc("exp", "run", "--queue", *faster)
    reproduced.dvc("queue", "start", "--jobs", "2")
    while "Success" not in (said := reproduced.dvc("queue", "status")):
        assert "Failed" not in said
        time.sleep(1)
    assert reproduced.run("git", "status", "--porcelain").stdout == ""
    reproduced.dvc("exp", "run", "--name", "slower", "-S", "adagrad.learning_rate=0.00001")
    assert "params.yaml" in reproduced.run("git", "status", "--porcelain").stdout
    reproduced.git("reset", "--hard", "--quiet")
    reproduced.dvc("repro")

    table = experiments_table(reproduced)
    assert max(map(len, table.splitlines())) <= 120
    titles, *rows = (line.split() for line in table.splitlines() if "─────" not in line)
    assert titles[1:] == [
        "epoch_mean_bits",
        "held_out_bits",
        "min_smooth_bits",
        "model.seed",
        "adagrad.learning_rate",
    ]
    assert [row[-2:] for row in rows if "[slower]" in row] == [["0", "1e-05"]]
    assert [row[-2:] for row in rows if "[faster]" in row] == [["1", "0.2"]]


@pytest.mark.long
def test_a_clone_that_pulls_has_every_result_and_runs_nothing(reproduced, tmp_path):
    clone = Project.at(tmp_path / "clone")
    reproduced.git("clone", "--quiet", ".", str(clone.root))
    for project in (reproduced, clone):
        project.dvc("remote", "add", "--local", "--default", "storage", str(tmp_path / "storage"))
    reproduced.dvc("push")
    clone.dvc("pull")
    assert stages_run(clone.dvc("repro")) == ()
    assert clone.outputs() == reproduced.outputs()
