"""The file: the same from the same, alone in the world, refused where it cannot be."""

import base64
import hashlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.html.files import save_page, save_report
from ensemble_lab.figures.html.filters import list_choices, list_sliders
from ensemble_lab.figures.html.page import Facet
from ensemble_lab.figures.html.render import render_gallery
from ensemble_lab.figures.html.report import Report, Table
from tests.figures.html.benches import (
    build_bench,
    build_predictions,
    catalogue_all,
    catalogue_errors,
    draw_images,
)


@pytest.fixture(scope="module")
def text(all_rows):
    return render_gallery(all_rows)


def test_same_page_gives_the_same_text(all_rows, text):
    assert render_gallery(all_rows) == text


def test_page_names_no_address_of_any_network(text):
    assert not re.findall(r"(?:https?|wss?|ftp)://", text)
    assert not re.search(r"<(?:link|script|img)[^>]+(?:href|src)=\"(?!data:)", text)


def test_policy_allows_the_pages_own_script_and_style_alone(text):
    policy = re.search(r"Content-Security-Policy\" content=\"([^\"]+)\"", text)[1]
    assert "default-src 'none'" in policy.replace("&#39;", "'")
    assert "unsafe" not in policy
    for element, part in (('script type="module"', "script"), ("style", "style")):
        inside = re.search(rf"<{element}>(.*?)</{part}>", text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{part}-src 'sha256-{digest}'" in policy.replace("&#39;", "'")


def test_no_element_has_a_style_or_handler_of_its_own(text):
    html = re.sub(r"<(script|style).*?</\1>", "", text, flags=re.DOTALL)
    assert not re.findall(r"\s(?:style|on[a-z]+)=", html)


def test_pages_need_no_matplotlib_and_no_framework(tmp_path):
    code = """
import sys
from tests.figures.html.benches import *
from ensemble_lab.figures.html.files import save_page
predictions = build_predictions()
save_page(build_bench(catalogue_errors(predictions), predictions), sys.argv[1])
assert not {"matplotlib", "pandas", "scipy", "keras", "tensorflow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "errors.html")], check=True)
    assert (tmp_path / "errors.html").stat().st_size < 100_000


@pytest.mark.parametrize("name", ["errors.htm", "errors", "errors.png", ".html"])
def test_another_ending_is_refused(name, all_rows, tmp_path):
    report = Report(all_rows, ())
    for save, thing in ((save_page, all_rows), (save_report, report)):
        with pytest.raises(PredictionError, match=r"must end in \.html; got"):
            save(thing, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_unwritable_path_is_one_line(all_rows, tmp_path):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(StoreError, match="could not be written"):
        save_page(all_rows, tmp_path / "folder.html")


def test_letters_that_are_none_become_question_marks(errors, tmp_path):
    save_page(replace(errors, name="half \ud800 pair"), tmp_path / "a.html")
    assert "half ? pair" in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_large_images_are_reduced_and_colours_kept():
    predictions = build_predictions(4)
    images = draw_images(predictions, side=200, channels=3)
    page = build_bench(catalogue_all(predictions), predictions, images)
    assert page.pictures.shape == (4, 96, 96, 3)


def test_grey_images_are_dark_on_white_at_their_own_size(errors):
    predictions = build_predictions()
    images = draw_images(predictions).images[errors.catalogue.index - predictions.index[0]]
    np.testing.assert_array_equal(errors.pictures, 255 - images[..., 0])


def test_images_of_another_split_are_refused():
    predictions = build_predictions()
    rows, images = catalogue_errors(predictions), draw_images(predictions)
    with pytest.raises(PredictionError, match=r"images must be those .*'test'; got .*'validation'"):
        build_bench(rows, predictions, replace(images, name="validation"))
    with pytest.raises(PredictionError, match="predictions must be those"):
        build_bench(rows, replace(predictions, split="validation"), images)


def test_facets_and_notes_have_a_value_for_each_row():
    predictions = build_predictions()
    rows = catalogue_errors(predictions)
    with pytest.raises(PredictionError, match="facet series must have one value"):
        build_bench(rows, predictions, facets=(Facet("series", ("a",)),))
    with pytest.raises(PredictionError, match="notes must have one value"):
        build_bench(rows, predictions, notes=("a",))
    twice = (Facet("series", ("a",) * len(rows)),) * 2
    with pytest.raises(PredictionError, match="facets must differ in name"):
        build_bench(rows, predictions, facets=twice)


def test_sliders_hold_all_rows_and_are_left_out_where_rows_agree(all_rows):
    sliders = {slider.column: slider for slider in list_sliders(all_rows.catalogue)}
    assert list(sliders) == ["gap", "margin", "confidence", "votes_for_predicted"]
    gap = all_rows.catalogue.gap
    assert sliders["gap"].low <= gap.min()
    assert gap.max() <= sliders["gap"].high
    for n_rows in (0, 1):
        assert list_sliders(all_rows.catalogue.head(n_rows)) == ()


def test_of_very_many_values_the_most_frequent_are_listed():
    values = (*map(str, range(1_500)), "1400")
    choices = list_choices(Facet("writer", values))
    assert (len(choices.choices), choices.n_values) == (1_000, 1_500)
    assert choices.choices[-1].text == "1400"
    assert choices.choices[-1].count == 2


def test_tables_are_whole():
    with pytest.raises(PredictionError, match="one text for each of 2 columns; got 1"):
        Table("errors", ("a", "b"), (("1",),))
    with pytest.raises(PredictionError, match="one for each of 1 rows; got 2"):
        Table("errors", ("a",), (("1",),), whiskers=((0, 1, 2),) * 2)


def test_templates_are_packaged():
    root = Path(__file__).parents[3]
    assert "figures/html/templates/*" in (root / "setup.cfg").read_text(encoding="utf-8")
