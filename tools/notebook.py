"""The course as a notebook: `python -m tools.notebook course.ipynb`, or `make notebook`."""

import sys
from pathlib import Path

import jupytext

SOURCE = Path(__file__).parents[1] / "exercises" / "course.md"


def write(path: Path) -> None:
    """Write the notebook, without outputs; its cells are named by their order, not by chance."""
    notebook = jupytext.read(SOURCE)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
    jupytext.write(notebook, path)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
