"""A page of 10,000 images with one sprite sheet, beside one that embeds a PNG for each image.

Run as ``python benchmarks/pages.py``: about half a minute. Needs MNIST (ENSEMBLE_LAB_DATA or the
usual places) and asks the run that is shipped, in a copy. Prints one table; with a Chromium and
Playwright, also how long the page takes until its tiles stand.
"""

import base64
import io
import shutil
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from records import finish
from timing import measure

import ensemble_lab as lab
from ensemble_lab.arrays import Images
from ensemble_lab.figures.html.files import save_page
from ensemble_lab.figures.html.page import Page, build_page
from ensemble_lab.figures.html.sprite import draw_sprite

SHIPPED = Path(__file__).parents[1] / "checkpoints/light-five"


def open_pages(folder: Path, n_rows: int) -> Page:
    """Return the page of the first examples of test, right and wrong."""
    copy = folder / "light-five"
    if not copy.exists():
        shutil.copytree(SHIPPED, copy, ignore=shutil.ignore_patterns("*.jsonl", "catalogues"))
    run = lab.open_run(copy)
    found = lab.find_errors(run, lab.Question(view="all", limit=n_rows))
    return build_page(
        found.catalogue,
        lab.load_images(run),
        lab.load_predictions(run),
        name=run.name,
        n_errors=found.n_errors,
        n_examples=found.n_examples,
        class_names=run.class_names,
    )


def embed_each(pictures: Images, path: Path) -> None:
    """Write what one would write in a notebook: an <img> with a PNG of its own for each image."""
    with path.open("w", encoding="utf-8") as file:
        for place, picture in enumerate(pictures):
            stream = io.BytesIO()
            Image.fromarray(picture).save(stream, "png")
            data = base64.b64encode(stream.getvalue()).decode("ascii")
            file.write(f'<img alt="{place}" src="data:image/png;base64,{data}">\n')


def check_same_pixels(page: Page, each: Path) -> None:
    """Make sure that both hold every pixel of every image."""
    sprite = draw_sprite(page.pictures)
    assert len(sprite.sheets) == 1, "10,000 images of 28 pixels fit one sheet"
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(sprite.sheets[0]))))
    lines = each.read_text(encoding="utf-8").splitlines()
    for place in range(0, len(page.pictures), 97):
        row, column = divmod(place, sprite.n_columns)
        tile = sheet[row * sprite.height :, column * sprite.width :]
        data = lines[place].partition("base64,")[2].partition('"')[0]
        alone = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        assert np.array_equal(tile[: sprite.height, : sprite.width], page.pictures[place])
        assert np.array_equal(alone, page.pictures[place])


def time_opening(path: Path) -> float | None:
    """Return the seconds until the first tile stands, or None without a browser."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        return None
    if browser is None:
        return None
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = chromium.new_page()
        tab.goto(path.as_uri(), wait_until="commit")
        tab.wait_for_selector("[role=option]")
        seconds = float(tab.evaluate("performance.now()")) / 1000
        chromium.close()
    return seconds


def main() -> None:
    """Print the table."""
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n_rows in (1_000, 10_000):
            page = open_pages(folder, n_rows)
            ours, theirs = folder / f"page-{n_rows}.html", folder / f"each-{n_rows}.html"
            ratios.append(
                measure(
                    f"page of {n_rows:,} images, with all that is known of them",
                    lambda page=page, ours=ours: save_page(page, ours),
                    "a PNG for each image, and no more",
                    lambda page=page, theirs=theirs: embed_each(page.pictures, theirs),
                    goal="<= 1",
                    n_repeats=5,
                )
            )
            check_same_pixels(page, theirs)
            print(
                f"{n_rows:,} images: {ours.stat().st_size / 1e6:.2f} MB, a PNG for each "
                f"{theirs.stat().st_size / 1e6:.2f} MB"
            )
            seconds = time_opening(ours)
            if seconds is not None:
                print(f"{n_rows:,} images: tiles stand after {seconds:.2f} s in Chromium")
    finish(ratios, "pillow")


if __name__ == "__main__":
    main()
