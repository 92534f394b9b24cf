"""The picture of a measure of pairs, at 2, 15, 60 and 300 members."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

from ensemble_lab.analysis.diversity.ensemble import Diversity, measure_diversity
from ensemble_lab.analysis.diversity.pair_measures import PAIR_MEASURES
from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.diversity import draw_diversity
from tests.figures.letters import check_letters, words


def build_diversity(
    n_members: int, *, n_examples: int = 400, rate: float = 0.1, seed: int = 0
) -> Diversity:
    """Members that err on some hard examples together, on others alone."""
    rng = np.random.default_rng(seed)
    chance = np.where(rng.random(n_examples) < rate, 0.6, rate / 4)
    is_wrong = rng.random((n_members, n_examples)) < chance
    return measure_diversity(is_wrong.astype(np.uint8), np.zeros(n_examples, np.int64))


def measure(is_wrong: list[list[int]]) -> Diversity:
    wrong = np.array(is_wrong, np.uint8)
    return measure_diversity(wrong, np.zeros(wrong.shape[1], np.int64))


def name_members(n_members: int, n_groups: int = 1, group: str = "light") -> tuple[str, ...]:
    size = -(-n_members // n_groups)
    return tuple(f"{group}{n // size}-{n % size:04d}" for n in range(n_members))


def draw(n_members: int, **wishes) -> Figure:
    return draw_diversity(build_diversity(n_members), name_members(n_members), **wishes)


def colours(figure: Figure) -> np.ndarray:
    """Red, green and blue of each cell."""
    return np.asarray(figure.axes[0].images[0].get_array())


def numbers(figure: Figure) -> dict[tuple[int, int], str]:
    """What stands in each cell."""
    places = ((text.get_position(), text.get_text()) for text in figure.axes[0].texts)
    return {(round(y), round(x)): word for (x, y), word in places}


def test_cells_of_pairs_say_their_value_and_the_diagonal_none() -> None:
    found = measure([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]])
    rho = numbers(draw_diversity(found, name_members(3)))
    assert rho == {
        (0, 1): "0.58", (0, 2): "0.33", (1, 2): "0.58",
        (1, 0): "0.58", (2, 0): "0.33", (2, 1): "0.58",
    }  # fmt: skip
    shares = numbers(draw_diversity(found, name_members(3), measure="double-fault"))
    assert (shares[0, 1], shares[0, 2]) == ("50", "25")


def test_negative_correlation_has_a_minus_sign() -> None:
    figure = draw_diversity(measure([[1, 0, 0], [0, 1, 0]]), name_members(2))
    assert numbers(figure)[0, 1] == "−0.50"
    assert "mean −0.50, 3 examples; lower = more diverse" in words(figure)


@pytest.mark.parametrize("name", PAIR_MEASURES)
def test_larger_is_darker_and_the_bar_runs_from_least_to_largest(name: str) -> None:
    found = build_diversity(6)
    figure = draw_diversity(found, name_members(6), measure=name)
    upper = np.triu_indices(6, 1)
    values, cells = found.pairs[name][upper], colours(figure)[upper].sum(axis=1)
    np.testing.assert_array_equal(cells[np.argsort(values)], np.sort(cells)[::-1])
    assert figure.axes[1].get_ylim() == pytest.approx((values.min(), values.max()))
    assert len(figure.axes[1].get_yticks()) >= 2


def test_diagonal_is_grey_and_a_pair_without_value_white() -> None:
    found = measure([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]])
    figure = draw_diversity(found, name_members(4))
    cells = colours(figure)
    assert len(set(cells[2, 2])) == 1
    assert cells[2, 2, 0] < 1
    assert (cells[3, :3] == 1).all()
    assert (cells[0, 1] < 1).any()
    assert numbers(figure)[3, 0] == "–"
    assert any("White: none" in text for text in words(figure))
    assert not any("White" in text for text in words(draw(4)))


def test_values_that_do_not_differ_have_no_bar() -> None:
    for found in (build_diversity(2), measure([[0, 0], [0, 0], [0, 0]])):
        figure = draw_diversity(found, name_members(found.n_members))
        assert len(figure.axes) == 1
        assert not any("Colour" in text for text in words(figure))


def test_all_keys_stand_beside_sixty_members_and_some_beside_a_hundred() -> None:
    axes = draw(60).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(name_members(60))
    axes = draw(100).axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()][:2] == ["light0-0000", "light0-0005"]
    assert axes.get_xticks().tolist() == list(range(0, 100, 5))


def test_fifteen_members_have_numbers_and_sixty_have_none() -> None:
    assert len(numbers(draw(15))) == 15 * 14
    assert numbers(draw(60)) == {}
    notes = [text.get_text() for text in draw(60, measure="disagreement").texts]
    assert not any("Numbers" in note for note in notes)


def test_long_key_keeps_its_end() -> None:
    keys = name_members(3, group="a-very-long-name-of-a-group-of-members-")
    (first, *_) = draw_diversity(build_diversity(3), keys).axes[0].get_yticklabels()
    assert first.get_text().startswith("…")
    assert first.get_text().endswith("members-0-0000")


def test_lines_part_groups_but_not_single_members() -> None:
    def lines(n_groups: int) -> list[float]:
        figure = draw_diversity(build_diversity(12), name_members(12, n_groups))
        lines = figure.axes[0].collections
        dark = [each for each in lines if max(each.get_color()[0][:3]) < 0.5]
        return [path.vertices[0][1] for path in dark[0].get_paths()] if dark else []

    assert lines(1) == []
    assert lines(3) == [3.5, 7.5]
    assert lines(12) == []


def test_heading_says_what_is_shown_of_whom() -> None:
    texts = words(draw(15, measure="disagreement", title="run, validation"))
    assert "run, validation: disagreement" in texts
    assert any(
        t.startswith("mean ") and t.endswith(" %, 400 examples; higher = more diverse")
        for t in texts
    )
    assert "Error correlation ρ" in words(draw(3))


CASES = {
    "two": (build_diversity(2), name_members(2)),
    "three": (build_diversity(3), name_members(3)),
    "fifteen of three groups": (build_diversity(15), name_members(15, 3)),
    "twenty": (build_diversity(20), name_members(20)),
    "sixty": (build_diversity(60), name_members(60, 2)),
    "three hundred": (build_diversity(300, n_examples=100), name_members(300, 3)),
    "long and odd keys": (build_diversity(4), ("猫", "$x$" * 30, "_" * 80, "b")),
    "a member without errors": (
        measure([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]]),
        name_members(4),
    ),
    "no errors": (measure([[0, 0], [0, 0]]), name_members(2)),
    "opposites": (measure([[1, 0, 0], [0, 1, 0]]), name_members(2)),
    "few errors": (build_diversity(6, n_examples=9000, rate=0.003), name_members(6)),
}


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, "error-correlation") for case in CASES]
    + [
        ("two", "class-disagreement"),
        ("few errors", "double-fault"),
        ("no errors", "disagreement"),
    ],
)
def test_no_text_leaves_the_page_or_covers_another(case: str, name: str) -> None:
    title = "a run of a long name, validation"
    check_letters(draw_diversity(*CASES[case], measure=name, title=title))


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_members_give_the_same_bytes_whatever_style_is_set(
    ending: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
    draw(5, path=first)
    with matplotlib.rc_context({"font.size": 30, "image.cmap": "gray"}):
        draw(5, path=second)
    assert first.read_bytes() == second.read_bytes()


def test_other_endings_places_and_measures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match=r"pairs\.jpg"):
        draw(2, path=tmp_path / "pairs.jpg")
    with pytest.raises(PredictionError, match="got 'rho'"):
        draw(2, measure="rho")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        draw(2, path=tmp_path / "file/pairs.png")
