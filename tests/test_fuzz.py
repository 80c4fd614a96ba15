"""Hostile files: whatever they hold, the answer is a value or an InputError, soon and in bounds."""

import io
import os
import resource
import struct
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import PROJECT, network
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rnn import storage
from rnn.errors import InputError
from rnn.snapshot import Snapshot
from rnn.vocabulary import Vocabulary
from stages import params, paths

fuzz = settings(
    max_examples=300, deadline=10_000, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PARAMS = (PROJECT / paths.PARAMS).read_bytes()


@pytest.fixture(autouse=True)
def within_500_megabytes():
    """Fail whatever asks for much more memory than a file of its size can need."""
    if sys.platform != "linux":
        yield
        return
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + 500 * 2**20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def refused_or(load, *arguments):
    """Return what was loaded, or None where the file was refused in one line."""
    try:
        return load(*arguments)
    except InputError as error:
        assert "\n" not in str(error)
        return None


@st.composite
def edited(draw, content):
    """Return some bytes with a few stretches replaced, doubled or cut out."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(start + 30, len(content))))
        change = draw(st.one_of(st.binary(max_size=12), st.just(bytes(content[start:end]) * 2)))
        content[start:end] = change
    return bytes(content)


@fuzz
@given(st.one_of(edited(PARAMS), st.binary(max_size=300)))
def test_params_of_any_bytes(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "PARAMS", path)
        loaded = refused_or(params.load)
    assert loaded is None or isinstance(loaded, params.Params)


plain = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
KEYS = [
    (section, key)
    for section, field in params.Params.model_fields.items()
    for key in field.annotation.model_fields
]


@fuzz
@given(st.sampled_from(KEYS), plain)
def test_params_of_any_values(key, value):
    values = YAML(typ="safe").load(PARAMS)
    values[key[0]][key[1]] = value
    loaded = refused_or(params.check, params.Params, values, "params.yaml: ")
    if loaded is not None:
        held = getattr(getattr(loaded, key[0]), key[1])
        assert type(held) is not bool
        if isinstance(held, float):
            assert np.isfinite(held)


def saved(save):
    """Return the bytes that `save` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "saved"
        save(path)
        return path.read_bytes()


VOCABULARY = saved(Vocabulary("\n abcé").save)
MODEL = saved(Snapshot(network(5, 3), np.zeros(3), 1, 0, 0, 1.0).save)
INDICES = saved(
    lambda path: storage.write_long_array(path, np.dtype("u1"), [np.arange(5, dtype="u1")], 5)
)


@fuzz
@given(st.one_of(edited(VOCABULARY), st.binary(max_size=200)))
def test_a_vocabulary_of_any_bytes(tmp_path, content):
    path = tmp_path / "vocabulary.json"
    path.write_bytes(content)
    loaded = refused_or(Vocabulary.load, path)
    assert loaded is None or loaded == Vocabulary("\n abcé")


@fuzz
@given(st.one_of(edited(MODEL), st.binary(max_size=200)))
def test_a_model_of_any_bytes(tmp_path, content):
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    loaded = refused_or(Snapshot.load, path, 5)
    if loaded is not None:
        assert all(map(np.array_equal, loaded.parameters, network(5, 3)))


@fuzz
@given(st.one_of(edited(INDICES), st.binary(max_size=200)))
def test_indices_of_any_bytes(tmp_path, content):
    path = tmp_path / "indices.npy"
    path.write_bytes(content)
    loaded = refused_or(storage.open_long_array, path)
    assert loaded is None or loaded[:].tolist() == [0, 1, 2, 3, 4]


def npy(header: bytes, content: bytes = b"") -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


@pytest.mark.parametrize(
    "header",
    [
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }\n",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 999999999), }\n",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }\n",
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }\n",
        b"(" * 60_000 + b"\n",
        b"__import__('os').system('true')\n",
    ],
)
def test_a_header_that_lies_is_refused(tmp_path, header):
    (tmp_path / "indices.npy").write_bytes(npy(header, b"12345678"))
    with pytest.raises(InputError, match=r"indices\.npy"):
        storage.open_long_array(tmp_path / "indices.npy")
    with zipfile.ZipFile(tmp_path / "model.npz", "w") as archive:
        archive.writestr("W.npy", npy(header, b"12345678"))
    with pytest.raises(InputError, match=r"model\.npz"):
        storage.read_arrays(tmp_path / "model.npz")


@pytest.mark.parametrize(
    "name", ["../W.npy", "/etc/W.npy", "W", "W.npy/", "a/b.npy", "W.exe", ".npy"]
)
def test_a_member_with_another_name_is_refused_and_nothing_is_unpacked(tmp_path, name):
    content = io.BytesIO()
    np.save(content, np.zeros(2))
    with zipfile.ZipFile(tmp_path / "model.npz", "w") as archive:
        archive.writestr(name, content.getvalue())
    with pytest.raises(InputError, match="unexpected member"):
        storage.read_arrays(tmp_path / "model.npz")
    assert os.listdir(tmp_path) == ["model.npz"]


def test_a_compressed_member_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "model.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("W.npy", bytes(50 * 2**20))
    assert (tmp_path / "model.npz").stat().st_size < 100_000
    with pytest.raises(InputError, match="compressed"):
        storage.read_arrays(tmp_path / "model.npz")


def test_a_name_that_stands_twice_is_refused(tmp_path):
    content = io.BytesIO()
    np.save(content, np.zeros(2))
    with zipfile.ZipFile(tmp_path / "model.npz", "w") as archive:
        archive.writestr("W.npy", content.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("W.npy", content.getvalue())
    with pytest.raises(InputError, match="unexpected member"):
        storage.read_arrays(tmp_path / "model.npz")


def test_an_object_array_is_never_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    np.savez(tmp_path / "model.npz", W=np.array([Trap()], dtype=object))
    with pytest.raises(InputError, match=r"model\.npz"):
        storage.read_arrays(tmp_path / "model.npz")
    assert not (tmp_path / "sprung").exists()


def test_no_module_unpickles():
    for path in (*(PROJECT / "rnn").glob("*.py"), *(PROJECT / "stages").glob("*.py")):
        code = path.read_text(encoding="utf-8")
        assert "import pickle" not in code and "allow_pickle=True" not in code
        assert "np.load(" not in code
