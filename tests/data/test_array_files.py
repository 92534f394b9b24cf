"""Arrays out of files of other programs: what is read, and what is refused with its place."""

import builtins
import importlib.util
import pickle
import zipfile

import numpy as np
import pandas
import pytest

from ensemble_lab.data.array_files import READERS, load_array, open_array
from ensemble_lab.exceptions import DataError, MissingExtraError
from tests.conftest import need

ROWS = np.array([[0.25, 0.75], [1, 0], [0.5, 0.5]])
VOTES = np.array([1, 0, 2])


def write(path, array):
    """Write an array as its path's ending asks for."""
    match path.suffix:
        case ".npy":
            np.save(path, array)
        case ".npz":
            np.savez(path, array)
        case ".csv":
            np.savetxt(path, array, delimiter=",", fmt="%g")
        case ".parquet":
            need("pyarrow")
            columns = np.atleast_2d(array.T)
            frame = {f"p{number}": column for number, column in enumerate(columns)}
            pandas.DataFrame(frame).to_parquet(path)
    return path


def refused(path, error=DataError):
    with pytest.raises(error) as caught:
        load_array(path)
    text = str(caught.value)
    assert str(path) in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("array", [ROWS, VOTES, ROWS[:1], VOTES[:1]], ids=str)
def test_array_comes_back(tmp_path, ending, array):
    found = load_array(write(tmp_path / f"a.{ending}", array)).values
    np.testing.assert_array_equal(found, array)
    assert found.shape == array.shape


def test_ending_may_be_in_capitals(tmp_path):
    write(tmp_path / "a.npy", ROWS).rename(tmp_path / "a.NPY")
    np.testing.assert_array_equal(load_array(tmp_path / "a.NPY").values, ROWS)


def test_npy_is_mapped_and_not_read(tmp_path):
    assert isinstance(load_array(write(tmp_path / "a.npy", ROWS)).values, np.memmap)


@pytest.mark.parametrize("dtype", ["<f2", ">f4", "<i8", ">u2"])
def test_types_of_other_machines_are_read(tmp_path, dtype):
    path = write(tmp_path / "a.npy", np.array([[0, 1], [1, 0]], dtype))
    np.testing.assert_array_equal(load_array(path).values, [[0, 1], [1, 0]])


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_objects_are_never_unpickled(tmp_path, ending):
    class Trap:
        def __reduce__(self):
            return (builtins.exec, ("raise SystemExit",))

    path = tmp_path / f"a.{ending}"
    save = np.save if ending == "npy" else np.savez
    save(path, np.array([Trap()], object), allow_pickle=True)
    refused(path)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap()))
    refused(tmp_path / "b.npy")


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"PK\x03\x04", b"0.5,0.5\n"])
@pytest.mark.parametrize("ending", ["npy", "npz", "parquet"])
def test_what_is_no_such_file_is_refused(tmp_path, ending, content):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(content)
    refused(path)


def test_cut_npy_is_refused(tmp_path):
    path = write(tmp_path / "a.npy", ROWS)
    path.write_bytes(path.read_bytes()[:-1])
    refused(path)


@pytest.mark.parametrize("name", ["probabilities", "logits", "votes"])
def test_array_that_is_meant_is_found_by_its_name(tmp_path, name):
    path = tmp_path / "a.npz"
    np.savez(path, index=VOTES, **{name: ROWS})
    np.testing.assert_array_equal(load_array(path).values, ROWS)


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (("x", "y"), "got x, y"),
        (("votes", "logits"), "got votes, logits"),
        ((), "got none"),
        (tuple("abcdefghij"), "got a, b, c, d, e, f, g, h and 2 more"),
    ],
)
def test_npz_that_names_none_or_two_lists_its_names(tmp_path, names, listed):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w"):
        pass
    if names:
        np.savez(path, **dict.fromkeys(names, ROWS))
    assert listed in refused(path)


@pytest.mark.parametrize(
    "text",
    [
        "0.25,0.75\n1,0\n0.5,0.5\n",
        "a,b\n0.25,0.75\n1,0\n0.5,0.5",
        '"a","b"\r\n0.25,0.75\r\n"1",0\r\n0.5, 0.5\r\n\r\n',
        "\ufeff0.25,0.75\n1e0,0\n.5,5e-1\n",
    ],
    ids=["plain", "names", "Windows", "byte order mark"],
)
def test_csv_is_read_however_it_is_written(tmp_path, text):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(load_array(path).values, ROWS)


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("0.5,0.5\n0.5,x\n", "got 'x' in row 1 (line 2)"),
        ("a,b\n0.5,0.5\n0.5,\n", "got '' in row 1 (line 3)"),
        ("0.5,0.5\n1,0,0\n", "2 numbers long; got 3 in row 1 (line 2)"),
        ("0.5;0.5\n0.5;0.5\n", "got '0.5;0.5' in row 0 (line 2)"),
        ("0.5,0.5\n\n1,0\n", "got line 2"),
        ("a,b\n", "got none"),
        ("", "got none"),
        ("\n\n", "got none"),
    ],
)
def test_csv_says_row_and_line_of_what_is_wrong(tmp_path, text, fact):
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert fact in refused(path)


def test_csv_of_another_encoding_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe0\x00,\x001\x00")
    refused(path)


def test_a_row_is_told_by_its_line_where_there_are_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n0,1\n1,0\n")
    assert load_array(path).place(1) == "row 1 (line 3)"
    assert load_array(write(tmp_path / "a.npy", ROWS)).place(1) == "row 1"


def test_parquet_column_that_is_no_number_is_named(tmp_path):
    need("pyarrow")
    path = tmp_path / "a.parquet"
    pandas.DataFrame({"p0": [0.5], "name": ["x"]}).to_parquet(path)
    assert "'name'" in refused(path)


def test_parquet_that_misses_a_value_holds_no_number_there(tmp_path):
    need("pyarrow")
    path = tmp_path / "a.parquet"
    pandas.DataFrame({"vote": pandas.array([1, None], "Int64")}).to_parquet(path)
    np.testing.assert_array_equal(load_array(path).values, [1, np.nan])


def test_parquet_without_pyarrow_says_how_to_install_it(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "pip install 'ensemble-lab[parquet]'" in refused(path, MissingExtraError)


@pytest.mark.parametrize("name", ["a.txt", "a", "a.nyp", "missing.npy"])
def test_other_endings_and_missing_files_are_refused(tmp_path, name):
    path = tmp_path / name
    if not name.startswith("missing"):
        path.write_text("0")
    text = refused(path)
    assert "must exist" in text or "npy, npz, csv, parquet" in text


def test_an_array_is_opened_as_it_is():
    found = open_array([[0, 1]], name="mine")
    assert (str(found.path), found.values.tolist()) == ("mine", [[0, 1]])


@pytest.mark.parametrize("header", ["index,vote", "Id,0,1", ",p0,p1", "Example,p0"])
def test_column_that_numbers_the_rows_is_no_class(tmp_path, header):
    row = ",".join("1" for _ in header.split(","))
    (tmp_path / "a.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")
    with pytest.raises(DataError, match="Leave that column out"):
        load_array(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "n_rows", "names"),
    [
        # As pandas writes columns without names.
        ("0,1,2\n0.5,0.25,0.25\n", 1, ("0", "1", "2")),
        ("0,1\n0.5,0.5\n", 1, ("0", "1")),
        # A row like the next one.
        ("0,1\n1,0\n", 2, ()),
        ("0,1,0\n0,0,1\n", 2, ()),
        ("0\n1\n", 2, ()),
        (" p0, p1\n0.5,0.5\n", 1, ("p0", "p1")),
    ],
)
def test_first_line_that_counts_columns_is_no_row(tmp_path, text, n_rows, names):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    found = load_array(tmp_path / "a.csv")
    assert (len(found.values), found.names) == (n_rows, names)


def test_npz_of_several_members_says_what_to_do(tmp_path):
    np.savez(tmp_path / "a.npz", members=np.array([1, 2]), probabilities=np.ones((2, 3, 4)))
    with pytest.raises(DataError, match="must hold one member"):
        load_array(tmp_path / "a.npz")


@pytest.mark.parametrize("first", ["O.1,0,0", "0x1,2,3"])
def test_first_line_that_is_partly_numbers_is_no_header(tmp_path, first):
    (tmp_path / "a.csv").write_text(f"{first}\n0.5,0.25,0.25\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        load_array(tmp_path / "a.csv")
