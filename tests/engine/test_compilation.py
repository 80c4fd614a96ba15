"""Compiled code that is kept: used again when it is whole, and made anew when it is not."""

import logging
import os
import shutil
import subprocess
import sys

import pytest

from rnn.engine import compilation
from tests.support.project import PROJECT


def _twice(x):
    return x + x


def _thrice(x):
    return x + x + x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compilation, "FOLDER", tmp_path / "kept")
    compilation._say_once.cache_clear()
    return tmp_path / "kept"


def is_compiled_anew(function=_twice, argument=3):
    """Call the function as a new process would."""
    dispatcher = compilation.compiled(function)
    assert dispatcher(argument) == function(argument)
    return not dispatcher.stats.cache_hits


def test_compiled_code_is_used_again(folder):
    assert is_compiled_anew()
    assert not is_compiled_anew()
    assert is_compiled_anew(argument=3.0)
    assert is_compiled_anew(_thrice)
    assert not is_compiled_anew(argument=3.0)
    assert len(list(folder.iterdir())) == 3


def test_damaged_compiled_code_is_compiled_anew(folder):
    is_compiled_anew()
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for place in (0, 31, 32, len(whole) // 2, len(whole) - 1):
        flipped = bytes([whole[place] ^ 1])
        for damaged in (whole[:place], whole[:place] + flipped + whole[place + 1 :]):
            path.write_bytes(damaged)
            assert is_compiled_anew()
            assert not is_compiled_anew()


def test_compiled_code_in_another_s_place_is_compiled_anew(folder):
    is_compiled_anew()
    (path,) = folder.iterdir()
    is_compiled_anew(_thrice)
    (other,) = set(folder.iterdir()) - {path}
    path.write_bytes(other.read_bytes())
    assert is_compiled_anew()


def test_where_nothing_can_be_kept_it_is_compiled_in_memory(folder, caplog):
    folder.write_text("no folder")
    with caplog.at_level(logging.WARNING):
        assert is_compiled_anew() and is_compiled_anew()
    compiling, not_kept = caplog.messages
    assert "compiling" in compiling
    assert f"{folder}: " in not_kept and "compiled in memory" in not_kept


def test_nothing_is_said_where_nothing_is_compiled(folder, caplog):
    is_compiled_anew()
    compilation._say_once.cache_clear()
    caplog.clear()
    assert not is_compiled_anew()
    assert caplog.messages == []


SCRIPT = """
from tests.engine.test_compilation import _twice
from rnn.engine import compilation, compiled
assert compilation.compiled(_twice)(3) == 6
"""


@pytest.mark.long
def test_several_processes_may_compile_at_once(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "NUMBA_CACHE_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=PROJECT, env=environment)
        for _ in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.long
def test_code_that_is_edited_while_numba_is_imported_is_not_kept(tmp_path):
    """It would be kept for good under the name of other code."""
    shutil.copytree(PROJECT / "rnn", tmp_path / "rnn", ignore=shutil.ignore_patterns("__pycache__"))
    edit = """
import sys
class Editor:
    def find_spec(name, *_):
        if name == "numba":
            open("rnn/engine/elementary.py", "a").write("# edited")
sys.meta_path.insert(0, Editor)
"""
    # The working folder comes before the path, and its package before the project's.
    environment = {
        **os.environ,
        "PYTHONPATH": str(PROJECT),
        "NUMBA_CACHE_DIR": str(tmp_path / "kept"),
    }
    for before in (edit, ""):
        assert not (tmp_path / "kept").exists()
        command = [sys.executable, "-c", before + SCRIPT]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / "kept").exists()
