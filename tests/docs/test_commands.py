"""That what the documents tell a reader to type works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from stages.common import params
from tests.support.documents import DOCUMENTS, commands, definitions, document
from tests.support.project import PROJECT, Project

TABLE = YAML(typ="safe").load((PROJECT / "tests/docs/commands.yaml").read_text(encoding="utf-8"))
HERE, ELSEWHERE, NOT_RUN = TABLE["here"], TABLE["elsewhere"], TABLE["not run"]
BLOCKS = {
    f"{path}:{block.line}": commands(block)
    for path in DOCUMENTS
    for block in document(path).blocks
    if block.kind == "sh"
}
PROGRAMS = {
    f"{path}:{block.line}": block.content
    for path in DOCUMENTS
    for block in document(path).blocks
    if block.kind == "python run"
}


def test_the_table_has_every_command_of_the_documents_once_and_no_other():
    listed = [*HERE, *ELSEWHERE, *NOT_RUN]
    assert len(set(listed)) == len(listed)
    used = {line: place for place, lines in BLOCKS.items() for line in lines}
    missing = {place: line for line, place in used.items() if line not in listed}
    assert not missing, "not in tests/docs/commands.yaml"
    assert not set(listed) - set(used), "in tests/docs/commands.yaml, but in no document"


def test_a_command_that_is_run_elsewhere_names_the_test_or_the_file_that_has_it():
    tests = {
        name
        for file in PROJECT.glob("tests/**/test_*.py")
        for name in definitions(file.relative_to(PROJECT).as_posix())
    }
    for command, where in ELSEWHERE.items():
        if where not in tests:
            text = (PROJECT / where).read_text(encoding="utf-8")
            assert command in text.splitlines(), f"{command}: {where}"


def test_a_command_that_is_not_run_says_why():
    assert all(len(reason.split()) > 2 for reason in NOT_RUN.values())


@pytest.fixture(scope="module")
def committed(tmp_path_factory, finished):
    """Return a project in which every stage has run, DVC knows it and all is committed."""
    project = Project(tmp_path_factory.mktemp("committed") / "project")
    for folder in ("data", "reports"):
        shutil.copytree(finished / folder, project.root / folder, dirs_exist_ok=True)
        for path in (PROJECT / folder).rglob(".gitignore"):
            shutil.copy(path, project.root / path.relative_to(PROJECT))
    shutil.copytree(finished / ".checkpoints", project.root / ".checkpoints")
    shutil.copy(PROJECT / "requirements.txt", project.root)
    project.git("init", "--quiet", "--initial-branch=main")
    project.dvc("commit", "--force", "dvc.yaml")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=results")
    return project


def run(folder: Path, project: Project, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, as in a terminal in which .venv is activated."""
    binaries = Path(sys.executable).parent
    environment = project.environment()
    environment |= {"PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.long
@pytest.mark.parametrize(
    "place", [place for place, lines in BLOCKS.items() if any(line in HERE for line in lines)]
)
def test_the_commands_of_a_block_run(place, committed, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(committed.root, folder)
    if any("--prime" in line for line in BLOCKS[place]):  # which the small book cannot spell
        path = folder / "params.yaml"
        text = params.with_values(path.read_text(encoding="utf-8"), {"corpus.unknown": "skip"})
        path.write_text(text, encoding="utf-8")
    for line in BLOCKS[place]:
        if line in HERE:
            done = run(folder, committed, "bash", "-c", line)
            assert done.returncode == 0, f"{place}: {line}\n{done.stdout}{done.stderr}"
            if "git diff" in line or line == "git status --short":
                assert "\ndiff" not in done.stdout and " M " not in done.stdout, done.stdout


@pytest.mark.parametrize("place", PROGRAMS)
def test_a_program_shows_the_difference_or_says_why_not(place, committed, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAMS[place], encoding="utf-8")
    done = run(committed.root, committed, sys.executable, str(program))
    assert (done.returncode, done.stderr) == (0, ""), f"{place}\n{done.stdout}{done.stderr}"
    if place.startswith("docs/reproducibility.md"):
        verdict = done.stdout.splitlines()[-1]
        assert re.match(r"different|the same here: \w+|no \.\./again", verdict), done.stdout


def first_difference(committed, tmp_path, theirs):
    """Return what the program says that compares the snapshots of two trainings."""
    (program,) = (text for text in PROGRAMS.values() if "def first_difference" in text)
    changed = program.replace("../again/data/train/snapshots", str(theirs))
    assert changed != program
    (tmp_path / "program.py").write_text(changed, encoding="utf-8")
    done = run(committed.root, committed, sys.executable, str(tmp_path / "program.py"))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_first_snapshot_that_differs_is_named(committed, tmp_path):
    from rnn.storage import archives

    theirs = tmp_path / "snapshots"
    shutil.copytree(committed.root / "data/train/snapshots", theirs)
    assert first_difference(committed, tmp_path, theirs).startswith("the same: ")
    for path in sorted(theirs.glob("*.npz"))[1:]:
        arrays = archives.read(path)
        arrays["W"].view("u4")[0, 0] ^= 1  # a last bit
        archives.write(path, arrays)
    second = sorted(theirs.glob("*.npz"))[1]
    said = first_difference(committed, tmp_path, theirs)
    assert said == f"different: W in {second.name}, after update {int(second.stem):,}\n"


def test_the_digests_in_the_document_are_those_of_this_cpu(committed):
    """Where the engine has changed for good, put what is printed here into the document."""
    text = (PROJECT / "docs/reproducibility.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"(?s)<!-- digests, .*?```text\n(.*?)```\n<!-- end of digests", text)
    done = run(committed.root, committed, sys.executable, "-m", "tests.support.updates", "float32")
    assert done.stdout == shown, done.stdout + done.stderr
