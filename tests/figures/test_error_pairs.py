"""Confusion pairs as bars: counted, in order, both directions together."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.figures.pairs import draw_pairs
from tests.figures.conftest import build_rows
from tests.figures.letters import words


def errors(*pairs: tuple[int, int]) -> Catalogue:
    label, predicted = np.array(pairs, np.int64).reshape(-1, 2).T
    return replace(build_rows(len(pairs)), label=label, predicted=predicted)


def bars(figure: Figure) -> list[tuple[str, float, bool]]:
    """Name, length and whether it is hatched, from above."""
    (axes,) = figure.axes
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    return [
        (name, bar.get_width(), bar.get_hatch() is not None)
        for name, bar in zip(names, axes.patches, strict=True)
    ]


MIXED = errors((4, 9), (9, 4), (4, 9), (7, 2), (7, 2), (7, 2), (5, 3), (8, 8))


def test_directions_stand_together_and_most_frequent_classes_first():
    assert bars(draw_pairs(MIXED)) == [
        ("7 → 2", 3, False),
        ("4 → 9", 2, False),
        ("9 → 4", 1, True),
        ("5 → 3", 1, False),
    ]


def test_bars_of_one_pair_stand_closer_than_those_of_two():
    ticks = draw_pairs(MIXED).axes[0].get_yticks()
    first, within, between = np.diff(ticks)
    assert within < first == between


def test_equal_directions_begin_with_the_smaller_label():
    names = [name for name, _, _ in bars(draw_pairs(errors((9, 4), (4, 9))))]
    assert names == ["4 → 9", "9 → 4"]


def test_counts_stand_beside_the_bars_and_right_examples_make_none():
    figure = draw_pairs(MIXED)
    assert [text.get_text() for text in figure.axes[0].texts] == ["3", "2", "1", "1"]
    assert "test: 8 examples, 7 errors" in words(figure)
    assert any(text.startswith("4 confusion pairs; vote of 5") for text in words(figure))
    few = words(draw_pairs(errors((4, 9), (4, 9)), title="2 of 9 errors"))
    assert few[0] == "2 of 9 errors"
    assert few[1].startswith("1 confusion pair; vote of 5")


def test_key_names_the_other_way_round_only_where_there_is_one():
    assert "the other way round" in words(draw_pairs(MIXED))
    assert "the other way round" not in words(draw_pairs(errors((4, 9))))


def test_limit_is_of_pairs_of_classes_and_the_rest_is_counted():
    figure = draw_pairs(MIXED, limit=2)
    assert len(bars(figure)) == 3
    assert "Not drawn: 1 more pair of classes, 1 error, at most 1 each." in words(figure)
    many = errors(*((label, label + 1) for label in range(60)))
    figure = draw_pairs(many)
    assert len(bars(figure)) == 24
    assert "Not drawn: 36 more pairs of classes, 36 errors, at most 1 each." in words(figure)
    with pytest.raises(PredictionError, match="limit must be 0 or more; got -1"):
        draw_pairs(MIXED, limit=-1)


def test_names_stand_for_classes_and_numbers_where_letters_lack():
    names = ["a", "b", "猫", "$5", *"efghij"]
    figure = draw_pairs(errors((2, 3), (0, 1)), class_names=names)
    assert [name for name, _, _ in bars(figure)] == ["a → b", "2 → $5"]
    with pytest.raises(PredictionError, match="got 1 names and class 4"):
        draw_pairs(errors((4, 0)), class_names=["a"])


def test_long_name_begins_with_its_number():
    (name, _, _) = bars(draw_pairs(errors((1, 0)), class_names=["a", "b" * 80]))[0]
    assert name.startswith("1 bbb")
    assert name.endswith("… → a")


def test_no_error_is_a_picture_that_says_so():
    texts = words(draw_pairs(errors()))
    assert "test: 0 errors" in texts
    assert "There is nothing to show." in texts
