"""What a teacher hands out: the folder, and the notebook in it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

import exercises
from exercises.check.__main__ import BOOK
from tests.support.project import PROJECT
from tests.support.students import MODULES, SOLUTIONS, changed, handed_in
from tools import hand_out, notebook

# A student's machine: no project on the path, none of its settings.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))
}


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "class"
    hand_out.main(folder)
    return folder


@pytest.fixture(scope="module")
def solved(handed_out, tmp_path_factory):
    folder = tmp_path_factory.mktemp("solved") / "class"
    shutil.copytree(handed_out, folder)
    for module in MODULES:
        shutil.copy(SOLUTIONS / f"{module}.py", folder / "exercises")
    return folder


def run(folder, *command):
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def code_of(folder):
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.py")}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def test_the_folder_has_what_a_student_needs_and_nothing_else(handed_out):
    files = {
        path.relative_to(handed_out).as_posix() for path in handed_out.rglob("*") if path.is_file()
    }
    ours = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "exercises").rglob("*.py")}
    book = BOOK.relative_to(PROJECT).as_posix()
    assert files == ours | {
        book, "data/raw/README.md", "README.md", "LICENSE", "requirements.txt", "course.ipynb"
    }  # fmt: skip
    assert (handed_out / book).read_bytes() == BOOK.read_bytes()


def test_the_folder_has_no_solutions(handed_out):
    for module in MODULES:
        text = (handed_out / f"exercises/{module}.py").read_text(encoding="utf-8")
        functions = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
        assert functions
        for function in functions:
            raised = function.body[-1]
            assert len(function.body) == 2, function.name
            assert isinstance(raised, ast.Raise), function.name
            assert ast.get_docstring(function), function.name


def test_the_folder_imports_nothing_but_locked_packages(handed_out):
    locked = re.findall(r"(?m)^[\w-]+", (handed_out / "requirements.txt").read_text())
    allowed = {*sys.stdlib_module_names, "exercises", *locked}
    texts = code_of(handed_out)
    cells = json.loads((handed_out / "course.ipynb").read_text(encoding="utf-8"))["cells"]
    texts["course.ipynb"] = "".join(
        re.sub(r"(?m)^%.*$", "", "".join(cell["source"]) + "\n")
        for cell in cells
        if cell["cell_type"] == "code"
    )
    for name, text in texts.items():
        for node in ast.walk(ast.parse(text)):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                imported = [node.module]
            for module in imported:
                assert module.partition(".")[0] in allowed, f"{name} imports {module}"


def test_the_packages_are_those_of_the_project_with_their_hashes(handed_out):
    locked = (PROJECT / "requirements.txt").read_text()
    ours = (handed_out / "requirements.txt").read_text()
    entries = re.split(r"(?m)^(?=\S)", ours)[1:]
    assert {"numpy", "rich", "matplotlib", "ipykernel", "nbconvert"} <= {
        entry.partition("==")[0] for entry in entries
    }
    assert all(entry in locked and "--hash=sha256:" in entry for entry in entries)
    assert len(entries) < len(re.findall(r"(?m)^\S", locked)) / 2


def test_the_packages_ask_for_no_other(handed_out):
    """An installation by hashes ends where one of them needs a package that is not in the list."""
    listed = set(re.findall(r"(?m)^[\w-]+", (handed_out / "requirements.txt").read_text()))
    wanted = [(name, "") for name in listed]
    for name, extra in wanted:
        try:
            needed = map(Requirement, metadata.requires(name) or [])
        except metadata.PackageNotFoundError:
            continue  # of another system
        for each in needed:
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                needed_name = re.sub(r"[-_.]+", "-", each.name).lower()
                assert needed_name in listed, f"{name} needs {each}"
                wanted += [(needed_name, extra) for extra in each.extras]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "work").write_text("a student's")
    with pytest.raises(SystemExit, match="is there already"):
        hand_out.main(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["work"]


def test_solved_exercises_are_not_handed_out(tmp_path):
    (tmp_path / "own").mkdir()
    with (
        handed_in(tmp_path / "own", {}),
        pytest.raises(SystemExit, match="distinct_characters is not the untouched exercise"),
    ):
        hand_out.main(tmp_path / "class")
    assert not (tmp_path / "class").exists()
    assert exercises.__path__ == [str(PROJECT / "exercises")]


def test_a_solved_folder_passes_outside_the_project(solved):
    done = run(solved, "exercises.check", "--updates", "30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 15 exercises pass." in done.stdout
    assert "Loss of its last 30 windows" in done.stdout
    assert done.stderr == ""


@pytest.mark.long
def test_the_notebook_runs_from_beginning_to_end(solved):
    arguments = ("--to", "notebook", "--execute", "course.ipynb", "--output", "done.ipynb")
    done = run(solved, "jupytext", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads((solved / "done.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    said = "".join("".join(output.get("text", "")) for output in outputs)
    assert "loss 109.587 nats, and T log K is 109.551" in said
    bits = re.search(
        r"each comes: ([\d.]+)\nyour network: +([\d.]+)",
        said,
    )
    assert float(bits[2]) < float(bits[1])  # it has learnt more than how often each comes
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 6
    assert not any("stderr" in str(output.get("name")) for output in outputs)


def test_the_notebook_has_the_same_bytes_each_time(tmp_path):
    for name in ("one.ipynb", "two.ipynb"):
        notebook.write(tmp_path / name)
    assert (tmp_path / "one.ipynb").read_bytes() == (tmp_path / "two.ipynb").read_bytes()


def test_one_solved_exercise_is_noticed_among_the_untouched(tmp_path):
    (tmp_path / "own").mkdir()
    untouched = {
        module: (PROJECT / f"exercises/{module}.py").read_text(encoding="utf-8")
        for module in MODULES
    }
    clip = changed("learning", "clip", "return np.clip(g, -limit, limit)", "return g")
    with (
        handed_in(tmp_path / "own", untouched | {"learning": clip}),
        pytest.raises(SystemExit, match=r"exercises/learning.py: clip is not the untouched"),
    ):
        hand_out.main(tmp_path / "class")
