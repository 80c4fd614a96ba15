"""A folder for students: `python -m tools.hand_out FOLDER`, or `make class`.

It has the exercises, the checks, the book, the notebook and the packages that these need, with
the hashes of the project's own list. It has no solutions, so neither the package rnn.
"""

import inspect
import re
import shutil
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from exercises.check.__main__ import BOOK, EXERCISES
from exercises.check.student import find
from tools import notebook

PROJECT = Path(__file__).parents[1]
NEEDED = ("numpy", "rich", "matplotlib", "ipykernel", "nbconvert")  # by the checks and the notebook


def main(folder: Path) -> None:
    """Make the folder; exit with an error where it exists, or where an exercise is solved."""
    if folder.exists():
        sys.exit(f"error: {folder} is there already; delete it, or name another: make class TO=...")
    for check in EXERCISES:
        module = check.__module__.rpartition(".")[2]
        if "raise NotImplementedError" not in inspect.getsource(find(module, check.__name__)):
            sys.exit(
                f"error: exercises/{module}.py: {check.__name__} is not the untouched exercise; "
                "nothing is handed out until it is: git checkout exercises"
            )
    ignored = shutil.ignore_patterns("__pycache__", "README.md", "course.md")
    shutil.copytree(PROJECT / "exercises", folder / "exercises", ignore=ignored)
    shutil.copytree(BOOK.parent, folder / BOOK.parent.relative_to(PROJECT), ignore=_all_but_book)
    shutil.copy(PROJECT / "exercises" / "README.md", folder)
    shutil.copy(PROJECT / "LICENSE", folder)
    locked = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    (folder / "requirements.txt").write_text(needed(locked), encoding="utf-8")
    notebook.write(folder / "course.ipynb")
    print(f"{folder} is ready to be handed out; {folder / 'README.md'} says how to begin")


def needed(locked: str) -> str:
    """Return those entries of a list of locked packages that NEEDED asks for, directly or not."""
    entries = {
        re.match(r"[\w.-]+", entry)[0]: entry
        for entry in re.findall(r"(?m)^\S.*\n(?:[ \t].*\n)*", locked)
    }
    wanted, seen = [Requirement(name) for name in NEEDED], set()
    while wanted:
        requirement = wanted.pop()
        if str(requirement) not in seen:
            seen.add(str(requirement))
            wanted += _requirements(requirement)
    names = {re.sub(r"[-_.]+", "-", Requirement(each).name).lower() for each in seen}
    return "".join(entry for name, entry in entries.items() if name in names)


def _requirements(package: Requirement) -> list[Requirement]:
    """Return what a package asks for on any system; one that is not installed here has no more."""
    try:
        listed = map(Requirement, metadata.requires(package.name) or [])
    except metadata.PackageNotFoundError:
        return []
    extra = re.compile(r'extra == "([^"]+)"')
    return [each for each in listed if package.extras >= {*extra.findall(str(each.marker))}]


def _all_but_book(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name not in {BOOK.name, "README.md"}]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
