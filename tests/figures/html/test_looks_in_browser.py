"""Light and dark, narrow and on paper, heard and without colour; and texts that stay texts."""

import re
from dataclasses import replace

import numpy as np
import pytest

from ensemble_lab.figures.html.page import Facet
from ensemble_lab.figures.html.voices import collect_voices
from tests.figures.html.benches import (
    FIRST_INDEX,
    build_bench,
    build_predictions,
    catalogue_all,
    catalogue_errors,
    chosen_index,
    draw_images,
    shown_indices,
)

pytestmark = pytest.mark.browser

HOSTILE = (
    "<script>alert('name')</script>",
    "\"' onmouseover=alert(1) x='",
    "مرحبا‮ cat",
    "a very long name " * 20,
)


def read_canvas(tab, selector):
    """The pixels of a canvas as its script drew them, without what the style makes of them."""
    return np.array(
        tab.locator(selector).evaluate(
            "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        )
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_each_tile_shows_its_own_image(open_page, channels):
    predictions = build_predictions()
    images = draw_images(predictions, channels=channels)
    tab = open_page(build_bench(catalogue_errors(predictions), predictions, images))
    for index in shown_indices(tab)[:3]:
        drawn = read_canvas(tab, f"#tile-{index} canvas").reshape(6, 6, 4)[..., :3]
        image = images.images[index - FIRST_INDEX]
        np.testing.assert_array_equal(drawn, image if channels == 3 else 255 - image.repeat(3, 2))


def test_dark_follows_the_system_until_the_reader_says_otherwise(open_page, errors):
    tab = open_page(errors, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert tab.evaluate(ground) == "rgb(19, 20, 23)"
    picture = "getComputedStyle(document.querySelector('.tile canvas')).filter"
    assert tab.evaluate(picture) == "invert(1)"
    button = tab.get_by_role("button", name="Colours")
    button.click()
    assert button.inner_text() == "Colours: light"
    assert tab.evaluate(ground) == "rgb(255, 255, 255)"
    assert tab.evaluate(picture) == "none"
    tab.emulate_media(color_scheme="light")
    button.click()
    assert tab.evaluate(ground) == "rgb(19, 20, 23)"


def test_narrow_page_does_not_scroll_sideways(open_page, all_rows):
    tab = open_page(all_rows, viewport={"width": 360, "height": 640})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert not tab.locator("#filters").evaluate("filters => filters.open")
    tab.locator("#filters > summary").click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_nothing_moves(open_page, all_rows):
    tab = open_page(all_rows)
    moving = tab.evaluate(
        """() => [...document.querySelectorAll("*")].map((each) => getComputedStyle(each))
             .filter((s) => s.animationName !== "none" || s.transitionDuration !== "0s"
                            || s.scrollBehavior === "smooth").length"""
    )
    assert moving == 0


def test_paper_has_all_images_and_no_controls(open_page):
    predictions = build_predictions(450, n_members=2)
    tab = open_page(build_bench(catalogue_all(predictions), predictions))
    tab.emulate_media(media="print", color_scheme="dark")
    tab.locator(".tile").nth(449).wait_for()
    assert shown_indices(tab) == list(range(FIRST_INDEX, FIRST_INDEX + 450))
    for name in ("#filters", ".toolbar", "#chosen", "#pages"):
        assert not tab.locator(name).is_visible()
    assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(26, 26, 26)"
    tab.emulate_media(media="screen")
    tab.locator(".tile").nth(200).wait_for(state="detached")
    assert tab.pdf().startswith(b"%PDF")


def test_page_is_told_to_those_who_hear_it(open_page, errors):
    tab = open_page(errors)
    rows = errors.catalogue
    n_rows, row = len(rows), rows.to_rows()[0]
    tiles = tab.get_by_role("listbox", name="Images. Arrows choose, space marks.")
    first = tiles.get_by_role("option").first
    assert first.get_attribute("aria-posinset") == "1"
    assert first.get_attribute("aria-setsize") == str(n_rows)
    sentence = (
        f"Index {row['index']}: label {row['label']}, predicted {row['predicted']}, "
        f"gap +{row['gap']:.2f}, {row['votes_for_predicted']} of 6 votes"
    )
    assert f'option "{sentence}"' in tiles.aria_snapshot()
    whole = tab.locator("body").aria_snapshot()
    for part in (
        'heading "guesses test" [level=1]',
        "status",
        'group "What is shown"',
        'combobox "Sort"',
        'slider "Lowest gap"',
        'table "Members"',
        'button "Mark space"',
    ):
        assert part in whole
    cell = tab.locator("[data-pair]").first
    assert re.fullmatch(r"label \d, predicted \d: \d+ images?", cell.get_attribute("aria-label"))


def test_no_control_is_without_a_name(open_page, all_rows):
    whole = open_page(all_rows).locator("body").aria_snapshot()
    assert not re.findall(r"- (button|checkbox|combobox|slider|searchbox|link)(?! \")", whole)


def test_members_and_classes_of_the_chosen_image(open_page, errors):
    tab = open_page(errors)
    rows = errors.catalogue
    tab.locator(f"#tile-{rows.indices[2]}").click()
    assert chosen_index(tab) == rows.indices[2]
    lines = tab.locator("#members tbody tr").all_inner_texts()
    assert [line.split()[0] for line in lines] == list(rows.members)
    assert ["✗" in line for line in lines] == rows.wrong_members[2].tolist()
    place = errors.voices.kept.tolist().index(2)
    of_votes = [
        errors.voices.probabilities[place, member, vote]
        for member, vote in enumerate(errors.voices.votes[2])
    ]
    shares = tab.locator("#members tbody tr td:nth-of-type(2)").all_inner_texts()
    assert shares == [f"{share:.2f}" for share in of_votes]
    means = tab.locator("#classes tbody td:nth-of-type(1)").all_inner_texts()
    assert list(map(float, means)) == sorted(map(float, means), reverse=True)
    assert f"{rows.p_predicted[2]:.2f}" in means


def test_page_says_where_it_keeps_no_members_probabilities(open_page, all_rows):
    rows = all_rows.catalogue
    kept = collect_voices(rows, build_predictions(), most=2 * 6 * 4)
    tab = open_page(replace(all_rows, voices=kept))
    wrong = rows.index[rows.label != rows.predicted].tolist()
    for index, is_kept in ((wrong[1], True), (wrong[2], False)):
        tab.locator(f"#tile-{index}").click()
        assert tab.locator("#absent").is_visible() is not is_kept
        share = tab.locator("#members tbody td.number").first.inner_text()
        assert (share == "–") is not is_kept
    assert "only of 2 rows" in tab.locator("#absent").inner_text()


@pytest.mark.parametrize("n_classes", [4, 25])
def test_hostile_names_and_notes_stay_text(open_page, n_classes):
    predictions = build_predictions(n_classes=n_classes)
    rows = catalogue_errors(predictions)
    names = HOSTILE + tuple(f"</bdi><b>{number}</b>" for number in range(n_classes - 4))
    page = build_bench(
        rows,
        predictions,
        name=HOSTILE[0],
        class_names=names,
        facets=(
            Facet("<img src=x onerror=alert(2)>", HOSTILE[:1] * len(rows)),
            Facet("\"'&", HOSTILE[1:2] * len(rows)),
        ),
        notes=tuple(f"{text}\u2028</script><b>bold</b>{{{{ 7 * 7 }}}}" for text in HOSTILE[:1])
        * len(rows),
        question="ensemble-lab gallery '</footer><script>alert(3)</script>'",
    )
    tab = open_page(page)
    assert tab.locator("h1 bdi").inner_text() == HOSTILE[0]
    assert tab.locator("script").count() == 2
    assert tab.locator("img:not(.sheet), b b, bdi b, .note b").count() == 0
    assert tab.locator("#note").inner_text().endswith("</script><b>bold</b>{{ 7 * 7 }}")
    row = rows.to_rows()[0]
    first = tab.locator(".tile .pair").first
    assert first.locator("bdi").all_text_contents() == [
        names[row["label"]],
        names[row["predicted"]],
    ]
    assert first.evaluate("pair => pair.clientHeight") < 60
    assert tab.evaluate("document.documentElement.scrollWidth") <= 1280
    for box in tab.locator("[data-facet^=by-]").all():
        box.check()
    assert shown_indices(tab) == list(rows.indices)
