"""Images in CSV: what pandas reads too, and every way of the format being wrong."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.data.sources import pixel_csv
from ensemble_lab.data.sources.pixel_csv import load_pixels
from ensemble_lab.exceptions import DataError

RNG = np.random.default_rng(0)
SIDE = 3
IMAGES = RNG.integers(0, 256, (6, SIDE * SIDE), np.uint8) * (RNG.random((6, SIDE * SIDE)) < 0.6)
LABELS = np.array([0, 9, 3, 3, 1, 7])


def csv_text(images: np.ndarray = IMAGES, labels: np.ndarray | None = LABELS) -> str:
    names = [f"pixel{at}" for at in range(images.shape[1])]
    rows = images if labels is None else np.column_stack([labels, images])
    head = names if labels is None else ["label", *names]
    return "".join(",".join(map(str, row)) + "\n" for row in [head, *rows.tolist()])


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "digits.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("is_labelled", [True, False])
def test_images_and_labels_are_those_of_the_file(tmp_path: Path, is_labelled: bool) -> None:
    text = csv_text(labels=LABELS if is_labelled else None)
    table = load_pixels(write(tmp_path, text), n_classes=10)
    assert table.images.dtype == np.uint8
    assert np.array_equal(table.images, IMAGES.reshape(6, SIDE, SIDE, 1))
    if is_labelled:
        assert table.labels is not None
        assert table.labels.tolist() == LABELS.tolist()
    else:
        assert table.labels is None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\r\n\n",
        lambda text: text.replace("\n9,", "\n009,"),
    ],
    ids=["ends of Windows", "mark of byte order", "no last end", "empty end", "leading zeros"],
)
def test_what_spreadsheets_do_to_a_file_changes_nothing(tmp_path: Path, change) -> None:
    table = load_pixels(write(tmp_path, change(csv_text())), n_classes=10)
    assert np.array_equal(table.images, IMAGES.reshape(6, SIDE, SIDE, 1))
    assert table.labels is not None
    assert table.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("block", [1, 7, 30, 31, 1000])
def test_blocks_may_end_anywhere(tmp_path: Path, monkeypatch, block: int) -> None:
    monkeypatch.setattr(pixel_csv, "_BLOCK", block)
    for text in (csv_text(), csv_text().replace("\n", "\r\n")):
        table = load_pixels(write(tmp_path, text), n_classes=10)
        assert np.array_equal(table.images, IMAGES.reshape(6, SIDE, SIDE, 1))
    bad = csv_text().replace("\n3,", "\n,", 1)
    with pytest.raises(DataError, match=r"label must be .* got nothing, in .*, line 4"):
        load_pixels(write(tmp_path, bad), n_classes=10)


@given(
    st.lists(
        st.lists(st.integers(0, 255), min_size=4, max_size=4), min_size=1, max_size=30
    )
)  # fmt: skip
def test_whole_files_are_read_as_pandas_reads_them(tmp_path_factory, rows: list[list[int]]) -> None:
    text = csv_text(np.array(rows), None)
    path = write(tmp_path_factory.mktemp("csv"), text)
    peer = pd.read_csv(io.StringIO(text)).to_numpy()
    assert np.array_equal(load_pixels(path, n_classes=10).images.reshape(len(rows), 4), peer)


def alter(line: int, change) -> str:
    """The file with one line (the header is line 1) changed."""
    lines = csv_text().splitlines()
    lines[line - 1] = change(lines[line - 1])
    return "\n".join(lines) + "\n"


def cell(value: str, at: int = 4):
    return lambda line: ",".join([*line.split(",")[:at], value, *line.split(",")[at + 1 :]])


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (alter(3, cell("")), "pixel3 must be a whole number from 0 to 255; got nothing.*line 3"),
        (alter(3, cell("x")), "pixel3 .* got 'x', in .*, line 3"),
        (alter(7, cell("1.0")), r"pixel3 .* got '1\.0', in .*, line 7"),
        (alter(2, cell("256")), "pixel3 .* got '256', in .*, line 2"),
        (alter(2, cell("-1")), "pixel3 .* got '-1', in .*, line 2"),
        (alter(2, cell("+1")), r"pixel3 .* got '\+1', in .*, line 2"),
        (alter(2, cell(" 1")), "pixel3 .* got ' 1', in .*, line 2"),
        (alter(2, cell("1e1")), "pixel3 .* got '1e1', in .*, line 2"),
        (alter(2, cell('"1"')), "pixel3 .* got '\"1\"', in .*, line 2"),
        (alter(2, cell("nan")), "pixel3 .* got 'nan', in .*, line 2"),
        (alter(2, cell("0001")), "pixel3 .* got '0001', in .*, line 2"),
        (alter(2, cell("9" * 5000)), "pixel3 .* got '9{40}', in .*, line 2"),
        (alter(2, cell("٣")), "pixel3 .* got '٣', in .*, line 2"),
        (alter(5, cell("10", 0)), "label must be a whole number from 0 to 9; got '10'.*line 5"),
        (alter(4, lambda line: line + ",1"), "the 10 columns of the header; got 11, .*line 4"),
        (alter(4, lambda line: line + ","), "the 10 columns of the header; got 11, .*line 4"),
        (alter(4, lambda line: line[:-4]), "the 10 columns of the header; got 9, .*line 4"),
        (alter(4, lambda line: ""), "columns of the header; got an empty line, .*line 4"),
        (alter(4, lambda line: "# " + line), "label .* got '# 3', .*line 4"),
        (alter(3, cell("1\r2")), r"pixel3 .* got '1\\r2', in .*, line 3"),
        (alter(1, lambda line: line.upper()), "header must be pixel0.* got 'LABEL' after nothing"),
        (alter(1, lambda line: line.replace("l2", "l5")), "got 'pixel5' after pixel1, .*line 1"),
        (alter(1, lambda line: line[6:].replace("l0", "l1")), "got 'pixel1' after nothing"),
        (alter(1, lambda line: line.replace("l0", "l1")), "got 'pixel1' after label"),
        (alter(1, lambda line: line + ",pixel9"), "square image.* got 10 pixels, .*line 1"),
        ("label\n1\n", "square image.* got 0 pixels"),
        (csv_text().splitlines()[1] + "\n", "header must be .* got '0' after nothing"),
        ("", "header must be .* got '' after nothing"),
        (csv_text().splitlines()[0], "must hold rows after its header; got none"),
        (csv_text().splitlines()[0] + "\n\n\n", "must hold rows after its header; got none"),
        (b"\x93NUMPY\x01\0", "header must be pixel0"),
        (csv_text().encode() + b"\xff\xfe\n", "10 columns of the header; got 1, .*line 8"),
        (csv_text().replace("\n", "\r"), "header must be pixel0"),
        (csv_text() + "1" * 10**6, "10 columns of the header; got 1, .*line 8"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_file_and_line(tmp_path: Path, text, facts: str) -> None:
    with pytest.raises(DataError, match=facts) as caught:
        load_pixels(write(tmp_path, text), n_classes=10)
    assert "digits.csv" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300 + len(str(tmp_path))


def test_line_without_end_is_not_read_whole(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(pixel_csv, "_BLOCK", 100)
    head = csv_text().splitlines()[0] + "\n"
    with pytest.raises(DataError, match=r"columns of the header; got .*line 2"):
        load_pixels(write(tmp_path, head + "1," * 10**5), n_classes=10)


def test_file_that_is_too_large_is_not_opened(tmp_path: Path, monkeypatch) -> None:
    path = write(tmp_path, csv_text())
    monkeypatch.setattr(pixel_csv, "MAX_BYTES", 50)
    with pytest.raises(DataError, match="no larger than 50 bytes"):
        load_pixels(path, n_classes=10)


def test_absent_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be readable; got No such file"):
        load_pixels(tmp_path / "none.csv", n_classes=10)
    with pytest.raises(DataError, match=r"must be readable; got .*directory"):
        load_pixels(tmp_path, n_classes=10)


def test_damage_gives_a_data_error_or_what_pandas_reads(tmp_path: Path) -> None:
    whole = csv_text().encode()
    rng = np.random.default_rng(5)
    n_refused = 0
    for _ in range(400):
        content = bytearray(whole)
        for at in rng.integers(0, len(content), int(rng.integers(1, 4))):
            content[at] ^= int(rng.integers(1, 256))
        if rng.random() < 0.3:
            content = content[: int(rng.integers(0, len(content)))]
        path = write(tmp_path, bytes(content))
        try:
            table = load_pixels(path, n_classes=10)
        except DataError as error:
            n_refused += "\n" not in str(error)
            continue
        peer = pd.read_csv(path).to_numpy()
        assert table.labels is not None
        assert np.array_equal(table.images.reshape(len(peer), -1), peer[:, 1:])
    assert n_refused > 200
