"""What holds for all pictures of errors, at 0 to 400 of them and 1 to 1,000 members."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.contested import draw_contested
from ensemble_lab.figures.margins import draw_margins
from ensemble_lab.figures.pairs import draw_pairs
from tests.figures.ensembles import Drawn, build_drawn
from tests.figures.letters import check_letters

HOSTILE = ("$5^", "<script>", "猫", "\n", "", "w" * 90, "_" * 40, "a b  c", "שלום", "T-shirt/top")
CASES = {
    "no error": {"n_errors": 0},
    "one error of one member": {"n_errors": 1, "n_members": 1},
    "one error": {"n_errors": 1, "n_members": 3},
    "one example": {"n_errors": 1, "n_members": 1, "n_easy": -1},
    "two classes": {"n_errors": 4, "n_members": 3, "n_classes": 2},
    "twenty of fifteen": {"n_errors": 20, "n_members": 15, "n_groups": 3},
    "four hundred of three": {"n_errors": 400, "n_members": 3},
    "a thousand members": {"n_errors": 60, "n_members": 1000, "n_groups": 2},
    "a thousand classes": {"n_errors": 60, "n_members": 3, "n_classes": 1000},
    "long and odd keys": {"n_errors": 3, "n_members": 3, "members": ("猫", "$x$" * 30, "_" * 80)},
}
DRAWINGS: dict[str, Callable[[Drawn, Path | None], Figure]] = {
    "members": lambda drawn, path: draw_contested(drawn.contested, path=path),
    "pairs": lambda drawn, path: draw_pairs(drawn.catalogue, path=path),
    "gaps": lambda drawn, path: draw_margins(drawn.margins, path=path),
}


@cache
def build(case: str) -> Drawn:
    return build_drawn(**CASES[case])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", DRAWINGS)
def test_no_text_leaves_the_page_or_covers_another(name: str, case: str) -> None:
    check_letters(DRAWINGS[name](build(case), None))


def test_hostile_class_names_stay_text_on_the_page() -> None:
    names = [name * 3 if number % 2 else name for number, name in enumerate(HOSTILE)]
    for class_names in (HOSTILE, names):
        check_letters(draw_pairs(build("twenty of fifteen").catalogue, class_names=class_names))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
@pytest.mark.parametrize("name", DRAWINGS)
def test_same_errors_give_the_same_bytes_whatever_style_is_set(
    name: str, ending: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
    DRAWINGS[name](build("one error"), first)
    with matplotlib.rc_context({"font.size": 30, "hatch.linewidth": 9, "image.cmap": "gray"}):
        DRAWINGS[name](build("one error"), second)
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("name", DRAWINGS)
def test_other_endings_and_places_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"errors\.jpg"):
        DRAWINGS[name](build("no error"), tmp_path / "errors.jpg")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        DRAWINGS[name](build("no error"), tmp_path / "file/errors.png")
