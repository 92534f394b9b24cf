"""Bring your own npz: what is read, and each way of it being refused."""

import contextlib
import io
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ensemble_lab.canonical import array_sha256
from ensemble_lab.data.loading import load_dataset, load_published, load_split
from ensemble_lab.data.sources.npz import load_arrays
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Npz, ValidationSpec

RNG = np.random.default_rng(0)
GOOD: dict[str, Any] = {
    "x_train": RNG.integers(0, 256, (12, 5, 4), np.uint8),
    "y_train": np.array([0, 1, 2] * 4, np.uint8),
    "x_test": RNG.integers(0, 256, (3, 5, 4), np.uint8),
    "y_test": np.array([2, 0, 1], np.uint8),
}


def make_npz(path: Path, **changes: Any) -> Npz:
    """Write the good arrays with changes; None leaves an array out."""
    arrays = {key: value for key, value in (GOOD | changes).items() if value is not None}
    np.savez_compressed(path, **arrays)
    return Npz(name="npz", path=str(path))


def refuse(spec: Npz, facts: str) -> None:
    with pytest.raises(DataError, match=facts) as caught:
        load_published(spec)
    assert spec.path in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.npz"


def test_arrays_become_splits_with_the_published_order(path: Path) -> None:
    data = load_published(make_npz(path))
    train, test = data.splits
    assert (data.name, data.class_names, data.image_shape) == ("npz", ("0", "1", "2"), (5, 4, 1))
    assert [(s.name, s.role, s.index.tolist()) for s in data.splits] == [
        ("train", "none", list(range(12))),
        ("test", "report", [0, 1, 2]),
    ]
    assert np.array_equal(train.images[..., 0], GOOD["x_train"])
    assert test.labels is not None
    assert test.labels.tolist() == [2, 0, 1]


def test_channels_are_kept(path: Path) -> None:
    images = {key: np.stack([GOOD[key]] * 3, axis=-1) for key in ("x_train", "x_test")}
    assert load_published(make_npz(path, **images)).image_shape == (5, 4, 3)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int64", ">u2"])
def test_whole_numbers_of_any_type_give_the_same_hashes(path: Path, dtype: str) -> None:
    changes = {key: array.astype(dtype) for key, array in GOOD.items()}
    for split, name in zip(
        load_published(make_npz(path, **changes)).splits, ("train", "test"), strict=True
    ):
        assert split.images_sha256 == array_sha256(GOOD[f"x_{name}"][..., np.newaxis])
        assert split.labels_sha256 == array_sha256(GOOD[f"y_{name}"].astype(np.int64))


def test_stored_and_deflated_archives_agree(path: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "stored.npz", **GOOD)
    stored = load_published(Npz(name="npz", path=str(tmp_path / "stored.npz")))
    deflated = load_published(make_npz(path))
    for one, other in zip(stored.splits, deflated.splits, strict=True):
        assert one.images_sha256 == other.images_sha256


def test_fortran_order_gives_the_same_hash(path: Path) -> None:
    data = load_published(make_npz(path, x_train=np.asfortranarray(GOOD["x_train"])))
    assert data.split("train").images_sha256 == array_sha256(GOOD["x_train"][..., np.newaxis])


def test_class_names_name_the_classes(path: Path) -> None:
    names = ("shirt", "Mantel", "robe d'été", "sock")
    data = load_published(make_npz(path, class_names=np.array(names)))
    assert data.class_names == names


def test_class_absent_from_train_is_left_to_the_plan(path: Path) -> None:
    data = load_published(make_npz(path, y_test=np.array([2, 0, 5])))
    assert data.n_classes == 6


def test_65536_classes_are_legal_and_one_more_is_not(path: Path) -> None:
    labels = GOOD["y_test"].astype(np.int64)
    labels[1] = 65_535
    assert load_published(make_npz(path, y_test=labels)).n_classes == 65_536
    labels[1] = 65_536
    refuse(make_npz(path, y_test=labels), r"0 to 65535; got 65536 in example 1.*:y_test")


def test_validation_is_cut_and_share_zero_leaves_it_out(path: Path) -> None:
    spec = make_npz(path).model_copy(update={"validation": ValidationSpec(share=0.25)})
    data = load_dataset(spec)
    assert [(s.name, s.n_examples) for s in data.splits] == [
        ("train", 9),
        ("validation", 3),
        ("test", 3),
    ]
    spec = spec.model_copy(update={"validation": ValidationSpec(share=0.0)})
    assert [s.name for s in load_dataset(spec).splits] == ["train", "test"]


def test_one_split_may_come_alone_and_unlabelled(path: Path) -> None:
    spec = make_npz(path, x_train=None, y_train=None, y_test=None)
    split = load_split(spec, "test")
    assert split.labels is None
    assert split.n_examples == 3
    with pytest.raises(DataError, match="x_train is missing"):
        load_split(spec, "train")


def test_labels_of_one_split_are_held_against_class_names(path: Path) -> None:
    spec = make_npz(path, class_names=np.array(["a", "b"]))
    with pytest.raises(DataError, match=r"labels below 2.*got 2 in example 0"):
        load_split(spec, "test")


def with_nan() -> np.ndarray:
    images = GOOD["x_train"].astype(np.float32)
    images[7, 2, 1] = np.nan
    return images


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({"y_test": None}, r"y_test is missing.*holds 'x_train', 'y_train', 'x_test'"),
        ({"x_test": None, "X_test": GOOD["x_test"]}, r"x_test is missing.*did you mean 'X_test'"),
        ({"x_train": with_nan()}, r"x_train.*0 to 255; got nan in example 7.*:x_train"),
        ({"x_train": GOOD["x_train"] / 255}, r"whole numbers.*got 0\.\d+ in example 0.*scaling"),
        ({"x_test": GOOD["x_test"] * np.int64(2)}, r"x_test.*0 to 255; got \d+ in example"),
        ({"x_test": -GOOD["x_test"].astype(float)}, r"x_test.*got -\d+"),
        ({"x_test": np.full((3, 5, 4), np.inf)}, r"got inf in example 0"),
        ({"x_test": GOOD["x_test"] > 9}, r"x_test must be numbers; got bool"),
        ({"x_test": np.full((3, 5, 4), "a")}, r"x_test must be numbers; got <U1"),
        ({"x_train": GOOD["x_train"][0]}, r"got shape \(5, 4\)"),
        ({"x_test": GOOD["x_test"][:0], "y_test": []}, r"no empty axis; got shape \(0, 5, 4\)"),
        ({"x_test": GOOD["x_test"][:, 1:]}, r"one shape; got \(5, 4, 1\) and \(4, 4, 1\)"),
        ({"y_train": GOOD["y_train"][:-1]}, r"x_train and y_train.*12 and 11"),
        ({"y_train": np.eye(3)[GOOD["y_train"]]}, r"\(examples,\); got float64 of shape \(12, 3\)"),
        ({"y_train": GOOD["y_train"] - 1.0}, r"y_train.*got -1\.0 in example 0"),
        ({"y_test": np.array([0, 1.5, 2])}, r"y_test.*got 1\.5 in example 1"),
        ({"y_test": np.array([0, np.nan, 2])}, r"y_test.*got nan in example 1"),
        ({"y_test": np.array(["a", "b", "c"])}, r"y_test must be whole numbers.*got <U1"),
        ({"y_test": np.array([0, 2**64 - 1, 2], np.uint64)}, r"got 18446744073709551615"),
        ({"y_train": np.zeros(12, int), "y_test": np.zeros(3, int)}, r"2 to 65,536; got 1"),
        ({"class_names": np.array(["a", "b"])}, r"below 2.*got 2 in example 2.*:y_train"),
        ({"class_names": np.array(["a", "b", "a"])}, r"class_names.*twice"),
        ({"class_names": np.array(["a", "b", "\x1b[2J"])}, r"printable.*x1b"),
        ({"class_names": np.arange(3)}, r"class_names must be text.*int64"),
        ({"class_names": np.array(["a"])}, r"2 to 65,536; got 1"),
        ({"y_test": np.array([0, 1, None])}, r"Python objects.*:y_test"),
    ],
)
def test_wrong_array_is_named_with_its_facts(
    path: Path, changes: dict[str, Any], facts: str
) -> None:
    refuse(make_npz(path, **changes), facts)


def test_first_bad_pixel_is_found_beyond_the_first_block(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ensemble_lab.data.sources.npz._BLOCK_VALUES", 45)
    refuse(make_npz(path, x_train=with_nan()), "got nan in example 7")


def test_absent_foreign_and_folder_are_refused(tmp_path: Path) -> None:
    refuse(Npz(name="npz", path="no/such/file.npz"), "must exist")
    refuse(Npz(name="npz", path=str(tmp_path)), "directory")
    foreign = tmp_path / "foreign.npz"
    foreign.write_bytes(b"\x93NUMPY" * 30)
    refuse(Npz(name="npz", path=str(foreign)), "not a zip file")
    foreign.write_bytes(b"")
    refuse(Npz(name="npz", path=str(foreign)), "not a zip file")


def test_truncated_file_is_refused(path: Path) -> None:
    spec = make_npz(path)
    path.write_bytes(path.read_bytes()[:-40])
    refuse(spec, "whole zip archive")


def write_entry(path: Path, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Npz:
    """Write a good archive whose x_train.npy is `content`."""
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("x_train.npy", content)
        for key in ("y_train", "x_test", "y_test"):
            buffer = io.BytesIO()
            np.save(buffer, GOOD[key])
            archive.writestr(f"{key}.npy", buffer.getvalue())
    return Npz(name="npz", path=str(path))


def npy_bytes(header: str, body: bytes = b"", version: int = 1) -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + len(text).to_bytes(2, "little") + text + body


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        (b"", "whole array.*:x_train"),
        (b"PNG", "whole array.*:x_train"),
        (npy_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 2)}"), "8 bytes of"),
        (
            npy_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 2)}", b"12345"),
            "4 bytes of.*archive has 5",
        ),
        (
            npy_bytes("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, -4, 1)}", b"1234"),
            "shape",
        ),
        (npy_bytes("{'descr': '|u1', 'shape': (1, 2, 2)}", b"1234"), "whole array"),
        (npy_bytes("{'descr': '|u1', 'fortran_order': False", b""), "whole array"),
        (npy_bytes("(" * 5000), "whole array"),
        (npy_bytes("__import__('os')"), "whole array"),
        (npy_bytes("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", b"x"), "objects"),
        (npy_bytes("{}", version=9), r"9\.0"),
    ],
)
def test_lying_or_foreign_array_header_is_refused(path: Path, content: bytes, facts: str) -> None:
    refuse(write_entry(path, content), facts)


def test_absurd_shape_is_refused_before_allocation(path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 28, 28)}"
    spec = write_entry(path, npy_bytes(header, b"1234"))
    tracemalloc.start()
    try:
        refuse(spec, "6,272,000,000,000,000 bytes")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


def test_archive_that_lies_about_its_size_is_refused_before_allocation(path: Path) -> None:
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1000, 1000, 1000)}"
    content = npy_bytes(header, b"1234")
    spec = write_entry(path, content)
    said = (len(content)).to_bytes(4, "little")
    lie = (len(content) - 4 + 10**9).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(said, lie))
    refuse(spec, r"1,000,000,000 bytes.*at most")


def test_bomb_beyond_the_bound_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ensemble_lab.data.sources.npz.MAX_BYTES", 10**6)
    refuse(make_npz(path, x_train=np.zeros((2000, 28, 28), np.uint8)), "1,000,000 at most")


def test_other_zip_methods_are_refused(path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, GOOD["x_train"])
    refuse(write_entry(path, buffer.getvalue(), zipfile.ZIP_BZIP2), "zip method 12")


def test_name_without_npy_is_not_an_array(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x_train", b"")
    with pytest.raises(DataError, match=r"x_train is missing.*holds nothing"):
        load_arrays(path, required=("x_train",))


def test_no_damage_passes_or_escapes_as_another_exception(path: Path) -> None:
    make_npz(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    for _ in range(500):
        content = bytearray(whole)
        content[int(rng.integers(len(content)))] ^= int(rng.integers(1, 256))
        path.write_bytes(content)
        arrays = GOOD  # what is read from a copy damaged where no array lies, in a date say
        with contextlib.suppress(DataError):
            arrays = load_arrays(path, required=tuple(GOOD))
        assert all(np.array_equal(arrays[key], GOOD[key]) for key in GOOD)


def test_archive_with_a_name_that_is_no_text_is_refused(path: Path) -> None:
    spec = make_npz(path)
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02")
    entry = bytearray(content[at:])
    entry[9] |= 0x08  # names are UTF-8
    entry[46] = 0xB3
    path.write_bytes(content[:at] + entry)
    refuse(spec, "utf-8")
