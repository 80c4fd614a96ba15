import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn.data import corpus
from rnn.data.vocabulary import Vocabulary
from rnn.errors import InputError, Mismatched, UnfitBook, Unreadable, WrongEncoding
from rnn.storage import rows
from tests.support.project import PROJECT


def text_of(path, encoding="utf-8"):
    return "".join(corpus.read_text(path, encoding))


def write(folder, content):
    path = folder / "book.txt"
    path.write_bytes(content)
    return path


@given(st.text(st.sampled_from("a\r\né\U0001f30a")), st.integers(1, 7))
def test_blocks_of_any_size_give_the_text_with_plain_line_ends(tmp_path_factory, text, block):
    path = write(tmp_path_factory.mktemp("corpus"), text.encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "_BLOCK", block)
        assert text_of(path) == text.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_is_not_part_of_the_book(tmp_path, encoding):
    mark = "" if encoding in ("utf-8-sig", "utf-16", "utf-32") else "\ufeff"
    assert text_of(write(tmp_path, f"{mark}Nell\ufeff".encode(encoding)), encoding) == "Nell\ufeff"


@given(st.integers(0, 20), st.integers(1, 9))
def test_the_offset_of_an_invalid_byte_is_named(tmp_path_factory, before, block):
    path = write(tmp_path_factory.mktemp("corpus"), "é".encode() * before + b"\x96 and more")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "_BLOCK", block)
        with pytest.raises(WrongEncoding, match=rf"byte {2 * before} is not utf-8 \(0x96\)$"):
            text_of(path)


def test_a_book_that_ends_inside_a_character_is_refused(tmp_path):
    with pytest.raises(WrongEncoding, match=r"byte 4 is not utf-8 \(0xc3\)"):
        text_of(write(tmp_path, b"Nell\xc3"))


@pytest.mark.parametrize(
    "encoding", ["klingon", "zlib", "hex", "undefined", "utf-8\0", "\ud800", "x" * 5000]
)
def test_an_encoding_that_is_none_is_refused(tmp_path, encoding):
    with pytest.raises(WrongEncoding, match="is no text encoding of Python") as error:
        text_of(write(tmp_path, b"Nell"), encoding)
    assert str(error.value).isprintable() and len(str(error.value)) <= 1000


@pytest.mark.parametrize("encoding", ["unicode_escape", "raw_unicode_escape", "utf-7"])
@pytest.mark.parametrize("block", [1, 3, corpus._BLOCK])
def test_half_a_character_is_refused_with_its_place(tmp_path, monkeypatch, encoding, block):
    book = "Nell \ud83d and \ud83d\ude00".encode(encoding, "surrogatepass")
    monkeypatch.setattr(corpus, "_BLOCK", block)
    with pytest.raises(WrongEncoding, match=r"character 6 in .* is U\+D83D, half of a character$"):
        text_of(write(tmp_path, book), encoding)


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("name", ["utf-16", "utf-32"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "utf-16", "utf-32", "cp437"])
def test_a_book_in_utf_16_or_32_under_another_encoding_is_told_so(tmp_path, encoding, name, order):
    mark = "\ufeff".encode(f"{name}-{order}")
    book = write(tmp_path, mark + "Nell, the tide ".encode(f"{name}-{order}"))
    if encoding == name:
        assert text_of(book, encoding) == "Nell, the tide "
        return
    with pytest.raises(WrongEncoding, match=f"not {encoding}$") as error:
        corpus.scan(book, encoding)
    assert error.value.suggestion == name


@pytest.mark.parametrize(("name", "other"), [("utf-16-le", "utf-16-be"), ("utf-32-be", "utf-8")])
def test_a_book_whose_bytes_stand_in_another_order_is_told_so(tmp_path, name, other):
    with pytest.raises(WrongEncoding, match=f"not {other}$") as error:
        text_of(write(tmp_path, "\ufeffNell".encode(name)), other)
    assert error.value.suggestion == name[:6]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1", "utf-7"])
def test_a_book_of_which_many_characters_are_nul_is_refused(tmp_path, encoding, name):
    book = write(tmp_path, "Nell, the tide and the clock.\n".encode(name))
    with pytest.raises(WrongEncoding, match="are NULs, ") as error:
        corpus.scan(book, encoding)
    assert name in error.value.suggestion


def test_a_book_in_which_nul_merely_occurs_is_taken(tmp_path):
    vocabulary, length = corpus.scan(write(tmp_path, b"Nell\0 and\0"), "utf-8")
    assert "\0" in vocabulary.characters and length == 10


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("path", ["/proc/self/mem", "/dev/zero", "/dev/full", "/dev", "/dev/null"])
def test_a_book_that_is_no_regular_file_is_refused_at_once(path):
    with pytest.raises(Unreadable, match=f"^{path}: "):
        corpus.scan(Path(path), "utf-8")


ASCII = st.text(st.sampled_from("ab\r\n"))  # apart, so that there are blocks of nothing else
OTHERS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\0"))
TEXTS = st.lists(ASCII | OTHERS, min_size=2).map("".join)


@given(TEXTS, st.integers(1, 9) | st.just(corpus._BLOCK))
def test_a_book_becomes_the_indices_of_its_characters(tmp_path_factory, text, block):
    folder = tmp_path_factory.mktemp("corpus")
    book = write(folder, text.encode())
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(corpus, "_BLOCK", block)
        if len(set(text)) < 2:
            with pytest.raises(UnfitBook, match="one distinct character" if text else "is empty"):
                corpus.scan(book, "utf-8")
            return
        vocabulary, length = corpus.scan(book, "utf-8")
        assert (vocabulary, length) == (Vocabulary.of(text), len(text))
        corpus.write_indices(folder / "indices.npy", book, "utf-8", vocabulary, length)
    assert vocabulary.decode(np.load(folder / "indices.npy")) == text
    indices = corpus.open_indices(folder / "indices.npy", vocabulary)
    assert (len(indices), indices.dtype) == (len(text), vocabulary.dtype)
    assert vocabulary.decode(indices[1:3]) == text[1:3]


@pytest.mark.parametrize("before", [0, 9])
def test_nuls_are_counted_in_every_block(tmp_path, monkeypatch, before):
    monkeypatch.setattr(corpus, "_BLOCK", 4)
    book = write(tmp_path, b"a" * before + b"\0b" * 20)
    with pytest.raises(WrongEncoding, match=f": 20 of its {before + 40} characters are NULs"):
        corpus.scan(book, "utf-8")


def test_too_many_distinct_characters_are_refused(tmp_path):
    text = "".join(map(chr, range(0x10000, 0x10000 + 70_000)))
    with pytest.raises(UnfitBook, match="70,000 distinct characters"):
        corpus.scan(write(tmp_path, text.encode()), "utf-8")


def save(path, array, dtype="u1"):
    rows.write(path, np.dtype(dtype), [np.array(array, dtype)], len(array))


def test_a_truncated_or_changed_index_array_is_refused(tmp_path):
    path = tmp_path / "indices.npy"
    save(path, [0, 1, 0, 1, 1])
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"indices\.npy"):
            corpus.open_indices(path, Vocabulary("ab"))
    harmless = []
    for place in range(8 * len(content)):
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        path.write_bytes(changed)
        try:  # |u1 and <u1 differ in a bit and mean the same
            assert corpus.open_indices(path, Vocabulary("ab"))[:].tolist() == [0, 1, 0, 1, 1]
            harmless.append(place)
        except InputError as error:
            assert "indices.npy" in str(error)
    assert len(harmless) <= 1


@pytest.mark.parametrize(("array", "dtype"), [([0, 1], "i8"), ([0, 1], "f4"), ([0, 1, 2], "u1")])
def test_an_index_array_that_does_not_fit_the_vocabulary_is_refused(tmp_path, array, dtype):
    save(tmp_path / "indices.npy", array, dtype)
    with pytest.raises(Mismatched, match=r"indices\.npy"):
        corpus.open_indices(tmp_path / "indices.npy", Vocabulary("ab"))


@pytest.mark.parametrize("array", [np.zeros((5, 2), np.uint8), np.array([None, {}], dtype=object)])
def test_an_array_that_is_no_row_of_numbers_is_refused(tmp_path, array):
    np.save(tmp_path / "indices.npy", array)
    with pytest.raises(InputError, match=r"indices\.npy"):
        corpus.open_indices(tmp_path / "indices.npy", Vocabulary("ab"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_memory_does_not_grow_with_the_book(tmp_path):
    """100 times the book may take 20 MB more at its peak, for the same stages of work."""
    peaks = []
    for size in (1, 100):
        book = write(tmp_path, b"It was a tide like any other, \xc3\xa9 " * (size * 32_000))
        script = f"""
import re
from pathlib import Path
from rnn.data import corpus
book, out = Path({str(book)!r}), Path({str(tmp_path / "indices.npy")!r})
vocabulary, length = corpus.scan(book, "utf-8")
corpus.write_indices(out, book, "utf-8", vocabulary, length)
corpus.open_indices(out, vocabulary)
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        peaks.append(int(done.stdout) / 1024)
    assert peaks[1] - peaks[0] < 20
    assert peaks[1] < 300
