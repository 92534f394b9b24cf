"""Figures on disk: whole or not at all, the same bytes each time."""

from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.files import (
    FORMATS,
    check_figure_path,
    house_style,
    save_figure,
    save_pages,
)

BEGINNINGS = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


def build_figure() -> Figure:
    figure = Figure(figsize=(2, 1))
    figure.add_subplot().plot([1, 2], label="line")
    return figure


@pytest.mark.parametrize("ending", [*FORMATS, *(ending.upper() for ending in FORMATS)])
def test_figure_is_in_the_format_of_its_ending(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "missing" / f"figure.{ending}"
    save_figure(build_figure(), path)
    assert path.read_bytes().startswith(BEGINNINGS[ending.lower()])
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", FORMATS)
def test_same_figure_gives_the_same_bytes_whatever_style_is_set(
    ending: str, tmp_path: Path
) -> None:
    written = []
    for size in (5, 30):
        with matplotlib.rc_context({"font.size": size, "savefig.bbox": "tight"}), house_style():
            save_figure(build_figure(), tmp_path / f"figure.{ending}")
            written.append((tmp_path / f"figure.{ending}").read_bytes())
    assert written[0] == written[1]


def test_what_was_there_stays_where_drawing_fails(tmp_path: Path) -> None:
    figure, path = build_figure(), tmp_path / "figure.png"
    path.write_bytes(b"before")
    figure.text(0.5, 0.5, "$ \\nothing $")
    with pytest.raises(ValueError, match="nothing"):
        save_figure(figure, path)
    with pytest.raises(ValueError, match="nothing"):
        save_pages([build_figure(), figure], path)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written") as caught:
        save_pages([build_figure()], tmp_path / "file/figure.pdf")
    assert "\n" not in str(caught.value)


def test_another_ending_is_refused_with_the_closest() -> None:
    with pytest.raises(PredictionError, match=r"path of a map must end in .*'a\.pgn'.*'png'"):
        check_figure_path("a.pgn", what="map")
    check_figure_path("a.SVG")
