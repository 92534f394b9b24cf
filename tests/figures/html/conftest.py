"""One browser for all tests of pages, and a tab that must stay quiet."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ensemble_lab.figures.html.files import save_page
from ensemble_lab.figures.html.page import Page
from tests.conftest import find_browser, need
from tests.figures.html.benches import (
    build_bench,
    build_predictions,
    catalogue_all,
    catalogue_errors,
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with need("playwright.sync_api").sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def open_file(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file in a tab of its own. The test fails if the tab complains or asks a network."""
    tabs, said, asked = [], [], []

    def open_file(path: Path, hash: str = "", **context: Any) -> Any:
        wishes = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | context
        tab = browser.new_context(**wishes).new_page()
        tab.set_default_timeout(30_000)
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        tab.on("request", lambda request: asked.append(request.url))
        tabs.append(tab)
        tab.goto(path.as_uri() + hash)
        tab.wait_for_selector("html[data-ready]", state="attached")
        return tab

    yield open_file
    for tab in tabs:
        tab.context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture
def open_page(open_file: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Write a page and open it."""

    def open_page(page: Page, hash: str = "", **context: Any) -> Any:
        save_page(page, tmp_path / "errors.html")
        return open_file(tmp_path / "errors.html", hash, **context)

    return open_page


@pytest.fixture(scope="session")
def all_rows() -> Page:
    """A page of 40 examples, most of them wrong."""
    predictions = build_predictions()
    return build_bench(catalogue_all(predictions), predictions)


@pytest.fixture(scope="session")
def errors() -> Page:
    """A page of errors, the most confident first."""
    predictions = build_predictions()
    return build_bench(catalogue_errors(predictions), predictions)
