"""Which of the project's modules a module imports, directly or not."""

import ast
from pathlib import Path

PROJECT = Path(__file__).parent.parent


def project_files(module: str) -> set[str]:
    """Return the files, relative to the project, that importing `module` runs."""
    found: set[str] = set()
    _visit(module, found)
    return found


def _visit(module: str, found: set[str]) -> None:
    path = PROJECT / module.replace(".", "/")
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
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
            if imported.split(".")[0] in ("rnn", "stages"):
                _visit(imported, found)
