"""What a reader filters, sorts and finds in the page is what the catalogue answers."""

import numpy as np
import pytest

from ensemble_lab.errors.pairs import count_pairs
from ensemble_lab.figures.html.page import Facet
from tests.figures.html.benches import (
    build_bench,
    build_predictions,
    catalogue_all,
    catalogue_errors,
    chosen_index,
    shown_indices,
)

pytestmark = pytest.mark.browser


def slide(tab, name, value):
    slider = tab.get_by_label(name, exact=True)
    slider.focus()
    slider.fill(str(value))


def test_all_rows_are_shown_in_the_catalogues_order(open_page, errors):
    tab = open_page(errors)
    assert shown_indices(tab) == list(errors.catalogue.indices)
    n_rows = len(errors.catalogue)
    assert tab.locator("#status").inner_text() == f"{n_rows} of {n_rows} shown"


def test_confusion_cells_filter_and_two_of_them_are_alternatives(open_page, errors):
    tab = open_page(errors)
    (first, n_first), (second, n_second) = count_pairs(
        errors.catalogue.label, errors.catalogue.predicted
    )[:2]
    cells = [tab.locator(f"[data-pair='{a}:{b}']") for a, b in (first, second)]
    assert [cell.inner_text() for cell in cells] == [str(n_first), str(n_second)]
    cells[0].click()
    assert shown_indices(tab) == list(errors.catalogue.filter(pair=first).indices)
    cells[1].click()
    assert shown_indices(tab) == list(errors.catalogue.filter(pair=[first, second]).indices)
    assert cells[1].get_attribute("aria-pressed") == "true"
    cells[0].click()
    cells[1].click()
    assert len(shown_indices(tab)) == len(errors.catalogue)


def test_gap_slider_keeps_both_ends_included(open_page, errors):
    tab = open_page(errors)
    slide(tab, "Lowest gap", 0.2)
    assert shown_indices(tab) == list(errors.catalogue.filter(min_gap=0.2).indices)
    slide(tab, "Highest gap", 0.25)
    assert shown_indices(tab) == list(errors.catalogue.filter(min_gap=0.2, max_gap=0.25).indices)
    assert tab.locator("[data-shows=gap]").inner_text() == "0.20 to 0.25"
    slide(tab, "Lowest gap", 0.3)  # Above the other end, which it takes along.
    assert tab.locator("[data-shows=gap]").inner_text() == "0.30 to 0.30"
    for end, which in (("Lowest", "min"), ("Highest", "max")):
        whole = tab.get_by_label(f"{end} gap", exact=True).get_attribute(which)
        slide(tab, f"{end} gap", whole)
    # Where both stand at their ends nothing is filtered, nor kept in the address.
    assert shown_indices(tab) == list(errors.catalogue.indices)
    assert "gap" not in tab.url.split("#")[1]
    tab.get_by_role("button", name="Show all").click()
    assert len(shown_indices(tab)) == len(errors.catalogue)


def test_votes_and_members_that_were_wrong_filter_together(open_page, errors):
    rows = errors.catalogue
    tab = open_page(errors)
    slide(tab, "Lowest votes for predicted", 4)
    tab.get_by_label("cnn-0001").check()
    tab.get_by_label("cnn-0003").check()
    is_match = (rows.votes_for_predicted >= 4) & rows.wrong_members[:, [1, 3]].all(axis=1)
    assert shown_indices(tab) == rows.index[is_match].tolist()
    assert 0 < is_match.sum() < len(rows)


def test_outcome_and_ties_filter(open_page, all_rows):
    rows = all_rows.catalogue
    tab = open_page(all_rows)
    is_right = tab.get_by_role("checkbox", name="right")
    is_right.check()
    assert shown_indices(tab) == rows.index[rows.label == rows.predicted].tolist()
    is_right.uncheck()
    tab.get_by_label("a tie policy decided").check()
    assert shown_indices(tab) == list(rows.filter(tied=True).indices)
    assert rows.is_tied.any()


def test_facets_filter_by_value_and_are_told_of_the_chosen_image(open_page):
    predictions = build_predictions()
    rows = catalogue_errors(predictions)
    series = tuple("student" if index % 3 else "" for index in rows.indices)
    page = build_bench(rows, predictions, facets=(Facet("series", series),))
    tab = open_page(page)
    tab.get_by_label("not known").check()
    wanted = [index for index in rows.indices if index % 3 == 0]
    assert shown_indices(tab) == wanted
    assert "not known" in tab.locator("#facts").inner_text()
    tab.get_by_label("student").check()
    assert len(shown_indices(tab)) == len(rows)
    tab.evaluate("location.hash = 'by-series=student'")
    tab.locator(f"#tile-{wanted[0]}").wait_for(state="detached")
    assert shown_indices(tab) == [index for index in rows.indices if index % 3]
    tab.evaluate("location.hash = 'series=student'")  # Not how a facet is named.
    tab.locator(f"#tile-{wanted[0]}").wait_for()
    assert len(shown_indices(tab)) == len(rows)


def test_orders_are_the_catalogues_in_both_directions(open_page, all_rows):
    tab = open_page(all_rows)
    for order in ("gap", "votes", "index", "pair"):
        tab.get_by_label("Sort").select_option(order)
        for is_reversed in (False, True):
            tab.get_by_label("reversed").set_checked(is_reversed)
            wanted = all_rows.catalogue.sort(order, reverse=is_reversed)
            assert shown_indices(tab) == list(wanted.indices)


def test_smallest_margin_comes_first(open_page, all_rows):
    tab = open_page(all_rows)
    tab.get_by_label("Sort").select_option("margin")
    rows = all_rows.catalogue
    assert shown_indices(tab) == rows.index[np.argsort(rows.margin, kind="stable")].tolist()


def test_found_indices_are_shown_and_absent_ones_told(open_page, errors):
    tab = open_page(errors)
    first, second = errors.catalogue.indices[3], errors.catalogue.indices[1]
    tab.get_by_label("Find indices").fill(f"{first}, {second}; 12")
    assert shown_indices(tab) == [second, first]
    assert tab.locator("#status").inner_text().endswith("not on this page: 12")


def test_chosen_image_stays_while_it_is_shown_else_the_first_is_chosen(open_page, errors):
    tab = open_page(errors)
    index = errors.catalogue.indices[5]
    tab.locator(f"#tile-{index}").click()
    tab.get_by_label("Sort").select_option("index")
    assert chosen_index(tab) == index
    tab.get_by_label("Find indices").fill(str(errors.catalogue.indices[2]))
    assert chosen_index(tab) == errors.catalogue.indices[2]


def test_page_of_votes_alone_has_neither_gap_nor_probabilities(open_page):
    predictions = build_predictions(has_probabilities=False)
    tab = open_page(build_bench(catalogue_all(predictions), predictions))
    assert tab.locator("[data-column=gap]").count() == 0
    assert tab.locator("#members td.number").first.inner_text() == "–"
    assert len(shown_indices(tab)) == 40


def test_many_classes_are_listed_as_pairs(open_page):
    predictions = build_predictions(n_classes=30)
    rows = catalogue_errors(predictions)
    tab = open_page(build_bench(rows, predictions))
    assert tab.locator("table.confusion").count() == 0
    pair, _ = count_pairs(rows.label, rows.predicted)[0]
    tab.locator(".pairs button").first.click()
    assert shown_indices(tab) == list(rows.filter(pair=pair).indices)
    assert tab.locator(".hint", has_text="most frequent of").count() == 0


def test_pairs_that_are_not_listed_are_counted(open_page):
    predictions = build_predictions(200, n_classes=30)
    rows = catalogue_errors(predictions)
    tab = open_page(build_bench(rows, predictions))
    n_pairs = len(count_pairs(rows.label, rows.predicted))
    assert n_pairs > tab.locator(".pairs button").count() == 60
    assert tab.get_by_text(f"The 60 most frequent of {n_pairs} pairs.").count() == 1


def test_every_class_with_votes_is_listed(open_page):
    """Of many classes a page keeps the likeliest; members may have voted for others."""
    predictions = build_predictions(60, n_members=24, n_classes=60)
    rows = catalogue_all(predictions)
    tab = open_page(build_bench(rows, predictions))
    for row in range(5):
        tab.locator(f"#tile-{rows.indices[row]}").click()
        cells = tab.locator("#classes tbody tr td:last-child").all_inner_texts()
        assert sum(map(int, cells)) == 24


def test_more_images_than_a_page_holds_are_turned(open_page):
    predictions = build_predictions(450, n_members=2)
    tab = open_page(build_bench(catalogue_all(predictions), predictions))
    assert shown_indices(tab) == list(range(6570, 6770))
    tab.get_by_role("button", name="Next").click()
    tab.get_by_role("button", name="Next").click()
    assert shown_indices(tab) == list(range(6970, 7020))
    assert tab.locator("#page-number").inner_text() == "401 to 450 of 450"
    assert tab.get_by_role("button", name="Next").is_disabled()


def test_page_without_a_row_says_so(open_page):
    predictions = build_predictions()
    tab = open_page(build_bench(catalogue_errors(predictions).head(0), predictions))
    assert tab.locator("#status").inner_text() == "0 of 0 shown"
    assert tab.locator("#chosen-title").inner_text() == "No image is chosen"
