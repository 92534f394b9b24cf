"""Tables about examples from files: what is read, and what is refused in one line."""

import gzip

import numpy as np
import pandas
import pytest

from ensemble_lab.data.metadata_files import load_metadata_file
from ensemble_lab.exceptions import DataError, MissingExtraError
from tests.conftest import miss, need
from tests.data.idx_files import idx_bytes


def load(folder, text, name="table.csv", n_examples=3):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_metadata_file(path, n_examples)


def columns_of(found) -> dict:
    return {column.name: column.texts for column in found.metadata.columns}


def test_rows_of_a_csv_file_are_about_the_indices_it_names(tmp_path):
    found = load(tmp_path, "hand,index,age\nleft,7,31\n,4,8\n", n_examples=10_000)
    assert found.metadata.index.tolist() == [7, 4]
    assert columns_of(found) == {"hand": ("left", "(none)"), "age": ("31", "8")}
    assert not found.is_in_order


def test_rows_without_an_index_are_the_examples_in_order(tmp_path):
    found = load(tmp_path, "hand\nleft\nright\nleft\n")
    assert found.metadata.index.tolist() == [0, 1, 2]
    assert found.is_in_order


def test_empty_lines_at_the_end_are_no_rows_and_blocks_are_not_seen(tmp_path, monkeypatch):
    from ensemble_lab.data import metadata_files

    monkeypatch.setattr(metadata_files, "_BLOCK_ROWS", 2)
    for end in ("", "\n", "\n\n\n\n"):
        found = load(tmp_path, f"hand,age\na,1\nb,2\nc,3{end}")
        assert columns_of(found) == {"hand": ("a", "b", "c"), "age": ("1", "2", "3")}
    with pytest.raises(DataError, match=r"got 1, in .*table\.csv, row 3"):
        load(tmp_path, "hand,age\na,1\nb,2\nc\nd,4\n")
    with pytest.raises(DataError, match=r"got an empty line, in .*table\.csv, row 2"):
        load(tmp_path, "hand,age\na,1\n\n\n\nd,4\n")


@pytest.mark.parametrize("n_examples", [2, 4])
def test_another_number_of_rows_without_an_index_is_refused(tmp_path, n_examples):
    with pytest.raises(DataError, match=rf"each of the {n_examples} examples .* got 3 rows, in "):
        load(tmp_path, "hand\nleft\nright\nleft\n", n_examples=n_examples)


def test_cells_are_whole_numbers_or_numbers_or_text(tmp_path):
    found = load(
        tmp_path,
        "\ufeffwhole,number,text,code,mixed,huge\r\n"
        '-3,0.5,"a, b",007,1,99999999999999999999\r\n'
        ",nan,,008,x,1\r\n"
        "12,inf,c,010,2,2\r\n",
    )
    kinds = {column.name: column.values.dtype.kind for column in found.metadata.columns}
    expected = {"whole": "i", "number": "f", "text": "O", "code": "O", "mixed": "O", "huge": "f"}
    assert kinds == expected
    texts = columns_of(found)
    assert texts["whole"] == ("-3", "(none)", "12")
    assert texts["number"] == ("0.5", "(none)", "(none)")
    assert texts["text"] == ("a, b", "(none)", "c")
    assert texts["code"] == ("007", "008", "010")


def test_csv_is_read_as_pandas_reads_it(tmp_path):
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "index": rng.permutation(500),
            "age": rng.integers(-5, 90, 500),
            "weight": rng.random(500),
            "hand": rng.choice(["left", "right", 'b"oth, "'], 500),
        }
    )
    path = tmp_path / "table.csv"
    frame.to_csv(path, index=False)
    found = load_metadata_file(path, 500).metadata
    read = pandas.read_csv(path)
    for name in ("age", "weight", "hand"):
        assert found.column(name).tolist() == read[name].tolist()
    assert found.index.tolist() == read["index"].tolist()


def test_parquet_gives_what_csv_gives(tmp_path):
    need("pyarrow")
    frame = pandas.DataFrame(
        {
            "index": [7, 4, 9],
            "age": pandas.array([31, None, 8], dtype="Int64"),
            "weight": [0.5, np.nan, 2.0],
            "hand": ["left", None, "right"],
            "kind": pandas.Categorical(["x", "y", "x"]),
            "is_old": [True, False, True],
        }
    )
    frame.to_parquet(tmp_path / "table.parquet", index=False)
    frame.to_csv(tmp_path / "table.csv", index=False)
    parquet, csv = (
        load_metadata_file(tmp_path / f"table.{ending}", 10) for ending in ("parquet", "csv")
    )
    assert columns_of(parquet) == columns_of(csv)
    assert parquet.metadata.index.tolist() == [7, 4, 9]
    assert [column.values.dtype.kind for column in parquet.metadata.columns] == [
        column.values.dtype.kind for column in csv.metadata.columns
    ]


def test_index_of_a_pandas_frame_is_the_index(tmp_path):
    need("pyarrow")
    frame = pandas.DataFrame({"hand": ["left", "right"]}, index=[8, 3])
    frame.to_parquet(tmp_path / "unnamed.parquet")
    frame.rename_axis("index").to_parquet(tmp_path / "named.parquet")
    for name in ("unnamed", "named"):
        found = load_metadata_file(tmp_path / f"{name}.parquet", 10)
        assert found.metadata.index.tolist() == [8, 3]


def test_parquet_of_other_things_is_refused(tmp_path):
    pyarrow = need("pyarrow")
    from pyarrow import parquet

    tables = {"lists": [[1], [2]], "large": pyarrow.array([2**64 - 1, 1], pyarrow.uint64())}
    for name, values in tables.items():
        parquet.write_table(pyarrow.table({name: values}), tmp_path / f"{name}.parquet")
        with pytest.raises(DataError, match=f"column '{name}' must hold .* in .*{name}.parquet"):
            load_metadata_file(tmp_path / f"{name}.parquet", 2)
    with pytest.raises(DataError, match=r"parquet file must be whole; got .*\.parquet"):
        load(tmp_path, b"PAR1 and nothing", "broken.parquet")


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"ensemble-lab\[parquet\]"):
        load(tmp_path, b"", "table.parquet")


def test_label_file_of_qmnist_is_read_as_far_as_the_split_goes(tmp_path):
    table = np.arange(40, dtype=">i4").reshape(5, 8)
    for name, content in (("x-idx2-int", idx_bytes(table)), ("x-idx2-int.gz", None)):
        found = load(tmp_path, content or gzip.compress(idx_bytes(table)), name)
        assert found.is_in_order
        names = ("label", "series", "writer", "writer_digit", "nist_class", "nist_index")
        assert found.metadata.names == names
        assert found.metadata.column("label").tolist() == [0, 8, 16]
        assert found.metadata.column("writer").tolist() == [2, 10, 18]
    with pytest.raises(DataError, match=r"8 columns; got shape \(2, 4\)"):
        load(tmp_path, idx_bytes(np.zeros((2, 4), ">i4")), "x-idx2-int")
    with pytest.raises(DataError, match=r"each of the 6 examples .* got 5 rows"):
        load(tmp_path, idx_bytes(table), "x-idx2-int", n_examples=6)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("", "must begin with a header; got none"),
        ("\n\n", "must begin with a header; got none"),
        ("index,hand\n", "besides index, and rows; got none"),
        ("index\n1\n", "besides index, and rows; got none"),
        (",hand\n0,l\n", "column 1 has none"),
        ("hand, hand\nl,r\n", "differ in name; got 'hand' twice"),
        ("index,hand\n1,l\n2\n", "2 columns of the header; got 1, in .*table.csv, row 2"),
        ("index,hand\n\n\n1,l\n", "2 columns of the header; got an empty line, in .*csv, row 1"),
        ("index,hand\n1,l\n1,r\n", "index must name each example once; got 1 twice"),
        ("index,hand\n1,l\n,r\n", "index must be there in every row; got none in row 2"),
        ("index,hand\n-1,l\n", "from 0 to .*got -1"),
        ("index,hand\n1.5,l\n", "whole numbers; got float64"),
        ("index,hand\none,l\n", "whole numbers; got object"),
        ('hand\n"left\n', "must be well formed; got unexpected end of data"),
        (b"hand\n\xff\n", "must be UTF-8; got invalid start byte"),
    ],
)
def test_tables_that_are_none_are_refused(tmp_path, text, facts):
    with pytest.raises(DataError, match=facts) as refusal:
        load(tmp_path, text)
    assert "table.csv" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(DataError, match=r"No such file or directory, in .*none\.csv"):
        load_metadata_file(tmp_path / "none.csv", 3)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"must be a file; got a folder or a device, "):
        load_metadata_file(tmp_path / "folder.csv", 3)
    with pytest.raises(DataError, match=r"end in \.csv, \.parquet, .*; got .*table\.xlsx"):
        load_metadata_file(tmp_path / "table.xlsx", 3)


@pytest.mark.mnist
def test_real_label_file_gives_what_the_source_knows(mnist_dir):
    from ensemble_lab.data.loading import load_metadata
    from ensemble_lab.spec.data import Mnist

    path = mnist_dir / "qmnist-test-labels-idx2-int.gz"
    if not path.is_file():
        miss("QMNIST's label files are not there")
    found = load_metadata_file(path, 10_000).metadata
    known = load_metadata(Mnist(name="mnist"), "test", mnist_dir)
    for name in known.names:
        assert np.array_equal(found.column(name), known.column(name))
