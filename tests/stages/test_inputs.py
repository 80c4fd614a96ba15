"""What changes while a stage runs is never recorded with the result of what was there before."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from stages.common import params
from tests.support import once, torture
from tests.support.project import wait_for


def begin(project, *command):
    """Start a command; return when a training that it starts has made its first checkpoint."""
    process = subprocess.Popen(
        command, cwd=project.root, env=project.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(project.root, ".checkpoints/*/checkpoint-*.npz")
    return process


def train(project):
    return begin(project, sys.executable, "-m", "stages.train")


def edit_params(project):
    project.set({"train.clip": 4})


def other_book(project):
    return project.book.read_text().replace("Nell", "Noël")


def replace_indices(project):
    """Preprocess another book in a second terminal, with more characters."""
    project.book.write_text(other_book(project))
    assert project.stage("preprocess").returncode == 0


def overwrite_indices(project):
    path = project.root / "data/preprocess/indices.npy"
    with path.open("r+b") as file:
        file.seek(200)
        file.write(b"\xfa" * 100)


def edit_code(project):
    path = project.root / "rnn/optimizers/adagrad.py"
    path.write_text(path.read_text() + "# edited\n")


@pytest.fixture(scope="module")
def checked(shared, compiled_code):
    """Return the folder of a project whose gradients DVC has checked; copy it before a change."""

    def make(folder):
        project = torture.prepare(folder, epochs=100)
        project.git("init", "--quiet")
        project.dvc("repro", "gradient_check")

    return once.made(shared / "checked", make)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory, compiled_code):
    """Return the outputs of a training that was left alone."""
    project = torture.prepare(tmp_path_factory.mktemp("untouched") / "project", epochs=15)
    assert project.stage("train").returncode == 0
    return torture.outputs(project)


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edit_params, "a change of train.clip in params.yaml from 5.0 to 4"),
        (replace_indices, "a change of data/preprocess/indices.npy"),
        (overwrite_indices, "data/preprocess/indices.npy"),
        (edit_code, "a change of rnn/optimizers/adagrad.py"),
    ],
)
def test_what_changes_while_training_is_named_and_nothing_is_recorded(
    project, checked, change, said
):
    shutil.copytree(checked, project.root, dirs_exist_ok=True)
    before = (project.root / "dvc.lock").read_text()
    repro = begin(project, sys.executable, "-m", "dvc", "repro", "--single-item", "train")
    change(project)
    _, stderr = repro.communicate(timeout=120)
    assert repro.returncode != 0
    (error,) = [line for line in stderr.splitlines() if line.startswith("error: ")]
    assert said in error and "run" in error and "Traceback" not in stderr
    assert (project.root / "dvc.lock").read_text() == before
    assert not list((project.root / ".dvc/cache/runs").rglob("*train*"))


def test_a_result_whose_params_change_at_the_last_moment_is_refused(project):
    """The edit comes when everything has been written: the look at the inputs is the last act."""
    text = (project.root / "params.yaml").read_text(encoding="utf-8")
    edited = params.with_values(text, {"corpus.path": "./data/raw/tide-clock.txt"})
    done = project.stage_with(
        "preprocess",
        f"""
        from rnn.storage import files
        from stages.common import paths
        write = files.write_json
        def late(path, value):
            write(path, value)
            paths.PARAMS.write_text({edited!r})
        files.write_json = late
        """,
    )
    assert done.returncode == 1
    assert "a change of corpus.path in params.yaml" in done.stderr
    assert project.stage("preprocess").returncode == 0


def test_a_change_that_was_undone_is_noticed_too(project):
    """What was read in between cannot be known."""
    done = project.stage_with(
        "preprocess",
        """
        from rnn.data import corpus
        scan = corpus.scan
        def there_and_back(book, encoding):
            text = book.read_text()
            book.write_text("abc" * 99)
            result = scan(book, encoding)
            book.write_text(text)
            return result
        corpus.scan = there_and_back
        """,
    )
    assert done.returncode == 1
    assert "data/raw/tide-clock.txt" in done.stderr


@pytest.mark.parametrize(
    "late", ["vocabulary.write_bytes(before)", "vocabulary.unlink()", "vocabulary.touch()"]
)
def test_an_output_that_another_process_replaces_is_not_recorded(project, late):
    """As `dvc checkout` does in a second terminal, which DVC allows while a command runs."""
    assert project.stage("preprocess").returncode == 0
    done = project.stage_with(
        "preprocess",
        f"""
        from rnn.storage import files
        from stages.common.paths import VOCABULARY as vocabulary
        before, write = vocabulary.read_bytes(), files.write_json
        def replaced(path, value):
            write(path, value)
            if path != vocabulary: {late}
        files.write_json = replaced
        """,
    )
    assert done.returncode == 1
    assert "a change of data/preprocess/vocabulary.json, which it writes" in done.stderr


@pytest.mark.parametrize(
    "change",
    [
        "os.rename(book, 'a'); os.rename('a', book)",
        "os.rename(book.parent, 'a'); os.rename('a', book.parent)",
        "t = os.stat(book).st_mtime_ns; book.write_text('abc'); os.utime(book, ns=(t, t))",
    ],
)
def test_a_rename_there_and_back_and_a_time_set_back_are_noticed(project, change):
    done = project.script(f"""
        import os; from pathlib import Path
        from stages.common import inputs
        book = Path("data/raw/tide-clock.txt")
        held = inputs.Inputs("preprocess", inputs.paths.PIPELINE); held._deps.append(book.parent)
        held._stamps = held._current_stamps()
        {change}
        print(held.change())
    """)
    assert "a change of data/raw" in done.stdout


def test_an_edit_of_dvc_yaml_is_noticed(project):
    done = project.script("""
        from stages.common import inputs
        held = inputs.Inputs("preprocess", inputs.paths.PIPELINE)
        open("dvc.yaml", "a").write("# edited")
        print(held.change())
    """)
    assert done.stdout == "a change of dvc.yaml\n"


def test_of_the_optimizers_sections_a_training_depends_on_that_in_use(project):
    for name in ("data/preprocess", "data/gradient_check"):
        (project.root / name).mkdir(parents=True)
    project.set({"train.optimizer": "adam"})
    done = project.script("""
        from stages.common import inputs
        from stages.common.params import with_values
        from stages.common.paths import PARAMS
        held, text = inputs.Inputs("train", inputs.paths.PIPELINE), PARAMS.read_text()
        for section in ("adagrad", "adam"):
            PARAMS.write_text(with_values(text, {f"{section}.learning_rate": 0.5}))
            print(held.change())
    """)
    said = "None\na change of adam.learning_rate in params.yaml from 0.01 to 0.5\n"
    assert done.stdout == said, done.stderr


@pytest.mark.long
def test_an_edit_of_what_a_stage_does_not_depend_on_leaves_it_alone(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=20)
    trainer = train(project)
    project.set({"synthesize_best.temperature": 0.5, "gradient_check.step": 2e-5})
    _, said = trainer.communicate(timeout=120)
    assert trainer.returncode == 0, said


@pytest.mark.long
def test_a_training_stopped_by_an_edit_goes_on_when_that_is_undone(tmp_path, untouched):
    project = torture.prepare(tmp_path / "project", epochs=15)
    trainer = train(project)
    edit_params(project)
    _, said = trainer.communicate(timeout=120)
    assert trainer.returncode == 1 and "and saved" in said
    project.set({"train.clip": 5})
    done = project.stage("train")
    assert done.returncode == 0 and "resuming at update " in done.stderr
    assert torture.outputs(project) == untouched


@pytest.mark.long
def test_indices_replaced_while_training_poison_no_checkpoint(tmp_path, untouched):
    """The trainer goes on in the file that it opened, and says that another is there now."""
    project = torture.prepare(tmp_path / "project", epochs=15)
    book = project.book.read_text()
    trainer = train(project)
    replace_indices(project)
    _, said = trainer.communicate(timeout=120)
    assert trainer.returncode == 1, said
    project.book.write_text(book)
    assert project.stage("preprocess").returncode == 0
    assert "resuming at update " in project.stage("train").stderr
    assert torture.outputs(project) == untouched


def test_a_stage_does_not_run_twice_at_once_in_a_folder(project):
    patience = "from stages.common import inputs; inputs._PATIENCE = 0.3"
    hold = (
        "import time; from stages.common import inputs\n"
        "with inputs.held('preprocess'): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=project.root, env=project.environment(),
        stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        holder.stdout.readline()
        done = project.stage_with("preprocess", patience)
        holder.kill()
    assert done.returncode == 1
    assert f"process {holder.pid} is at work on stage preprocess in this folder" in done.stderr


def test_an_interruption_is_said_whatever_has_changed_meanwhile(project):
    script = (
        "from pathlib import Path\n"
        "from rnn.errors import Interrupted\n"
        "from stages.common import command, inputs\n"
        "def main() -> None:\n"
        "    with inputs.held('preprocess'):\n"
        "        Path('data/raw/tide-clock.txt').write_text('another')\n"
        "        raise Interrupted('stopped by SIGINT and saved; run it again')\n"
        "command.run(main)"
    )
    done = project.run(sys.executable, "-c", script)
    said = "error: stopped by SIGINT and saved; run it again\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_an_edit_of_a_module_while_it_is_imported_is_refused(project):
    done = project.stage_with("preprocess", "open('rnn/data/corpus.py', 'a').write('# edited')")
    assert done.returncode == 1
    assert "rnn/data/corpus.py: was edited while it was imported; run it again" in done.stderr


def test_code_edited_before_a_training_is_named_after_it_leaves_no_checkpoint(tmp_path):
    """What the old code trains must not be found under the name of the new."""
    project = torture.prepare(tmp_path / "project", epochs=1)
    done = project.stage_with(
        "train",
        """
        from rnn.data import corpus
        opened = corpus.open_indices
        def edited(*arguments):
            open("rnn/optimizers/adagrad.py", "a").write("# edited")
            return opened(*arguments)
        corpus.open_indices = edited
        """,
    )
    assert done.returncode == 1 and "a change of rnn/optimizers/adagrad.py" in done.stderr
    assert not (project.root / ".checkpoints").exists()


def test_two_edits_within_a_second_are_two(project):
    """Of the same length: Python's own compiled code does not tell them apart."""
    path = project.root / "rnn/model.py"
    (project.root / "stages/says.py").write_text(
        "from stages.common import startup\nfrom rnn import model\nprint(model.__doc__[4:11])\n"
    )
    environment = {**os.environ, "PYTHONPATH": ""}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    text = path.read_text()
    for word in ("network", "NETWORK", "Network"):
        path.write_text(text.replace("The network:", f"The {word}:"))
        os.utime(path, (now := int(time.time()), now))
        done = subprocess.run(
            [sys.executable, "-m", "stages.says"], cwd=project.root, env=environment,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert done.stdout.strip() == word


def test_training_waits_for_a_right_gradient_check(tmp_path):
    project = torture.prepare(tmp_path / "project", epochs=1)
    for verdict in ('{"passed": false}', "{}", "[1, 2", ""):
        (project.root / "data/gradient_check/verdict.json").write_text(verdict)
        done = project.stage("train")
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert "error: data/gradient_check/verdict.json: " in done.stderr


@pytest.mark.long
def test_an_experiment_in_a_copy_goes_on_from_the_checkpoints_of_the_project(tmp_path):
    """As `dvc exp run --temp` and `--queue` have it."""
    project = torture.prepare(tmp_path / "project", epochs=5)
    project.git("init", "--quiet")
    project.git("config", "user.name", "test")
    project.git("config", "user.email", "test@test")
    project.dvc("repro", "train")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=results")
    done = project.run(
        sys.executable, "-m", "dvc", "exp", "run", "--temp", "-S", "train.epochs=6", "train"
    )
    assert done.returncode == 0, done.stderr
    assert "resuming at update " in done.stderr + done.stdout
    assert len(os.listdir(project.root / ".checkpoints")) == 1
