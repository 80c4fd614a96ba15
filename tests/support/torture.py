"""What a training and its files survive: `make torture` runs it all, the tests a bounded part.

A training is killed again and again, at random moments and in every way there is, and must end in
the bytes of one that was left alone. Then files are damaged, a bit here and an end there: each
damage must be noticed or harmless. Then it is DVC that is killed, and at last everything changes
while it runs.

    python -m tests.support.torture [seed]

prints its seed and where it is at work; if something fails, everything stays there.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.support import kills, races
from tests.support.project import Project

FILES = {
    "indices": ("data/preprocess/indices.npy", "train"),
    "vocabulary": ("data/preprocess/vocabulary.json", "synthesize_best"),
    "model": ("data/train/best.npz", "synthesize_best"),
    "checkpoint": (".checkpoints/*/checkpoint-*.npz", "train"),
    "losses": (".checkpoints/*/losses", "train"),
}


def prepare(root: Path, epochs: int) -> Project:
    """Return a project that is ready to train for some seconds an epoch or so."""
    project = Project(root)
    project.book.write_text(project.book.read_text() * 20)
    project.set({"train.epochs": epochs, "model.hidden_size": 100})
    done = project.stage("preprocess")
    assert done.returncode == 0, done.stderr
    verdict = root / "data/gradient_check/verdict.json"
    verdict.parent.mkdir()
    verdict.write_text('{"passed": true}')
    return project


def outputs(project: Project) -> dict[str, bytes]:
    return {
        name: content
        for name, content in project.outputs().items()
        if "data/train" in name
        or name.endswith(("train.json", "epochs.csv", "health.csv", "smooth_loss.csv"))
    }


# A parent that can be killed, as DVC can be. A shell has what it starts with & ignore SIGINT.
PARENT = """
import subprocess, sys
trainer = subprocess.Popen([sys.executable, "-m", "stages.train"])
print(trainer.pid, flush=True)
sys.exit(trainer.wait())
"""


def start(project: Project) -> subprocess.Popen:
    """Start training as the child of another process."""
    with said(project).open("w") as file:
        return subprocess.Popen(
            [sys.executable, "-c", PARENT],
            cwd=project.root,
            env={**project.environment(), "DVC_STAGE": "train"},
            stdout=subprocess.PIPE,
            stderr=file,
            start_new_session=True,
            text=True,
        )


def said(project: Project) -> Path:
    """Return the file in which is what the last training said."""
    return project.root.with_name(f"{project.root.name}-said")


def is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second while it is being read
        return False


def kill_again_and_again(project: Project, kills: int, chance: random.Random) -> Counter:
    """Kill the training at random moments, let it end, and return how often in which way."""
    ways: Counter = Counter()
    while sum(ways.values()) < kills:
        with start(project) as parent:
            trainer = int(parent.stdout.readline())
            time.sleep(chance.uniform(0.0, 4.0))
            if not is_running(trainer):
                assert parent.wait() == 0, f"after {ways}: {said(project).read_text()}"
                shutil.rmtree(project.root / ".checkpoints")  # it had ended: from the start again
                continue
            way = chance.choice(["SIGINT", "SIGTERM", "SIGKILL", "its parent's death"])
            if way == "its parent's death":
                parent.kill()
            else:
                with suppress(ProcessLookupError):  # it may just have ended
                    os.kill(trainer, signal.Signals[way])
            deadline = time.monotonic() + 60
            while is_running(trainer):
                assert time.monotonic() < deadline, f"still there 60 seconds after {way}"
                time.sleep(0.01)
            ways[way] += 1
    trained_in_peace(project)
    return ways


def damage(project: Project, flips: int, truncations: int, chance: random.Random) -> Counter:
    """Damage the files; return how often it was noticed and how often it was harmless."""
    results: Counter = Counter()
    expected = outputs(project)
    expected_text = project.stage("synthesize_best", "--length", "200").stdout
    for number in range(flips + truncations):
        kind = list(FILES)[number % len(FILES)]
        pattern, stage = FILES[kind]
        path = chance.choice(sorted(project.root.glob(pattern)))
        content = path.read_bytes()
        if number < flips:
            place = chance.randrange(8 * len(content))
            damaged = bytearray(content)
            damaged[place // 8] ^= 1 << place % 8
        else:
            damaged = content[: chance.randrange(len(content))]
        path.write_bytes(damaged)
        saved = {each: each.read_bytes() for each in project.root.glob(".checkpoints/*/*.npz")}
        options = ("--length", "200") if stage == "synthesize_best" else ()
        done = project.stage(stage, *options)
        path.write_bytes(content)
        for each, before in saved.items():
            if each != path:
                each.write_bytes(before)
        for folder in project.root.glob(".checkpoints/*"):  # of what a damaged index array began
            if not any(each.parent == folder for each in saved):
                shutil.rmtree(folder)
        what = f"{kind}, damage {number}: {done.stderr[-500:]}"
        assert "Traceback" not in done.stderr, what
        if done.returncode:
            assert done.stderr.startswith("error: "), what
            results["refused"] += 1
        else:
            assert outputs(project) == expected, what
            if stage == "synthesize_best":
                assert done.stdout == expected_text, what
            results["went on without it" if "warning: " in done.stderr else "harmless"] += 1
    return results


def trained_in_peace(project: Project) -> Project:
    """Train to the end, however long that takes."""
    with start(project) as parent:
        assert parent.wait() == 0, said(project).read_text()
    return project


def main(seed: int) -> None:
    """Torture, and print what came of it; keep everything if it ends badly."""
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    print(f"seed {seed}, in {folder}", flush=True)
    chance = random.Random(seed)

    untouched = trained_in_peace(prepare(folder / "untouched", epochs=600))
    tortured = prepare(folder / "tortured", epochs=600)
    print(f"200 kills of a training: {dict(kill_again_and_again(tortured, 200, chance))}")
    assert outputs(tortured) == outputs(untouched), "the bytes differ"
    print("it ended in the bytes of one that was left alone", flush=True)

    damaged = trained_in_peace(prepare(folder / "damaged", epochs=1))
    results = damage(damaged, 1000, 200, chance)
    print(f"1,000 flipped bits and 200 truncations: {dict(results)}", flush=True)

    mended = kills.compare(folder / "kills", 60, chance)
    print(f"60 kills of DVC: the same dvc.lock; mended on the way: {dict(mended)}", flush=True)

    race = races.Race(folder / "races", seed, code=races.CODE | races.COMPILED_CODE)
    race.run(200)
    print(f"200 changes while DVC ran, and all that it recorded is true: {dict(race.made)}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(10**6))
