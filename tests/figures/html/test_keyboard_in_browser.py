"""The keyboard alone does everything."""

import csv
import io
import json

import pytest

from ensemble_lab.errors.rows import ROW_NAMES
from tests.figures.html.benches import chosen_index, marked_indices, shown_indices

pytestmark = pytest.mark.browser


def focus_tiles(tab):
    tab.get_by_role("listbox").focus()


def press(tab, *keys):
    for key in keys:
        tab.keyboard.press(key)


def test_arrows_choose_and_stop_at_the_ends(open_page, errors):
    tab = open_page(errors)
    indices = errors.catalogue.indices
    focus_tiles(tab)
    press(tab, "ArrowLeft")
    assert chosen_index(tab) == indices[0]
    press(tab, "ArrowRight", "ArrowRight")
    assert chosen_index(tab) == indices[2]
    n_columns = len(
        tab.evaluate(
            "getComputedStyle(document.getElementById('tiles')).gridTemplateColumns"
        ).split()
    )
    press(tab, "ArrowDown")
    assert chosen_index(tab) == indices[2 + n_columns]
    press(tab, "ArrowUp", "End", "ArrowRight")
    assert chosen_index(tab) == indices[-1]
    press(tab, "Home")
    assert chosen_index(tab) == indices[0]
    active = tab.get_by_role("listbox").get_attribute("aria-activedescendant")
    assert active == f"tile-{indices[0]}"


def test_space_marks_and_c_copies_what_is_marked(open_page, errors):
    tab = open_page(errors, permissions=["clipboard-read", "clipboard-write"])
    indices = errors.catalogue.indices
    focus_tiles(tab)
    press(tab, " ", "ArrowRight", "ArrowRight", " ")
    assert marked_indices(tab) == [indices[0], indices[2]]
    press(tab, "c")
    tab.get_by_text("copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == f"{indices[0]},{indices[2]}"
    press(tab, " ")
    assert marked_indices(tab) == [indices[0]]
    tab.get_by_label("marked only").check()
    assert shown_indices(tab) == [indices[0]]


def test_copied_text_is_offered_where_the_clipboard_is_closed(open_page, errors):
    tab = open_page(errors)
    tab.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('closed')); }"
    )
    focus_tiles(tab)
    press(tab, "c")
    tab.get_by_role("dialog").wait_for()
    text = tab.get_by_label("Text to copy")
    assert text.input_value() == str(errors.catalogue.indices[0])
    press(tab, "Escape")
    assert not tab.get_by_role("dialog").is_visible()


@pytest.mark.parametrize("key", ["e", "E"])
def test_exported_rows_are_those_of_the_command_line(open_page, all_rows, key):
    tab = open_page(all_rows)
    focus_tiles(tab)
    with tab.expect_download() as waiting:
        press(tab, key)
    text = waiting.value.path().read_text(encoding="utf-8")
    wanted = all_rows.catalogue.to_rows()
    if key == "E":
        assert waiting.value.suggested_filename == "guesses-test.json"
        assert json.loads(text) == wanted
        return
    rows = list(csv.DictReader(io.StringIO(text)))
    assert tuple(rows[0]) == ROW_NAMES
    assert [float(row["gap"]) for row in rows] == [row["gap"] for row in wanted]
    assert [row["tied"] for row in rows] == [str(row["tied"]) for row in wanted]
    assert [row["wrong_members"].split() for row in rows] == [r["wrong_members"] for r in wanted]


def test_marked_rows_alone_are_exported(open_page, all_rows):
    tab = open_page(all_rows)
    focus_tiles(tab)
    press(tab, "End", " ")
    with tab.expect_download() as waiting:
        tab.get_by_role("button", name="JSON").click()
    assert json.loads(waiting.value.path().read_text()) == all_rows.catalogue.to_rows()[-1:]


def test_letters_typed_into_a_field_do_nothing_else(open_page, errors):
    tab = open_page(errors)
    press(tab, "/")
    assert tab.evaluate("document.activeElement.id") == "find"
    tab.keyboard.type("ce ")
    assert tab.locator("#told").inner_text() == ""
    assert marked_indices(tab) == []


def test_every_control_is_reached_by_tab_and_shows_its_focus(open_page, errors):
    tab = open_page(errors)
    seen = []
    for _ in range(80):
        press(tab, "Tab")
        told = tab.evaluate(
            """() => {
              const element = document.activeElement;
              const style = getComputedStyle(element.id === "tiles"
                ? document.querySelector(".tile.active") : element);
              return [element.id || element.dataset.pair || element.dataset.column
                || element.dataset.facet || element.tagName, style.outlineStyle];
            }"""
        )
        if told[0] == "BODY":
            break
        seen.append(tuple(told))
    assert {style for _, style in seen} == {"solid"}
    names = [name for name, _ in seen]
    wanted = ["skip", "theme", "gap", "wrong", "sort", "find", "copy", "export-csv", "tiles"]
    assert [name for name in dict.fromkeys(names) if name in wanted] == wanted
    assert {"mark", "link"} <= set(names)


def test_confusion_cell_and_skip_link_answer_to_enter(open_page, errors):
    tab = open_page(errors)
    press(tab, "Tab", "Enter")
    assert tab.evaluate("document.activeElement.id") == "tiles"
    cell = tab.locator("[data-pair]").first
    cell.focus()
    press(tab, "Enter")
    assert cell.get_attribute("aria-pressed") == "true"
    assert len(shown_indices(tab)) == int(cell.inner_text())
