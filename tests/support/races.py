"""What changes at any moment while `dvc repro` runs; what DVC then records must be true.

A record is what dvc.lock or DVC's run cache says of a stage: of these params and deps come these
outputs. It is true if the stage, run alone in a new folder that has these params and deps, makes
these outputs. `make torture` makes many random changes, the tests a few.

Between a stage's last look and DVC's own at params and deps lies a gap of some hundredths of a
second, in which no stage can notice a change. What changes just then is counted.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ruamel.yaml import YAML

from rnn.engine import compilation
from stages.common.params import with_values
from tests.support import params
from tests.support.project import PROJECT, TEXT, Project

BOOKS = [TEXT.encode(), TEXT.replace("Nell", "Noël").encode()]
VALUES = {  # two of each param
    "corpus.path": ("data/raw/tide-clock.txt", "data/raw/other.txt"),  # the same book at first
    "model.init_std": (0.01, 0.02),
    "gradient_check.step": (1e-5, 2e-5),
    "train.clip": (5, 1),
    "synthesize_best.prime": ("", "N"),
}
CODE = {  # two versions of a file: a constant, and a comment
    "rnn/rng.py": ("(rng.random(count) - 0.5)", "(0.5 - rng.random(count))"),
    "rnn/training/run.py": ("its losses and snapshots", "its snapshots and losses"),
}
# An edit of this compiles the engine anew, which takes a minute or two.
COMPILED_CODE = {
    "rnn/optimizers/adagrad.py": ("leaves the result to luck", "leaves it to luck"),
}
ENDS_WITHIN = 240.0  # seconds

# DVC, which notes when a command ends and when it has then looked at params and deps.
DVC = """
import os, sys, time
from dvc.cli import main
from dvc.stage import Stage, run

def noted(owner, name):
    do = getattr(owner, name)
    def noted(*arguments, **options):
        do(*arguments, **options)
        with open(sys.argv[1], "a") as file:
            print(os.getpid(), name, time.time(), file=file)
    setattr(owner, name, noted)

noted(run, "_run")
noted(Stage, "save_deps")
sys.exit(main(sys.argv[2:]))
"""


class Edited(Project):
    """A project whose stages run its own code, compiled where the real project's is kept."""

    def environment(self) -> dict[str, str]:
        # With Python's own compiled code too, which is taken for new within one second.
        unset = ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "DVC_STAGE")
        environment = {key: value for key, value in os.environ.items() if key not in unset}
        return {**environment, "NUMBA_CACHE_DIR": str(compilation.FOLDER.parent)}


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Truth:
    """What stages make of their params and deps, each run alone; none is run twice."""

    def __init__(self, root: Path, project: Project) -> None:
        self.project = project
        self.contents: dict[str, bytes] = {}  # by MD5: of every file that the changes bring about
        self._root = root
        self._outputs: dict[str, dict[str, str] | str] = {}

    def know(self, *contents: bytes) -> None:
        self.contents |= {md5(content): content for content in contents}

    def know_folder(self, path: Path) -> None:
        """Know which files a folder has now; DVC keeps that of outputs only, not of deps."""
        self.contents[content_hash(path)] = listing(path)

    def of(self, record: dict) -> dict[str, str] | str:
        """Return path -> MD5 of what comes of a record's params and deps, or why nothing does."""
        key = json.dumps([record["cmd"], record["params"], hashes(record["deps"])], sort_keys=True)
        if key not in self._outputs:
            alone = Edited(self._root / str(len(self._outputs)))
            self._set_up(alone, record)
            done = alone.run("sh", "-c", record["cmd"])
            self._outputs[key] = (
                done.stderr
                if done.returncode
                else {out["path"]: content_hash(alone.root / out["path"]) for out in record["outs"]}
            )
            shutil.rmtree(alone.root)
        return self._outputs[key]

    def _set_up(self, alone: Project, record: dict) -> None:
        alone.set(record["params"]["params.yaml"])
        for dep in record["deps"]:
            self._write(alone.root / dep["path"], dep["md5"])

    def _write(self, path: Path, hash_: str) -> None:
        content = self._content(hash_)
        if hash_.endswith(".dir"):
            for entry in json.loads(content):
                self._write(path / entry["relpath"], entry["md5"])
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def _content(self, hash_: str) -> bytes:
        if hash_ in self.contents:
            return self.contents[hash_]
        content = (self.project.root / ".dvc/cache/files/md5" / hash_[:2] / hash_[2:]).read_bytes()
        assert md5(content) == hash_.removesuffix(".dir"), f"DVC's cache: {hash_} has other content"
        return content


def hashes(entries: list[dict]) -> dict[str, str]:
    return {entry["path"]: entry["md5"] for entry in entries}


def content_hash(path: Path) -> str:
    """Return what DVC calls the MD5 of a file or a folder."""
    if not path.is_dir():
        return md5(path.read_bytes())
    return md5(listing(path)) + ".dir"


def listing(folder: Path) -> bytes:
    """Return what DVC keeps of a folder: the hashes and names of the files in it."""
    files = sorted(
        each
        for each in folder.rglob("*")
        if each.is_file() and "__pycache__" not in each.parts  # which .dvcignore names
    )
    listed = [{"md5": content_hash(f), "relpath": str(f.relative_to(folder))} for f in files]
    return json.dumps(listed).encode()


def records(project: Project) -> Iterator[tuple[str, dict]]:
    """Yield where it stands, and what is recorded, for all that DVC has recorded."""
    load = YAML(typ="safe").load
    lock = project.root / "dvc.lock"
    for stage, record in load(lock)["stages"].items() if lock.exists() else ():
        yield f"dvc.lock, {stage}", record
    for path in (project.root / ".dvc/cache/runs").glob("*/*/*"):
        yield str(path.relative_to(project.root)), load(path)


def can_be_asked_for(record: dict) -> bool:
    """Tell whether there are params and deps of which DVC would take this for the result.

    DVC works out paths in dvc.yaml when it starts: with corpus.path edited just then, it records
    the new value beside the old path, a pair that no later look at dvc.yaml gives.
    """
    recorded = record["params"]["params.yaml"]  # by key, or of a stage that takes all, by section
    book = recorded.get("corpus.path", recorded.get("corpus", {}).get("path"))
    return book is None or book in hashes(record["deps"])


class Race:
    """A project, what has been changed in it, and how to change more."""

    def __init__(
        self, root: Path, seed: int, epochs: int = 400, code: dict[str, tuple[str, str]] = CODE
    ) -> None:
        self.chance = random.Random(seed)
        self.code = code
        self.seed = seed
        self.project = project = Edited(root / "project")
        self.truth = Truth(root / "alone", project)
        self.made: Counter = Counter()
        self.repro: subprocess.Popen | None = None
        self.story: list[str] = []  # since the records were last looked at
        self._gaps = root / "gaps"
        self.other_books = {  # what preprocess makes of each book
            name: [] for name in ("data/preprocess/indices.npy", "data/preprocess/vocabulary.json")
        }
        project.set({"train.epochs": epochs})
        for path in (PROJECT / "data").rglob(".gitignore"):
            copy = project.root / path.relative_to(PROJECT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, copy)
        (project.root / "data/raw/other.txt").write_bytes(BOOKS[0])
        for book in reversed(BOOKS):
            project.book.write_bytes(book)
            done = project.stage("preprocess")
            assert done.returncode == 0, done.stderr
            for name, contents in self.other_books.items():
                contents.append((project.root / name).read_bytes())
        for path in project.root.rglob("*"):
            if path.is_file():
                self.truth.know(path.read_bytes())
            else:
                self.truth.know_folder(path)
        for name, versions in code.items():
            path = project.root / name
            text = path.read_text(encoding="utf-8")
            assert text.count(versions[0]) == 1, f"{name}: {versions[0]} is not there once"
            path.write_text(text.replace(*versions), encoding="utf-8")
            self.truth.know(path.read_bytes())
            self.truth.know_folder(path.parent)
            path.write_text(text, encoding="utf-8")
        self.truth.know(*BOOKS)
        # Two branches, with other params.
        shutil.rmtree(project.root / ".dvc/tmp", ignore_errors=True)
        project.git("init", "--quiet", "--initial-branch=main")
        project.git("config", "user.name", "test")
        project.git("config", "user.email", "test@test")
        project.git("add", "--all")
        project.git("commit", "--quiet", "--message=main")
        project.git("checkout", "--quiet", "-b", "other")
        self._flip_param("train.clip")
        project.git("commit", "--quiet", "--all", "--message=other")
        project.git("checkout", "--quiet", "main")

    def run(self, changes: int) -> None:
        """Make changes while `dvc repro` runs, again and again; look at the records in between.

        Raises AssertionError that says which record is not true, and how it came about.
        """
        while self._changes() < changes:
            self._run_all_anew()
            self._repro(changes)
            self.check()
            if self.chance.random() < 0.2:
                self.finish()
        self.finish()

    def _changes(self) -> int:
        return sum(self.made[change.__name__] for change in CHANGES)

    def finish(self) -> None:
        """Reproduce what is there now, undisturbed."""
        self.story.append("an undisturbed repro")
        done = self.project.run(*self.dvc("repro"))
        assert done.returncode == 0, self._what(done.stdout + done.stderr)
        self.check()
        for name, hash_ in self._outputs_recorded().items():
            found = content_hash(self.project.root / name)
            assert found == hash_, self._what(f"{name} is not what dvc.lock says")

    def dvc(self, *words: str) -> list[str]:
        return [sys.executable, "-c", DVC, str(self._gaps), *words]

    def check(self) -> None:
        gaps = 0
        for where, record in records(self.project):
            if not can_be_asked_for(record):
                continue
            truth, recorded = self.truth.of(record), hashes(record["outs"])
            if truth == recorded:
                continue
            if self._changed_in_a_gap(record):
                gaps += 1
                continue
            wrong = (
                f"it fails: {truth}"
                if isinstance(truth, str)
                else ", ".join(name for name in truth if truth[name] != recorded[name])
            )
            raise AssertionError(self._what(f"{where}: is not what comes of it: {wrong}"))
        if gaps:
            self.made["of which in a gap"] += 1
            (self.project.root / "dvc.lock").unlink(missing_ok=True)
            shutil.rmtree(self.project.root / ".dvc/cache/runs")
        self.story.clear()

    def _changed_in_a_gap(self, record: dict) -> bool:
        """Tell whether an input was changed when a command had ended and DVC had yet to look."""
        notes: dict[str, list[tuple[str, float]]] = {}
        for line in self._gaps.read_text().splitlines():
            process, name, moment = line.split()
            notes.setdefault(process, []).append((name, float(moment)))
        gaps = [
            (ended - 0.01, looked)  # a stage's own last look is a little before its end
            for process in notes.values()
            for (before, ended), (_, looked) in pairwise(process)
            if before == "_run"
        ]
        paths = (self.project.root / name for name in ("params.yaml", *hashes(record["deps"])))
        changes = [path.stat().st_ctime for path in paths if path.exists()]
        return any(start < change < end for start, end in gaps for change in changes)

    def _what(self, message: str) -> str:
        return f"seed {self.seed}, {self.project.root}\n{message}\nafter: {'; '.join(self.story)}"

    def _outputs_recorded(self) -> dict[str, str]:
        lock = YAML(typ="safe").load(self.project.root / "dvc.lock")
        return {
            path: hash_
            for record in lock["stages"].values()
            for path, hash_ in hashes(record["outs"]).items()
        }

    def _run_all_anew(self) -> None:
        """Forget what would keep stages from running, now and then the checkpoints too."""
        shutil.rmtree(self.project.root / ".dvc/cache/runs", ignore_errors=True)
        if self.chance.random() < 0.5:
            shutil.rmtree(self.project.root / ".checkpoints", ignore_errors=True)
        if self.repro is None or self.repro.returncode == 0:
            self._flip_param(self.chance.choice(["model.init_std", "train.clip"]))

    def _mend(self) -> None:
        done = self.project.run(sys.executable, str(PROJECT / "tools/mend_dvc.py"))
        assert done.returncode == 0, self._what(done.stderr)
        self.story += done.stdout.splitlines()

    def _repro(self, changes: int) -> None:
        """Run `dvc repro` and make changes until it ends."""
        began = time.monotonic()
        self.story.append("dvc repro")
        self.repro = subprocess.Popen(
            self.dvc("repro"),
            cwd=self.project.root,
            env=self.project.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while self._changes() < changes:
            try:
                self.repro.wait(self.chance.uniform(0, 5))
                break
            except subprocess.TimeoutExpired:
                pass
            change = self.chance.choice(CHANGES)
            moment = time.monotonic() - began
            self.story.append(f"{moment:.2f} s later {change(self)}")
            self.made[change.__name__] += 1
        self.repro.wait(ENDS_WITHIN)
        self._mend()

    def write(self, name: str, content: bytes) -> str:
        """Write a file in one of the ways in which people and programs do."""
        path = self.project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        way = self.chance.choice(["replaced", "written anew", "overwritten"])
        if way == "replaced":
            temporary = path.with_name(".changes.tmp")
            temporary.write_bytes(content)
            temporary.replace(path)
        elif way == "written anew" or not path.exists():
            path.write_bytes(content)
        else:
            with path.open("r+b") as file:
                file.write(content)
                file.truncate()
        return f"{name} {way}"

    def _flip_param(self, key: str) -> str:
        text = (self.project.root / "params.yaml").read_text(encoding="utf-8")
        one, two = VALUES[key]
        after = one if params.value(text, key) == two else two
        edited = with_values(text, {key: after})
        return f"{self.write('params.yaml', edited.encode())}: {key} {after!r}"


def edit_params(race: Race) -> str:
    return race._flip_param(race.chance.choice(list(VALUES)))


def experiment_in_the_same_workspace(race: Race) -> str:
    """It edits params.yaml before it looks whether DVC is at work."""
    value = race.chance.choice(VALUES["train.clip"])
    done = race.project.run(*race.dvc("exp", "run", "--quiet", "-S", f"train.clip={value}"))
    return f"dvc exp run -S train.clip={value}: exit {done.returncode}"


def edit_a_book(race: Race) -> str:
    name = race.chance.choice(VALUES["corpus.path"])
    return race.write(name, race.chance.choice(BOOKS))


def replace_indices_or_vocabulary(race: Race) -> str:
    name = race.chance.choice(list(race.other_books))
    return race.write(name, race.chance.choice(race.other_books[name]))


def edit_code(race: Race) -> str:
    name = race.chance.choice(list(race.code))
    text = (race.project.root / name).read_text(encoding="utf-8")
    one, two = race.code[name]
    edited = text.replace(one, two) if one in text else text.replace(two, one)
    return race.write(name, edited.encode())


def change_checkpoints(race: Race) -> str:
    """Delete them, or copy a file over that of another training."""
    folder = race.project.root / ".checkpoints"
    files = [path for path in sorted(folder.glob("*/*")) if path.name != "lock"]
    if len(files) < 2 or race.chance.random() < 0.5:
        shutil.rmtree(folder, ignore_errors=True)
        return ".checkpoints deleted"
    one, two = race.chance.sample(files, 2)
    try:
        shutil.copy(one, two.parent / one.name)
    except (shutil.SameFileError, FileNotFoundError):  # the training has deleted it meanwhile
        shutil.rmtree(two.parent, ignore_errors=True)
    return f"{one} copied into {two.parent}"


def checkout_another_branch(race: Race) -> str:
    head = (race.project.root / ".git/HEAD").read_text()
    branch = "main" if "other" in head else "other"
    said = [
        race.project.run(*command).returncode
        for command in (
            ("git", "checkout", "--quiet", "--force", branch),
            (sys.executable, "-m", "dvc", "checkout", "--quiet", "--force"),
        )
    ]
    return f"git checkout {branch}, dvc checkout: exit {said}"


def preprocess_by_hand(race: Race) -> str:
    said = race._flip_param("corpus.path")
    return f"{said}, preprocess by hand: exit {race.project.stage('preprocess').returncode}"


def kill_dvc(race: Race) -> str:
    race.repro.send_signal(signal.SIGKILL)
    return "dvc killed"


CHANGES = (
    edit_params,
    experiment_in_the_same_workspace,
    edit_a_book,
    replace_indices_or_vocabulary,
    edit_code,
    change_checkpoints,
    checkout_another_branch,
    preprocess_by_hand,
    kill_dvc,
)
