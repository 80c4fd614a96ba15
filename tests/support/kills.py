"""What a killed DVC leaves behind; `make repro` goes on from it to the same results.

`make torture` kills many times, the tests a few.
"""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.support.project import PROJECT, Project

MEND = str(PROJECT / "tools/mend_dvc.py")
ENDS_WITHIN = 120.0  # seconds


def prepare(root: Path) -> Project:
    """Return a project in which nothing has run, in a git repository."""
    project = Project(root)
    for path in (*PROJECT.glob("data/*/.gitignore"), *PROJECT.glob("reports/.gitignore")):
        copy = root / path.relative_to(PROJECT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    project.set({"train.epochs": 100})
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=project")
    return project


def said(project: Project) -> Path:
    """Return the file in which is what the last run said."""
    return project.root.with_name(f"{project.root.name}-said")


def start(project: Project, target: str) -> subprocess.Popen:
    """Do what `make repro` does, up to the stage `target`; the process returned is DVC itself."""
    with said(project).open("w") as file:
        subprocess.run(
            [sys.executable, MEND], cwd=project.root, stdout=file, stderr=file, check=True
        )
        return subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", target],
            cwd=project.root,
            env=project.environment(),
            stdout=file,
            stderr=file,
        )


def kill_dvc_again_and_again(
    project: Project, kills: int, chance: random.Random, target: str, longest: float
) -> Counter:
    """Kill DVC at random moments, start it again, let it end; return what had to be mended."""
    mended: Counter = Counter()
    made = 0
    while True:
        dvc = start(project, target)
        try:
            dvc.wait(chance.uniform(0, longest) if made < kills else ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.kill(dvc.pid, signal.SIGKILL)
            dvc.wait()
            made += 1
        words = said(project).read_text()
        mended.update(re.findall(r"(?m)^(.*): was left cut", words))
        if dvc.returncode == -signal.SIGKILL:
            continue
        assert dvc.returncode == 0, f"{project.root}, after {made} kills:\n{words}"
        if made == kills:
            return mended
        project.git("clean", "--quiet", "-xd", "--force")  # all anew, from an empty cache


def compare(
    root: Path, kills: int, chance: random.Random, target: str = "report", longest: float = 12.0
) -> Counter:
    """Kill DVC in a project, and compare what it ends in with one in which it was left alone.

    Args:
        root: the folder of both projects.
        kills: how many.
        chance: what draws their moments.
        target: the last stage to run.
        longest: seconds from a start to a kill; a little more than all the stages take.

    Returns what had to be mended, and how often.
    """
    untouched, killed = prepare(root / "untouched"), prepare(root / "killed")
    kill_dvc_again_and_again(untouched, 0, chance, target, longest)
    mended = kill_dvc_again_and_again(killed, kills, chance, target, longest)
    results, expected = ((each.root / "dvc.lock").read_text() for each in (killed, untouched))
    assert results == expected, f"{root}: dvc.lock is another"
    return mended
