"""An address says what is shown and chosen, and brings it back."""

import pytest

from ensemble_lab.figures.html.page import Facet
from tests.figures.html.benches import (
    FIRST_INDEX,
    build_bench,
    build_predictions,
    catalogue_all,
    chosen_index,
    shown_indices,
)

pytestmark = pytest.mark.browser


def hash_of(tab):
    return tab.evaluate("location.hash")


def test_link_to_an_image_chooses_it(open_page, errors):
    index = errors.catalogue.indices[7]
    tab = open_page(errors, f"#i={index}")
    assert chosen_index(tab) == index
    assert tab.locator(".tile.active b").inner_text() == str(index)
    assert len(shown_indices(tab)) == len(errors.catalogue)


def test_link_to_an_image_of_a_later_page_turns_there(open_page):
    predictions = build_predictions(450, n_members=2)
    tab = open_page(build_bench(catalogue_all(predictions), predictions), "#i=7000")
    assert chosen_index(tab) == 7000
    assert shown_indices(tab)[0] == FIRST_INDEX + 400


def test_link_to_an_image_that_is_not_there_says_so(open_page, errors):
    tab = open_page(errors, "#i=12")
    assert tab.locator("#told").inner_text() == "index 12 is not on this page"
    assert chosen_index(tab) == errors.catalogue.indices[0]


def test_address_tells_the_whole_view_and_brings_it_back(open_page):
    predictions = build_predictions()
    rows = catalogue_all(predictions)
    values = tuple("a & b=c#1, 猫" if index % 2 else "other" for index in rows.indices)
    page = build_bench(rows, predictions, facets=(Facet("who?", values),))
    tab = open_page(page)
    tab.get_by_label("a & b=c#1, 猫").check()
    tab.get_by_label("cnn-0002").check()
    tab.get_by_label("Lowest votes for predicted").fill("3")
    tab.get_by_label("Sort").select_option("pair")
    tab.get_by_label("reversed").check()
    tab.get_by_role("listbox").focus()
    tab.keyboard.press("End")
    shown, address = shown_indices(tab), hash_of(tab)
    assert 0 < len(shown) < len(rows)
    again = open_page(page, address)
    assert shown_indices(again) == shown
    assert chosen_index(again) == shown[-1]
    assert hash_of(again) == address
    assert again.get_by_label("cnn-0002").is_checked()


def test_pairs_and_bounds_in_an_address_can_be_read(open_page, errors):
    tab = open_page(errors)
    tab.locator("[data-pair]").first.click()
    pair = tab.locator("[data-pair]").first.get_attribute("data-pair")
    assert f"pair={pair}&i=" in hash_of(tab)


def test_page_opened_without_an_address_keeps_none(open_page, errors):
    assert hash_of(open_page(errors)) == ""


def test_address_that_means_nothing_shows_everything(open_page, errors):
    tab = open_page(errors, "#sort=__proto__")
    assert len(shown_indices(tab)) == len(errors.catalogue)
    first = errors.catalogue.indices[0]
    for nonsense in ("gap=9..x", "pair=<script>", "by-none=1", "wrong=nobody", "%", "i="):
        tab.evaluate(f"location.hash = 'find={first}'")
        tab.wait_for_selector(f"#tile-{first}:only-child")
        tab.evaluate(f"location.hash = {nonsense!r}")
        tab.wait_for_selector(f"#tile-{first}:not(:only-child)")
        assert len(shown_indices(tab)) == len(errors.catalogue)


def test_changed_address_is_followed(open_page, errors):
    tab = open_page(errors)
    index = errors.catalogue.indices[4]
    tab.evaluate(f"location.hash = 'i={index}'")
    tab.locator(f"#tile-{index}.active").wait_for()
    assert chosen_index(tab) == index
