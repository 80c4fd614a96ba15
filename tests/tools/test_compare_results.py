"""What `make verify` takes for a difference, and what not."""

import re
import shutil
import sys

import pytest
from ruamel.yaml import YAML

from tests.support.project import PROJECT

COMPARE = str(PROJECT / "tools/compare_results.py")
TABLE, REPORT = "data/gradient_check/table.json", "reports/report.md"
PAGE = "reports/report.html"


@pytest.fixture
def recorded(project):
    """Return a project in which the results of the real one are committed."""
    (project.root / "reports").mkdir()
    for path in ("dvc.lock", REPORT, PAGE):
        shutil.copy(PROJECT / path, project.root / path)
    project.git("init", "--quiet")
    project.git("add", "--all")
    project.git("commit", "--quiet", "--message=results")
    return project


def outputs_in(lock):
    return {out["path"]: out for stage in lock["stages"].values() for out in stage["outs"]}


def record_another_hash(project, *outputs):
    yaml, path = YAML(typ="safe"), project.root / "dvc.lock"
    lock = yaml.load(path)
    for output in outputs:
        outputs_in(lock)[output]["md5"] = 32 * "0"
    yaml.dump(lock, path)


def edit(project, report, pattern, new):
    """Put other words into the report or the page; return how often."""
    path = project.root / report
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"))
    path.write_text(text, encoding="utf-8")
    record_another_hash(project, report)
    return count


def change_noise(project):
    """Give the gradient check other figures, as another CPU does: two for each parameter."""
    md5 = outputs_in(YAML(typ="safe").load(project.root / "dvc.lock"))[TABLE]["md5"]
    record_another_hash(project, TABLE)
    assert edit(project, REPORT, r"\b\d\.\de-\d\d\b", "9.9e-99") == 2 * 5
    assert edit(project, PAGE, r"\b\d\.\d × 10", "9.9 × 10") == 3 * 5  # with the original's
    assert edit(project, PAGE, r'(?<=class="c[a-z]{6}" cx=")[\d.]+(?=%)', "1.5") > 2 * 5
    assert edit(project, PAGE, md5, 32 * "0") == 1


def assert_refused(project, *outputs):
    done = project.run(sys.executable, COMPARE)
    assert done.returncode == 1
    assert done.stderr == f"error: not what dvc.lock records: {', '.join(outputs)}\n"


def test_the_same_results_are_not_refused(recorded):
    done = recorded.run(sys.executable, COMPARE)
    assert (done.returncode, done.stderr) == (0, "")
    outputs = outputs_in(YAML(typ="safe").load(recorded.root / "dvc.lock"))
    assert done.stdout.startswith(f"{len(outputs)} outputs: ")


@pytest.mark.parametrize(
    "output", ["data/preprocess/indices.npy", "data/gradient_check/verdict.json"]
)
def test_another_hash_of_a_promised_output_is_refused_and_named(recorded, output):
    record_another_hash(recorded, output)
    assert_refused(recorded, output)


def test_every_output_that_differs_is_named(recorded):
    record_another_hash(recorded, "data/train/snapshots", "data/train/best.npz")
    assert_refused(recorded, "data/train/best.npz", "data/train/snapshots")


@pytest.mark.parametrize("which", [0, -1])
def test_an_output_that_was_not_made_is_refused_and_named(recorded, which):
    yaml, path = YAML(typ="safe"), recorded.root / "dvc.lock"
    lock = yaml.load(path)
    del lock["stages"]["report"]["outs"][which]
    missing = set(outputs_in(yaml.load(path))) - set(outputs_in(lock))
    yaml.dump(lock, path)
    assert_refused(recorded, *missing)


def test_other_figures_of_the_gradient_check_alone_are_not_refused(recorded):
    change_noise(recorded)
    done = recorded.run(sys.executable, COMPARE)
    assert (done.returncode, done.stderr) == (0, "")


def test_other_figures_of_the_gradient_check_excuse_no_other_output(recorded):
    change_noise(recorded)
    record_another_hash(recorded, "data/train/best.npz")
    assert_refused(recorded, "data/train/best.npz")


def test_other_words_in_the_report_are_refused(recorded):
    change_noise(recorded)
    assert edit(recorded, REPORT, "^# A network learns to write", "# Another report") == 1
    assert_refused(recorded, REPORT)


def test_other_words_on_the_page_are_refused(recorded):
    change_noise(recorded)
    assert edit(recorded, PAGE, "<h1>A network", "<h1>Another network") == 1
    assert_refused(recorded, PAGE)
