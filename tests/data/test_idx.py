"""IDX files: the true format, and every way of it being wrong."""

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.sources.idx import load_idx, load_idx_int32
from ensemble_lab.exceptions import DataError
from tests.data.idx_files import idx_bytes

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
AXES = "examples height width"


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_idx_reads_what_was_written_whatever_its_name(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "images"
    path.write_bytes(pack(idx_bytes(IMAGES)))
    assert np.array_equal(load_idx(path, AXES), IMAGES)


def test_more_than_one_block_is_read_whole(tmp_path: Path) -> None:
    images = np.random.default_rng(1).integers(0, 256, (300, 80, 100), np.uint8)
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(idx_bytes(images), 1))
    assert np.array_equal(load_idx(path, AXES), images)


GOOD = idx_bytes(IMAGES)


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"", "begin with two zero bytes.*got nothing"),
        (b"\x89PNG" + GOOD, "got 89 50 4e 47"),
        (idx_bytes(IMAGES, kind=0x0D), "unsigned bytes.*got type 0d"),
        (GOOD[:9], "3 lengths; the file ends inside"),
        (idx_bytes(IMAGES[0]), r"axes \(examples, height, width\); got shape \(4, 3\)"),
        (GOOD[:-1], r"60 bytes of shape \(5, 4, 3\)"),
        (GOOD + b"\0", "end after the 60 bytes.*goes on"),
        (idx_bytes(IMAGES, (2**32 - 1, 2**32 - 1, 3)), "cannot hold more than 76"),
        (gzip.compress(idx_bytes(IMAGES, (2**32 - 1, 28, 28))), "cannot hold more than"),
        (gzip.compress(GOOD[:-1]), "60 bytes.*got 59"),
        (gzip.compress(GOOD + b"\0" * 10**6), "end after the 60 bytes"),
        (gzip.compress(GOOD)[:-9], "whole gzip file.*end-of-stream"),
        (gzip.compress(GOOD)[:-4], "whole gzip file.*end-of-stream"),
        (gzip.compress(GOOD)[:-8] + b"\0" * 8, "whole gzip file.*CRC"),
        (gzip.compress(GOOD)[:10] + b"\xff" * 40, "whole gzip file.*invalid"),
    ],
    ids=[
        "empty",
        "foreign",
        "float type",
        "cut in the header",
        "axes",
        "too short",
        "too long",
        "lying header",
        "lying header in gzip",
        "too short in gzip",
        "too long in gzip",
        "gzip cut in its trailer",
        "gzip cut in its length",
        "gzip with another checksum",
        "gzip damaged",
    ],
)
def test_bad_file_is_named_with_its_facts(tmp_path: Path, content: bytes, facts: str) -> None:
    path = tmp_path / "bad-idx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=facts) as caught:
        load_idx(path, AXES)
    assert "bad-idx" in str(caught.value)
    assert "\n" not in str(caught.value)


TABLE = np.array([[5, 4, 2154, -1], [0, 0, 0, 2**31 - 1]], ">i4")


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_int32_comes_in_the_machines_own_byte_order(tmp_path: Path, pack: type[bytes]) -> None:
    path = tmp_path / "labels"
    path.write_bytes(pack(idx_bytes(TABLE)))
    read = load_idx_int32(path, "examples columns", n_examples=2)
    assert read.dtype == np.int32
    assert read.dtype.isnative
    assert np.array_equal(read, TABLE)


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (idx_bytes(TABLE, kind=8), "big-endian int32 .type 0c.; got type 08"),
        (idx_bytes(TABLE)[:-1], r"32 bytes of shape \(2, 4\).*44|got 31"),
        (idx_bytes(TABLE) + b"\0", "end after the 32 bytes"),
        (idx_bytes(TABLE, (2**31, 8)), "must hold 2 examples; got 2,147,483,648"),
        (idx_bytes(TABLE, (2, 2**31)), "17,179,869,184 bytes.*cannot hold more than 44"),
    ],
)
def test_bad_int32_file_is_named_with_its_facts(tmp_path: Path, content: bytes, facts: str) -> None:
    path = tmp_path / "bad-idx"
    path.write_bytes(content)
    with pytest.raises(DataError, match=facts):
        load_idx_int32(path, "examples columns", n_examples=2)


def test_another_number_of_examples_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "images"
    path.write_bytes(GOOD)
    assert len(load_idx(path, AXES, n_examples=5)) == 5
    with pytest.raises(DataError, match="must hold 60,000 examples; got 5, in"):
        load_idx(path, AXES, n_examples=60_000)


def test_header_that_promises_too_much_allocates_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(idx_bytes(IMAGES, (10**6, 28, 28))))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="784,000,000"):
            load_idx(path, AXES)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


def test_absent_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        load_idx(tmp_path / "none", AXES)
    with pytest.raises(DataError, match="directory"):
        load_idx(tmp_path, AXES)


def test_no_damage_to_a_gzip_file_passes_or_escapes(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(idx_bytes(IMAGES), mtime=0))
    rng = np.random.default_rng(2)
    path = tmp_path / "damaged.gz"
    for _ in range(300):
        content = bytearray(whole)
        at = int(rng.integers(10, len(content)))
        content[at] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        with pytest.raises(DataError):
            load_idx(path, AXES)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_no_damage_to_int32_escapes(tmp_path: Path, pack: type[bytes]) -> None:
    whole = pack(idx_bytes(TABLE))
    rng = np.random.default_rng(3)
    path = tmp_path / "damaged"
    n_refused = 0
    for _ in range(300):
        content = bytearray(whole)
        content[int(rng.integers(0, min(16, len(content))))] ^= int(rng.integers(1, 256))
        path.write_bytes(content[: int(rng.integers(0, len(content) + 1))])
        try:
            assert load_idx_int32(path, "examples columns").shape == TABLE.shape
        except DataError as error:
            n_refused += "damaged" in str(error)
    assert n_refused > 200
