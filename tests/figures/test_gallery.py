"""Pages and files of a gallery, and what is refused."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from ensemble_lab.data.dataset import Split
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures import gallery
from ensemble_lab.figures.gallery import draw_gallery, gallery_paths

Rows = Callable[..., Catalogue]
Images = Callable[..., Split]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("n_rows", "per_page"), [(0, [0]), (1, [1]), (60, [60]), (61, [60, 1]), (130, [60, 60, 10])]
)
def test_sixty_tiles_fill_a_page(
    n_rows: int, per_page: list[int], rows: Rows, images: Images
) -> None:
    catalogue = rows(n_rows, first_index=1000)
    pages = draw_gallery(catalogue, images(catalogue))
    assert [sum(text.isdecimal() for text in words(page)) for page in pages] == per_page


def test_tiles_follow_the_order_of_the_rows(rows: Rows, images: Images) -> None:
    catalogue = rows(65, first_index=1000)
    pages = draw_gallery(catalogue, images(catalogue))
    shown = [int(text) for page in pages for text in words(page) if text.isdecimal()]
    assert shown == list(catalogue.indices)


def test_reading_order_is_rows_of_tiles_from_the_left(rows: Rows, images: Images) -> None:
    catalogue = rows(20, first_index=1000)
    (page,) = draw_gallery(catalogue, images(catalogue))
    places = [text.get_position() for text in page.axes[0].texts if text.get_text().isdecimal()]
    assert places == sorted(places, key=lambda place: (place[1], place[0]))
    assert len({y for _, y in places}) == 3


def test_tile_says_index_pair_gap_and_votes(rows: Rows, images: Images) -> None:
    catalogue = replace(
        rows(2),
        index=np.array([6576, 31]),
        gap=np.array([0.984, -0.07]),
        is_tied=np.array([0, 1]) > 0,
    )
    (page,) = draw_gallery(catalogue, images(catalogue))
    assert words(page)[-8:] == [
        *("6576", "gap +0.98", "0 → 1", "5 of 5"),
        *("31", "gap −0.07", "1 → 2", "4 of 5 · tie"),
    ]


def test_title_names_split_errors_and_decision(rows: Rows, images: Images) -> None:
    catalogue = rows(61)
    first, second = map(words, draw_gallery(catalogue, images(catalogue)))
    assert first[:3] == [
        "page 1 of 2",
        "test: 61 errors",
        "Vote of 5 members: majority, ties by mean-probability",
    ]
    assert second[:2] == ["page 2 of 2", "test: 61 errors"]


def test_right_examples_are_told_from_errors(rows: Rows, images: Images) -> None:
    catalogue = rows(3)
    catalogue = replace(
        catalogue,
        predicted=np.array([0, 2, 3]),
        votes_for_label=np.array([5, 1, 2]),
        margin=np.array([0.417, -0.5, -0.5]),
    )
    (page,) = draw_gallery(catalogue, images(catalogue))
    assert "test: 3 examples, 2 errors" in words(page)
    assert sum(text.endswith("right") for text in words(page)) == 1
    # A right example has no gap.
    assert [text.split()[0] for text in words(page)[-12:][1::4]] == ["margin", "gap", "gap"]
    assert "margin +0.42" in words(page)
    assert "gap = p(predicted) − p(label), margin = p(label) − largest other" in words(page)


def test_title_may_be_given(rows: Rows, images: Images) -> None:
    (page,) = draw_gallery(rows(3), images(rows(3)), title="3 of 9 ties")
    assert "3 of 9 ties" in words(page)
    assert not any(text.startswith("test:") for text in words(page))


def test_no_error_is_a_page_that_says_so(rows: Rows, images: Images, tmp_path: Path) -> None:
    (page,) = draw_gallery(rows(0), images(rows(3)), path=tmp_path / "errors.png")
    assert "test: 0 errors" in words(page)
    assert "There is nothing to show." in words(page)
    assert (tmp_path / "errors.png").is_file()


@pytest.mark.parametrize(
    ("name", "n_rows", "written"),
    [
        ("errors.png", 3, ["errors.png"]),
        ("errors.PNG", 3, ["errors.PNG"]),
        ("errors.v2.png", 61, ["errors.v2-1.png", "errors.v2-2.png"]),
        ("errors.svg", 61, ["errors-1.svg", "errors-2.svg"]),
        ("errors.pdf", 61, ["errors.pdf"]),
    ],
)
def test_files_are_those_that_gallery_paths_names(
    name: str, n_rows: int, written: list[str], rows: Rows, images: Images, tmp_path: Path
) -> None:
    path = tmp_path / "missing" / "folders" / name
    pages = draw_gallery(rows(n_rows), images(rows(n_rows)), path=path)
    assert [file.name for file in gallery_paths(path, len(pages))] == written
    assert sorted(file.name for file in path.parent.iterdir()) == written


def test_one_pdf_holds_all_pages(rows: Rows, images: Images, tmp_path: Path) -> None:
    draw_gallery(rows(61), images(rows(61)), path=tmp_path / "errors.pdf")
    assert b"/Count 2" in (tmp_path / "errors.pdf").read_bytes()


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_input_gives_same_bytes_whatever_style_is_set(
    ending: str, rows: Rows, images: Images, tmp_path: Path
) -> None:
    paths = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    draw_gallery(rows(4), images(rows(4)), path=paths[0])
    with matplotlib.rc_context({"savefig.bbox": "tight", "font.size": 30, "text.color": "red"}):
        draw_gallery(rows(4), images(rows(4)), path=paths[1])
        assert matplotlib.rcParams["font.size"] == 30
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("name", ["errors", "errors.jpg", "errors.png.gz", ".png"])
def test_another_ending_is_refused_before_anything_is_written(
    name: str, rows: Rows, images: Images, tmp_path: Path
) -> None:
    with pytest.raises(PredictionError, match=r"\.png, \.svg, \.pdf; got"):
        draw_gallery(rows(1), images(rows(1)), path=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_row_without_an_image_is_named(rows: Rows, images: Images) -> None:
    catalogue = replace(rows(3), index=np.array([3, 777, 0]))
    with pytest.raises(PredictionError, match=r"from 0 to 7; got 777"):
        draw_gallery(catalogue, images(rows(3)))


def test_images_of_another_split_are_refused(rows: Rows, images: Images) -> None:
    with pytest.raises(PredictionError, match="'validation'; got split 'test'"):
        draw_gallery(replace(rows(3), split="validation"), images(rows(3)))


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (("cat", "dog"), "cat → dog"),
        (("$0", "$1"), "$0 → $1"),
        (("two\nlines", " "), "two lines → 1"),
        (("猫", "dog"), "0 → dog"),
    ],
)
def test_names_are_shown_as_they_are_where_there_are_letters_for_them(
    names: tuple[str, ...], pair: str, rows: Rows, images: Images, tmp_path: Path
) -> None:
    (page,) = draw_gallery(
        rows(1), images(rows(1)), path=tmp_path / "errors.png", class_names=names
    )
    assert pair in words(page)


def test_long_names_stand_on_a_line_each_and_are_cut(rows: Rows, images: Images) -> None:
    names = ("Ankle boot", "T-shirt/top of the finest cotton")
    (page,) = draw_gallery(rows(1), images(rows(1)), class_names=names)
    label, predicted = words(page)[-3:-1]
    assert label == "Ankle boot"
    # Names may begin alike: a number tells them apart.
    assert predicted.startswith("→ 1 T-shirt/")
    assert predicted.endswith("…")


def test_pages_are_written_one_after_another(rows, images, tmp_path, monkeypatch) -> None:
    """Ten thousand tiles must not be in memory at once."""
    from ensemble_lab.figures import files

    saved, real_draw, real_save = [], gallery.draw_page, files.save_figure
    monkeypatch.setattr(gallery, "draw_page", lambda *a: saved.append("drawn") or real_draw(*a))
    monkeypatch.setattr(files, "save_figure", lambda *a: saved.append("saved") or real_save(*a))
    paths = gallery.save_gallery_pages(rows(61), images(rows(61)), tmp_path / "errors.png")
    assert [path.name for path in paths] == ["errors-1.png", "errors-2.png"]
    assert saved == ["drawn", "saved"] * 2
    draw_gallery(rows(61), images(rows(61)), path=tmp_path / "same.png")
    assert (tmp_path / "same-2.png").read_bytes() == paths[1].read_bytes()


def test_class_without_a_name_is_refused(rows: Rows, images: Images) -> None:
    with pytest.raises(PredictionError, match="got 2 names and class 2"):
        draw_gallery(rows(3), images(rows(3)), class_names=("no", "yes"))


@pytest.mark.parametrize("name", ["file/errors.png", "folder.png", "folder.pdf", "folder.svg"])
def test_unwritable_path_is_one_line(name: str, rows: Rows, images: Images, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for ending in ("png", "pdf", "svg"):
        (tmp_path / f"folder.{ending}").mkdir()
    with pytest.raises(StoreError, match="could not be written") as caught:
        draw_gallery(rows(1), images(rows(1)), path=tmp_path / name)
    assert "\n" not in str(caught.value)


def test_page_is_small_enough_to_share(rows: Rows, images: Images, tmp_path: Path) -> None:
    # Noise: no image of that size compresses worse.
    split = images(rows(60), height=28, width=28)
    draw_gallery(rows(60), split, path=tmp_path / "errors.png")
    assert (tmp_path / "errors.png").stat().st_size < 400_000


def test_drawing_imports_no_pyplot_and_importing_no_matplotlib(tmp_path: Path) -> None:
    code = f"""
import runpy, sys
from ensemble_lab.figures.gallery import draw_gallery
assert "matplotlib" not in sys.modules
made = runpy.run_path({str(Path(__file__).with_name("conftest.py"))!r})
rows = made["build_rows"](3)
draw_gallery(rows, made["build_images"](rows), path={str(tmp_path / "errors.pdf")!r})
assert "matplotlib.pyplot" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
