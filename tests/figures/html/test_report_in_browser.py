"""The report in a browser: its matrix filters the pictures, its curve is told in words."""

import pytest

from ensemble_lab.analysis.subsets.curve import build_subset_curve
from ensemble_lab.errors.pairs import count_pairs
from ensemble_lab.figures.html.files import save_report
from ensemble_lab.figures.html.report import Report, Section, Table
from tests.figures.html.benches import build_predictions, draw_labels, shown_indices

pytestmark = pytest.mark.browser


@pytest.fixture
def open_report(open_file, errors, tmp_path):
    predictions = build_predictions()
    curve = build_subset_curve(predictions.votes, draw_labels(predictions).values, 4, n_orders=9)
    hostile = "</td><script>alert('cell')</script>"
    table = Table(
        hostile,
        ("member", "errors"),
        ((hostile, "3"), ("vote", "2")),
        numbers=("errors",),
        whiskers=((1, 3, 7), (0, 2, 5)),
    )
    numbers = Table("The numbers of the curve", ("members",), (("1",),))
    report = Report(
        errors,
        (
            Section("Votes", (hostile,), (table,)),
            Section("Curve", (), (numbers,), curve),
            Section("Confusion", has_confusion=True),
        ),
        (Section("Ledger", ("nothing",)),),
    )
    save_report(report, tmp_path / "report.html")
    return lambda **context: open_file(tmp_path / "report.html", **context)


def test_cell_of_the_matrix_filters_the_pictures_below(open_report, errors):
    tab = open_report()
    assert tab.locator("table.confusion").count() == 1
    pair, _ = count_pairs(errors.catalogue.label, errors.catalogue.predicted)[0]
    tab.locator(f"[data-pair='{pair[0]}:{pair[1]}']").click()
    assert shown_indices(tab) == list(errors.catalogue.filter(pair=pair).indices)


def test_curve_is_an_image_with_words_and_a_table_beside_it(open_report):
    tab = open_report(color_scheme="dark")
    words = tab.get_by_role("img", name="Expected errors of the majority fall from").first
    assert words.is_visible()
    tab.get_by_text("The numbers of the curve", exact=True).first.click()
    assert tab.get_by_role("table", name="The numbers of the curve").is_visible()


def test_texts_of_sections_stay_text(open_report):
    tab = open_report()
    assert tab.locator("script").count() == 2
    assert tab.get_by_text("</td><script>alert('cell')</script>").count() == 3


def test_sections_fit_a_narrow_page_and_paper(open_report):
    tab = open_report(viewport={"width": 400, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    tab.emulate_media(media="print")
    assert tab.get_by_role("heading", name="Ledger").is_visible()
    assert not tab.locator(".toolbar").is_visible()
