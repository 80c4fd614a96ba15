"""What the store keeps, and that nothing damaged comes out of it."""

import subprocess
import sys
from contextlib import closing

import pytest

from sweep.store import Record, Store, name_of

RECORD = Record({"held_out_bits": 1.9375, "updates": 20}, "ab" * 32, "cd" * 32)
NAME = name_of("ef" * 32, 10, 10)


def test_a_record_comes_back_as_it_was(tmp_path):
    Store(tmp_path).put(NAME, RECORD)
    assert Store(tmp_path).get(NAME) == RECORD
    assert Store(tmp_path).get(name_of("ef" * 32, 10, 5)) is None


def test_a_damaged_record_is_said_and_not_used(tmp_path, capsys):
    store = Store(tmp_path)
    store.put(NAME, RECORD)
    path = tmp_path / f"{NAME}.json"
    content = path.read_bytes()
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 2
        path.write_bytes(damaged)
        assert store.get(NAME) is None, place
        assert "computing it anew" in capsys.readouterr().err
    for cut in (b"", content[:-5], b"[]", b"null"):
        path.write_bytes(cut)
        assert store.get(NAME) is None
    store.put(NAME, RECORD)
    assert store.get(NAME) == RECORD


def test_a_shared_record_is_taken_over_into_the_sweep_s_own_store(tmp_path):
    Store(tmp_path / "a", tmp_path / "shared").put(NAME, RECORD)
    other = Store(tmp_path / "b", tmp_path / "shared")
    assert other.get(NAME) == RECORD
    assert Store(tmp_path / "b").get(NAME) == RECORD


def test_what_one_sweep_has_claimed_another_leaves_to_it_until_it_is_put(tmp_path):
    shared = tmp_path / "shared"
    first, second = Store(tmp_path / "a", shared), Store(tmp_path / "b", shared)
    with closing(first), closing(second):
        assert first.claim(NAME) and first.claim(NAME)
        assert not second.claim(NAME)
        first.put(NAME, RECORD)
        assert second.claim(NAME) and second.get(NAME) == RECORD


def test_the_claim_of_a_sweep_that_was_killed_is_no_obstacle(tmp_path):
    code = (
        "import os; from pathlib import Path; from sweep.store import Store;"
        f"s = Store(Path({str(tmp_path / 'a')!r}), Path({str(tmp_path / 'shared')!r}));"
        f"assert s.claim({NAME!r}); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    assert list((tmp_path / "shared/.claims").iterdir())
    with closing(Store(tmp_path / "b", tmp_path / "shared")) as store:
        assert store.claim(NAME)


def test_a_store_that_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as caught:
        Store(tmp_path / "own", tmp_path / "file").claim(NAME)
    assert str(tmp_path / "file") in str(caught.value)
