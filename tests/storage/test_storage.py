import os
import resource
import struct
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from rnn.data.vocabulary import Vocabulary
from rnn.engine import Draw, compiled
from rnn.errors import Damaged, InputError, Unreadable
from rnn.evaluation import sampling
from rnn.model import Parameters
from rnn.settings import LARGEST_HIDDEN_SIZE, Model
from rnn.storage import archives, files, rows
from rnn.training.snapshot import Snapshot
from tests.support.networks import network, numbers
from tests.support.project import PROJECT

VOCABULARY = Vocabulary("abcdefghi")
SNAPSHOT = Snapshot(network(), VOCABULARY, np.zeros(7), next_index=2, update=5, smooth_loss=1.5)


def test_a_snapshot_comes_back_as_it_was(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    loaded = Snapshot.load(tmp_path / "model.npz")
    for one, other in zip(loaded.parameters, SNAPSHOT.parameters, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(loaded.hidden, SNAPSHOT.hidden)
    for name in ("vocabulary", "next_index", "update", "smooth_loss"):
        assert getattr(loaded, name) == getattr(SNAPSHOT, name)


def test_numpy_opens_a_snapshot_too(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as arrays:
        np.testing.assert_array_equal(arrays["W"], SNAPSHOT.parameters.W)


def test_the_bytes_of_a_file_do_not_depend_on_the_day(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        assert {date(*member.date_time[:3]) for member in archive.infolist()} == {date(1980, 1, 1)}


def test_a_file_of_a_model_alone_is_enough_to_write(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    snapshot = Snapshot.load(tmp_path / "model.npz")
    sample = sampling.write(compiled, snapshot, 50, Draw(1.0), numbers())
    assert len(sample.text) == 50 and set(sample.text) <= set("abcdefghi")


@pytest.mark.parametrize(
    "change",
    [
        {"W": np.zeros((7, 8))},
        {"hidden": np.zeros(6)},
        {"hidden": np.zeros((7, 1))},
        {"b": np.zeros(7, np.float32)},
        {"c": np.full(9, np.nan)},
        {"next_index": np.array(9)},
        {"next_index": np.array(-1)},
        {"update": np.array(-1)},
        {"characters": np.arange(97, 105, dtype=np.uint32)},
        {"characters": np.arange(105, 96, -1, dtype=np.uint32)},
        {"characters": np.arange(97, 106)},
        {"characters": np.full(9, 97, np.uint32)},
        {"characters": np.arange(0xD7FF, 0xD808, dtype=np.uint32)},
        {"characters": np.arange(0x10FFFF, 0x110008, dtype=np.uint32)},
        {"characters": np.zeros(0, np.uint32)},
        {"characters": np.arange(70_000, dtype=np.uint32)},
        {"characters": np.zeros((3, 3), np.uint32)},
        {"smooth_loss": np.array(-1.0)},
        {"hidden": np.full(7, 1.5)},
        {"W": np.full((7, 7), 3e307)},
        {"c": np.array(1.0)},
        {"b": np.zeros(0), "hidden": np.zeros(0), "W": np.zeros((0, 0))},
        {"U": np.zeros((0, 9)), "W": np.zeros((0, 0)), "V": np.zeros((9, 0)), "b": np.zeros(0)}
        | {"hidden": np.zeros(0)},
        {f"x{n}": np.zeros(1) for n in range(60_000)},
        {"update": np.array(1.5)},
        {"extra": np.zeros(1)},
        {"U": np.array([{}], dtype=object)},
    ],
)
def test_arrays_that_are_no_model_are_refused_with_the_file_s_name(tmp_path, change):
    path = tmp_path / "model.npz"
    SNAPSHOT.save(path)
    arrays = {**archives.read(path), **change}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"model\.npz") as error:
        Snapshot.load(path)
    assert str(error.value).isprintable() and len(str(error.value)) <= 1000


def test_a_network_of_one_byte_or_two_byte_numbers_is_refused(tmp_path):
    path = tmp_path / "model.npz"
    SNAPSHOT.save(path)
    arrays = archives.read(path)
    for name in (*Parameters._fields, "hidden"):
        arrays[name] = arrays[name].astype(np.float16)
    np.savez(path, **arrays)
    halves = path.read_bytes()
    for content in (halves, halves.replace(b"'<f2'", b"'<f1'"), halves.replace(b"<f2", b"|f2")):
        path.write_bytes(content)
        with pytest.raises(Damaged, match=r"model\.npz: "):
            Snapshot.load(path)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_network_that_is_taken_gives_probabilities_however_large_its_weights(
    tmp_path, dtype, sign
):
    path = tmp_path / "model.npz"

    def save(weight):
        parameters = Parameters(*(np.full_like(a, weight, dtype) for a in network()))
        parameters.V[::2] *= -1
        hidden = np.full(7, sign, dtype)
        Snapshot(parameters, VOCABULARY, hidden, 2, 5, 1.5).save(path)

    save(sign * np.finfo(dtype).max / 18.1)
    for temperature in (0, 1e-310, 1, 100):
        snapshot = Snapshot.load(path)
        sample = sampling.write(compiled, snapshot, 9, Draw(temperature), numbers(), "hide")
        assert (sample.probabilities > 0).all() and (sample.probabilities <= 1).all()
    save(sign * np.finfo(dtype).max / 17.9)
    with pytest.raises(InputError, match="numbers that no training gives"):
        Snapshot.load(path)


def test_the_largest_network_that_params_allow_is_the_largest_that_is_loaded():
    assert Model.model_fields["hidden_size"].metadata[1].le == LARGEST_HIDDEN_SIZE


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory by way of /proc")
@pytest.mark.parametrize("kind", ["directory", "member"])
def test_a_file_of_holes_is_refused_before_it_is_read(tmp_path, kind):
    path, size = tmp_path / "model.npz", 2**31 - 2**20
    sizes = struct.pack("<3L2H", 0, size - 100, size - 100, 5, 0)
    member = b"PK\3\4\x14" + bytes(9) + sizes + b"U.npy"
    entry = b"PK\1\2\x14\0\x14" + bytes(9) + sizes + bytes(14) + b"U.npy"
    extent = (size, 0) if kind == "directory" else (len(entry), size)
    with path.open("wb") as file:
        file.write(member)
        file.seek(size)
        file.write(entry if kind == "member" else b"")
        file.write(struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, *extent, 0))
    before = peak_memory()
    with pytest.raises(Damaged, match=r"model\.npz: is damaged "):
        Snapshot.load(path)
    assert peak_memory() - before < 50 * 2**20


def peak_memory():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize(
    "kind", ["pipe", "folder", "loop", "below a file", "NUL", "long", "device"]
)
def test_what_is_no_file_is_refused_at_once_with_its_name(tmp_path, kind):
    path = tmp_path / "model.npz"
    if kind == "pipe":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to(tmp_path / "pipe")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "below a file":
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "model.npz"
    else:
        path = tmp_path / {"NUL": "a\0model.npz", "long": "a" * 300 + "model.npz"}[kind]
    for read in (archives.read, files.read_json, rows.open_frozen):
        with pytest.raises(Unreadable, match=r"model\.npz: ") as error:
            read(path)
        assert error.value.path == path


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_read_that_fails_names_the_file():
    for read in (archives.read, files.read_json, rows.open_frozen):
        with pytest.raises(InputError, match=r"^/proc/self/mem: "):
            read(Path("/proc/self/mem"))


def test_what_a_killed_writer_left_goes_with_the_next_write(tmp_path):
    path = tmp_path / "text.txt"
    script = (
        "import os, signal; from pathlib import Path; from rnn.storage import files\n"
        f"with files.replacing(Path({str(path)!r})) as temporary:\n"
        "    temporary.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=False)
    assert len(os.listdir(tmp_path)) == 1
    of_others = {".text.txt.bak", ".other.txt.0123456789abcdef.tmp", ".text.txt.old.tmp"}
    for name in of_others:
        (tmp_path / name).touch()
    files.write_text(path, "whole")
    assert set(os.listdir(tmp_path)) == {"text.txt", *of_others}


def test_an_error_without_a_number_is_said_in_its_own_words(tmp_path):
    with (
        pytest.raises(OSError, match="3 requested and 2 written") as error,
        files.replacing(tmp_path / "a.npy"),
    ):
        raise OSError("3 requested and 2 written")
    assert error.value.filename == str(tmp_path / "a.npy") and "None" not in str(error.value)


def test_any_truncation_is_noticed(tmp_path):
    path = tmp_path / "model.npz"
    SNAPSHOT.save(path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"model\.npz"):
            archives.read(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "text.txt"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["text.txt"]


def test_json_has_sorted_keys_and_refuses_nan(tmp_path):
    files.write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="nan"):
        files.write_json(tmp_path / "b.json", float("nan"))
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe", b"[" * 100_000, b'["\\ud800"]', b"1" * 5000]
)
def test_what_is_no_json_is_refused_with_the_file_s_name(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json"):
        files.read_json(tmp_path / "a.json")
