import os
import zipfile
from datetime import date

import numpy as np
import pytest
from conftest import network

from rnn import storage
from rnn.errors import InputError
from rnn.snapshot import Snapshot

SNAPSHOT = Snapshot(network(), np.zeros(7), next_index=2, position=10, update=5, smooth_loss=1.5)


def test_a_snapshot_comes_back_as_it_was(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    loaded = Snapshot.load(tmp_path / "model.npz", 9)
    for one, other in zip(loaded.parameters, SNAPSHOT.parameters, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(loaded.hidden, SNAPSHOT.hidden)
    for name in ("next_index", "position", "update", "smooth_loss"):
        assert getattr(loaded, name) == getattr(SNAPSHOT, name)


def test_numpy_opens_a_snapshot_too(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz") as arrays:
        np.testing.assert_array_equal(arrays["W"], SNAPSHOT.parameters.W)


def test_the_bytes_of_a_file_do_not_depend_on_the_day(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    with zipfile.ZipFile(tmp_path / "model.npz") as archive:
        assert {date(*member.date_time[:3]) for member in archive.infolist()} == {date(1980, 1, 1)}


def test_a_model_for_another_vocabulary_is_refused(tmp_path):
    SNAPSHOT.save(tmp_path / "model.npz")
    with pytest.raises(InputError, match=r"knows 9 characters, the vocabulary has 8"):
        Snapshot.load(tmp_path / "model.npz", 8)


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
        {"update": np.array(1.5)},
        {"extra": np.zeros(1)},
        {"U": np.array([{}], dtype=object)},
    ],
)
def test_arrays_that_are_no_model_are_refused_with_the_file_s_name(tmp_path, change):
    path = tmp_path / "model.npz"
    SNAPSHOT.save(path)
    arrays = {**storage.read_arrays(path), **change}
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=r"model\.npz"):
        Snapshot.load(path, 9)


def test_any_truncation_is_noticed(tmp_path):
    path = tmp_path / "model.npz"
    SNAPSHOT.save(path)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"model\.npz"):
            storage.read_arrays(path)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "text.txt"
    storage.write_text(path, "old")
    with pytest.raises(RuntimeError), storage.replacing(path) as temporary:
        temporary.write_text("half of the n")
        raise RuntimeError
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["text.txt"]


def test_json_has_sorted_keys_and_refuses_nan(tmp_path):
    storage.write_json(tmp_path / "a.json", {"b": 1, "a": "é"})
    assert (tmp_path / "a.json").read_text("utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="nan"):
        storage.write_json(tmp_path / "b.json", float("nan"))
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_is_refused_with_the_file_s_name(tmp_path, content):
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.json"):
        storage.read_json(tmp_path / "a.json")
