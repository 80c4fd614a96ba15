"""What a stage does before its imports, it does as a program alone."""

import ast
import os
import subprocess
import sys

import pytest

from tests.support.project import PROJECT, STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_imports_first_what_is_to_be_done_before_what_takes_long(name):
    body = ast.parse((PROJECT / f"stages/{name}.py").read_text(encoding="utf-8")).body
    first = next(node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == "from stages.common import startup"


def test_what_comes_before_the_look_at_the_code_takes_no_package():
    script = (
        "import sys; known = set(sys.modules)\n"
        "from stages.common import startup\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - known}\n"
        "print(sorted(new - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "['rnn', 'stages']\n"


@pytest.mark.parametrize(("module", "acts"), [("program", False), ("stages.program", True)])
def test_an_import_of_stages_changes_no_other_program_than_a_stage(project, module, acts):
    """Of code that was edited just now, a stage keeps nothing compiled."""
    path = project.root / f"{module.replace('.', '/')}.py"
    path.write_text(
        "import sys\n"
        "from stages.common import startup\n"
        "print(sys.excepthook is not sys.__excepthook__, sys.dont_write_bytecode)\n"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    (project.root / "rnn/model.py").touch()
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=project.root, env=environment,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{acts} {acts}\n"
