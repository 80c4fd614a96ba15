"""A small copy of the project, in which a test may do as it likes."""

import os
import shutil
import signal
import subprocess
import textwrap
import time
from pathlib import Path
from typing import Any

from rnn.storage import files
from stages.common import params
from tests.support import forked

# What is ignored here, under nohup say, would be ignored by every command that a test starts.
for number in (signal.SIGINT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

PROJECT = Path(__file__).parents[2]
TEXT = "".join(
    f"On day {day} the tide came in at {day % 12}.{day % 6}0, and Nell wrote it down. " * 3 + "\n"
    for day in range(40)
)
STAGES = (
    "preprocess",
    "gradient_check",
    "train",
    "baselines",
    "sample_evolution",
    "synthesize_best",
    "assess_text",
    "report",
)


class Project:
    """A copy of the project with a short book and short params, in a git repository of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("rnn", "stages", "sweep"):
            shutil.copytree(
                PROJECT / name,
                root / name,
                ignore=shutil.ignore_patterns("__pycache__", "trials", "dvc.lock"),
            )
        for name in ("params.yaml", "dvc.yaml", ".gitignore", ".dvcignore"):
            shutil.copy(PROJECT / name, root / name)
        (root / ".dvc").mkdir()
        for name in (".dvc/config", ".dvc/plots.html"):
            shutil.copy(PROJECT / name, root / name)
        shutil.copytree(PROJECT / ".dvc/plots", root / ".dvc/plots")
        (root / "data/raw").mkdir(parents=True)
        self.book.write_text(TEXT, encoding="utf-8")
        self.set(
            {
                "model.hidden_size": 8,
                "train.epochs": 2,
                "train.snapshot_every": 200,
                "train.snapshot_until": 400,
                "assess_text.length": 1000,
                "assess_text.snapshot_length": 500,
            }
        )

    @classmethod
    def at(cls, root: Path) -> "Project":
        """Return the project that is in a folder, or will be."""
        project = cls.__new__(cls)
        project.root = root
        return project

    @property
    def book(self) -> Path:
        return self.root / "data/raw/tide-clock.txt"

    def set(self, values: dict[str, Any]) -> None:
        """Give keys of params.yaml, such as train.epochs, other values.

        The file is replaced as a whole: a stage that runs never finds a part of it.
        """
        path = self.root / "params.yaml"
        text = path.read_text(encoding="utf-8")
        files.write_text(path, params.with_values(text, values))

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

    def python(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run Python with `-m` or `-c`; see `forked` for when that will not do."""
        return forked.python(*command, cwd=self.root, env=self.environment(), timeout=240)

    def script(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run Python code, which may be indented as the test is."""
        return self.python("-c", textwrap.dedent(code))

    def stage(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", f"stages.{name}", *options)

    def stage_with(self, name: str, change: str) -> subprocess.CompletedProcess[str]:
        """Import a stage, run code that changes something, and then run the stage."""
        return self.script(
            f"from stages import {name} as stage\n"
            "from stages.common import command\n"
            f"{textwrap.dedent(change)}\n"
            "command.run(stage.main)"
        )

    def dvc(self, *words: str) -> str:
        done = self.python("-m", "dvc", *words)
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


def wait_for(folder: Path, pattern: str) -> Path:
    """Return a path in the folder that fits the pattern, as soon as there is one.

    Raises AssertionError where there is none for two minutes.
    """
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for path in folder.glob(pattern):
            return path
        time.sleep(0.05)
    raise AssertionError(f"no {pattern}")
