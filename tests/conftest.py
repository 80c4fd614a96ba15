"""The fixtures: copies of the project in which nothing, or everything, has run; a browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page

from rnn.engine import team
from stages.common import paths, startup
from tests.support import browser as browsers
from tests.support import handed, networks, once
from tests.support.project import PROJECT, STAGES, Project

settings.register_profile("several tests at once", deadline=None)
settings.load_profile("several tests at once")


def pytest_xdist_auto_num_workers() -> int:
    """Return one process more than there are cores: there is always one that waits."""
    return team.allowed() + 1


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that all processes of this test run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def compiled_code(shared: Path) -> None:
    """Have what the stages compute with compiled, or wait until another process has done so."""
    once.shared_out(shared, ("float32", "float64"), networks.compile_for)


@pytest.fixture
def project(tmp_path: Path, compiled_code: None) -> Project:
    """Return a project in which nothing has run."""
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(shared: Path, compiled_code: None) -> Path:
    """Return the folder of a project in which every stage has run; copy it before a change."""

    def make(folder: Path) -> None:
        project = Project(folder)
        for name in STAGES:
            done = project.stage(name)
            assert done.returncode == 0, done.stdout + done.stderr

    return once.made(shared / "finished", make)


@pytest.fixture
def trained(project: Project, finished: Path) -> Project:
    """Return a project of this test's own in which every stage has run."""
    shutil.copytree(finished / "data", project.root / "data", dirs_exist_ok=True)
    shutil.copytree(finished / "reports", project.root / "reports")
    return project


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working folder, which holds all that the report reads."""
    for path in (paths.PARAMS, paths.PIPELINE):
        shutil.copy(PROJECT / path, tmp_path / path)
    shutil.copytree(PROJECT / paths.PAGE_SOURCES, tmp_path / paths.PAGE_SOURCES)
    handed.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(startup, "CODE", {})  # which is not in that folder
    return tmp_path


@pytest.fixture(scope="module")  # its event loop, while it runs, leaves room for no other
def browser() -> Iterator[Browser]:
    """Return a browser; where there is none, skip the test."""
    if browsers.PROGRAM is None:
        pytest.skip(browsers.MISSING)
    with browsers.launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return an empty page without a network; any error on it fails the test."""
    with browsers.opened(browser) as page:
        yield page
