"""Which of the project's modules a module imports, directly or not."""

import ast
import sys
from pathlib import Path

from tests.support.project import PROJECT


def project_files(module: str) -> set[str]:
    """Return the files, relative to the project, that importing `module` runs."""
    found: set[str] = set()
    _visit(module, found)
    return found


# Of these, stages use different parts: an edit in one would run others for nothing.
USED_IN_PARTS = {
    "rnn",
    "rnn/evaluation",
    "rnn/training",
    "stages",
    "stages/console",
    "stages/page",
    "sweep",
}


def cover(files: set[str]) -> set[str]:
    """Return what stands for these files in dvc.yaml: a folder of which all are used, else each."""
    return {_standing_for(Path(file), files) for file in files}


def _standing_for(file: Path, files: set[str]) -> str:
    folder = str(file.parent)
    modules = {str(path.relative_to(PROJECT)) for path in (PROJECT / folder).glob("*.py")}
    whole = folder not in USED_IN_PARTS or (folder.count("/") and modules <= files)
    return folder if whole else str(file)


def _visit(module: str, found: set[str]) -> None:
    path = PROJECT / module.replace(".", "/")
    file = path.with_suffix(".py")  # which comes before a folder of that name that is no package
    if not file.is_file():
        file = path / "__init__.py"
    name = str(file.relative_to(PROJECT))
    if not file.is_file() or name in found:
        return
    found.add(name)
    package, _, _ = module.rpartition(".")
    if package:
        _visit(package, found)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: a relative import, which this does not follow"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for imported in names:
            if imported.split(".")[0] in ("rnn", "stages", "sweep"):
                _visit(imported, found)


if __name__ == "__main__":  # `python -m tests.support.imports stages.train`: a stage's code deps
    print("\n".join(f"      - {path}" for path in sorted(cover(project_files(sys.argv[1])))))
