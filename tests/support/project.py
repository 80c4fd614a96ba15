"""A small copy of the project, in which a test may do as it likes."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).parents[2]
TEXT = "".join(
    f"On day {day} the tide came in at {day % 12}.{day % 6}0, and Nell wrote it down. " * 3 + "\n"
    for day in range(40)
)
STAGES = (
    "preprocess",
    "gradient_check",
    "train",
    "sample_evolution",
    "synthesize_best",
    "report",
)


class Project:
    """A copy of the project with a short book and short params, in a git repository of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("rnn", "stages"):
            shutil.copytree(
                PROJECT / name, root / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        for name in ("params.yaml", "dvc.yaml", ".gitignore", ".dvcignore"):
            shutil.copy(PROJECT / name, root / name)
        (root / ".dvc").mkdir()
        shutil.copy(PROJECT / ".dvc/config", root / ".dvc/config")
        (root / "data/raw").mkdir(parents=True)
        self.book.write_text(TEXT, encoding="utf-8")
        self.edit("epochs: 10 ", "epochs: 2 ")
        self.edit("hidden_size: 100", "hidden_size: 8")
        self.edit("snapshot_every: 10000", "snapshot_every: 200")
        self.edit("snapshot_until: 100000", "snapshot_until: 400")

    @property
    def book(self) -> Path:
        return self.root / "data/raw/tide-clock.txt"

    def edit(self, old: str, new: str) -> None:
        """Replace what stands once in params.yaml."""
        params = self.root / "params.yaml"
        text = params.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in params.yaml"
        params.write_text(text.replace(old, new), encoding="utf-8")

    def environment(self) -> dict[str, str]:
        # The copy's code is the project's; imported from there, it need not be compiled again.
        return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": str(PROJECT)}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def stage(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", f"stages.{name}", *options)

    def dvc(self, *words: str) -> str:
        done = self.run(sys.executable, "-m", "dvc", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def git(self, *words: str) -> None:
        done = self.run("git", "-c", "user.name=test", "-c", "user.email=test@test", *words)
        assert done.returncode == 0, done.stderr

    def outputs(self) -> dict[str, bytes]:
        """Return the content of every file under data and reports."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for folder in ("data", "reports")
            for path in sorted((self.root / folder).rglob("*"))
            if path.is_file() and path.name != ".gitignore"
        }


def wait_for(folder, pattern):
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for path in folder.glob(pattern):
            return path
        time.sleep(0.05)
    raise AssertionError(f"no {pattern}")
