"""Errors as a range, by what people say of labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.errors.review_range import ReviewRange, count_range, judge_labels
from ensemble_lab.store.review import VERDICTS, Review


def said(index, *verdicts, date="2026-01-01T00:00:00+00:00"):
    return [
        Review(
            split="test",
            index=index,
            labels_sha256="",
            verdict=verdict,
            author=f"author {number}",
            date=date,
        )
        for number, verdict in enumerate(verdicts)
    ]


@pytest.mark.parametrize(
    ("verdicts", "is_mislabelled"),
    [
        (["label-error"], True),
        (["label-right"], False),
        (["ambiguous"], False),
        (["label-error", "label-right"], False),
        (["label-error", "ambiguous"], False),
        (["label-error", "label-error", "ambiguous"], True),
        (["label-error", "label-error", "ambiguous", "label-right"], False),
    ],
)
def test_mislabelled_is_what_more_authors_say_than_anything_else(verdicts, is_mislabelled):
    (judged,) = judge_labels(said(7, *verdicts))
    assert judged.is_mislabelled is is_mislabelled
    assert sum(judged.counts.values()) == len(verdicts)


def test_superseded_review_does_not_count():
    first = said(7, "label-error")
    later = said(7, "label-right", date="2026-01-02T00:00:00+00:00")
    for order in ([*first, *later], [*later, *first]):
        assert not judge_labels(order)[0].is_mislabelled


def test_range_counts_all_and_those_without_label_errors():
    reviews = said(3, "label-error") + said(5, "label-right") + said(9, "label-error")
    index = np.array([1, 3, 5, 9])
    found = count_range(reviews, np.array([True, True, True, False]), index)
    assert found == ReviewRange(3, 2, 2, 3)
    assert found.text == "3 errors, 2 without 1 that people judge mislabelled (2 of 3 reviewed)"


def test_nobody_said_anything_is_no_range():
    assert count_range([], np.array([True]), np.array([0])) is None


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(list(VERDICTS))), min_size=1),
    st.lists(st.booleans(), min_size=10, max_size=10),
    st.randoms(),
)
def test_range_is_ordered_and_does_not_depend_on_the_order_of_authors(told, wrong, random):
    by_index = {}
    for index, verdict in told:
        by_index.setdefault(index, []).append(verdict)
    reviews = [review for index, verdicts in by_index.items() for review in said(index, *verdicts)]
    is_wrong = np.array(wrong)
    found = count_range(reviews, is_wrong, np.arange(10))
    random.shuffle(reviews)
    assert count_range(reviews, is_wrong, np.arange(10)) == found
    assert found.errors == sum(wrong)
    assert 0 <= found.errors - found.errors_without_label_errors <= found.n_label_errors
    assert found.n_label_errors <= found.n_reviewed == len(by_index)
