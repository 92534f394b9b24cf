"""The seal catches every flipped bit, every cut and every byte too many."""

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.exceptions import DamagedError, MissingError
from ensemble_lab.store import seal as seals
from ensemble_lab.store.hdf5 import content_sha256, open_sealed, write_sealed
from ensemble_lab.store.seal import check_seal, peek_digest, seal

DIGEST = "0123456789abcdef" * 4


@pytest.fixture
def sealed(tmp_path):
    path = tmp_path / "small"
    path.write_bytes(bytes(range(40)))
    seal(path, DIGEST)
    return path


@pytest.fixture(scope="module")
def hdf5_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("seal") / "small.h5"
    write_sealed(path, "thing", {"n": 1}, {"a/b": np.arange(6, dtype=np.float32)})
    return path, path.read_bytes()


def test_every_flipped_bit_is_caught(sealed):
    content = sealed.read_bytes()
    for bit in range(8 * len(content)):
        altered = bytearray(content)
        altered[bit // 8] ^= 1 << bit % 8
        sealed.write_bytes(altered)
        with pytest.raises(DamagedError):
            check_seal(sealed)


def test_every_cut_is_caught(sealed):
    content = sealed.read_bytes()
    for length in range(len(content)):
        sealed.write_bytes(content[:length])
        with pytest.raises(DamagedError):
            check_seal(sealed)


def test_added_bytes_are_caught(sealed):
    content = sealed.read_bytes()
    for more in (b"\0", b"\n", content[-1:], content[-80:], content, bytes(200)):
        sealed.write_bytes(content + more)
        with pytest.raises(DamagedError):
            check_seal(sealed)


@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_flipped_bit_of_an_hdf5_file_is_caught_before_hdf5_sees_it(hdf5_file, place, bit):
    path, content = hdf5_file
    altered = bytearray(content)
    altered[int(place * len(content))] ^= 1 << bit
    path.write_bytes(altered)
    with pytest.raises(DamagedError, match="seal"), open_sealed(path, "thing"):
        pass
    path.write_bytes(content)


@given(place=st.floats(0, 1, exclude_max=True))
def test_cut_hdf5_file_is_caught(hdf5_file, place):
    path, content = hdf5_file
    path.write_bytes(content[: int(place * len(content))])
    with pytest.raises(DamagedError, match="seal"), open_sealed(path, "thing"):
        pass
    path.write_bytes(content)


def test_seal_holds_the_content_digest(hdf5_file):
    path, _ = hdf5_file
    assert peek_digest(path) == check_seal(path) == content_sha256(path)


def test_file_of_several_blocks_is_hashed_whole(sealed, monkeypatch):
    monkeypatch.setattr(seals, "_BLOCK", 7)
    assert check_seal(sealed) == DIGEST


def test_file_that_is_replaced_while_it_is_read_is_whole(sealed, monkeypatch):
    """A longer one takes its place: what was opened is read to its own end."""
    longer = sealed.with_name("longer")
    longer.write_bytes(bytes(range(200)))
    seal(longer, DIGEST[::-1])
    opened, open_path = [], type(sealed).open

    def open_and_replace(path, *mode):
        file = open_path(path, *mode)
        opened.append(path)
        if len(opened) == 2:
            longer.replace(sealed)
        return file

    monkeypatch.setattr(type(sealed), "open", open_and_replace)
    assert check_seal(sealed) == DIGEST
    assert not longer.exists()


def test_plain_h5py_opens_a_sealed_file(hdf5_file):
    path, content = hdf5_file
    with h5py.File(path) as file:
        assert file["a/b"][:].tolist() == [0, 1, 2, 3, 4, 5]
    assert path.read_bytes() == content


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MissingError, match=r"nothing\.h5"):
        check_seal(tmp_path / "nothing.h5")
