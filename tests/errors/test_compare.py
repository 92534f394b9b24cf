"""Errors of several ensembles: views, intersections and counts of them, against plain sets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ensemble_lab.analysis.significance.paired import count_discordant
from ensemble_lab.errors.compare import JOINT_VIEWS, Intersection, JointErrors, build_joint_errors
from ensemble_lab.exceptions import PredictionError

INDEX = np.array([3, 5, 8, 13, 21, 34])
LABELS = np.array([0, 1, 2, 0, 1, 2])
PREDICTED = np.array(
    [
        [0, 0, 1, 0, 2, 0],
        [0, 1, 1, 0, 2, 0],
        [0, 0, 0, 1, 1, 0],
    ]
)
"""Wrong in: none, A C, A B C, C, A B, A B C."""


@pytest.fixture
def errors() -> JointErrors:
    return build_joint_errors(INDEX, LABELS, PREDICTED)


@st.composite
def joint(draw: st.DrawFn) -> JointErrors:
    """Of 1 to 9 ensembles, which fill one byte or two of a pattern, on 1 to 12 examples."""
    shape = draw(st.integers(1, 9)), draw(st.integers(1, 12))
    predicted = draw(arrays(np.int64, shape, elements=st.integers(0, 2)))
    labels = draw(arrays(np.int64, shape[1:], elements=st.integers(0, 2)))
    return build_joint_errors(np.arange(shape[1]) * 7, labels, predicted)


def test_rows_are_the_examples_that_any_ensemble_gets_wrong(errors):
    assert errors.indices == (5, 8, 13, 21, 34)
    assert errors.label.tolist() == [1, 2, 0, 1, 2]
    assert errors.predicted.tolist() == PREDICTED[:, 1:].tolist()
    assert (errors.n_examples, errors.n_ensembles, len(errors)) == (6, 3, 5)
    assert repr(errors) == "JointErrors(5 rows of 6 examples, 3 ensembles)"


@pytest.mark.parametrize(
    ("view", "share", "indices"),
    [
        ("any", None, (5, 8, 13, 21, 34)),
        ("shared", None, (8, 34)),
        ("only", None, (13,)),
        ("fixed", None, (5, 21)),
        ("broken", None, (13,)),
        ("persistent", None, (5, 8, 21, 34)),
        ("persistent", 2 / 3, (5, 8, 21, 34)),
        ("persistent", 0.67, (8, 34)),
        ("persistent", 1, (8, 34)),
        ("persistent", 0.01, (5, 8, 13, 21, 34)),
    ],
)
def test_view_holds_the_rows_that_were_worked_by_hand(errors, view, share, indices):
    found = errors.view(view, share=share)
    assert found.indices == indices
    rows = [INDEX.tolist().index(index) for index in indices]
    assert found.label.tolist() == LABELS[rows].tolist()
    assert found.predicted.tolist() == PREDICTED[:, rows].tolist()
    assert found.n_examples == 6


def test_persistent_takes_a_share_that_is_met_exactly():
    """4 of 5 is 0.8, 7 of 25 is 0.28: as fractions of floats, not times a number of ensembles."""
    for n_wrong, n_ensembles, share in ((4, 5, 0.8), (7, 25, 0.28), (11, 20, 0.55), (1, 3, 1 / 3)):
        predicted = (np.arange(n_ensembles) < n_wrong).astype(int)[:, np.newaxis]
        errors = build_joint_errors(np.arange(1), np.array([0]), predicted)
        assert len(errors.view("persistent", share=share)) == 1
        assert len(errors.view("persistent", share=share + 1e-9)) == 0


def test_intersections_are_of_just_these_ensembles_largest_first(errors):
    assert errors.intersections() == (
        Intersection((0, 1, 2), 2),
        Intersection((2,), 1),
        Intersection((0, 1), 1),
        Intersection((0, 2), 1),
    )


def test_counts_worked_by_hand(errors):
    assert errors.both_wrong.tolist() == [[4, 3, 3], [3, 3, 2], [3, 2, 4]]
    assert errors.only_wrong.tolist() == [0, 0, 1]


@settings(max_examples=40)
@given(joint())
def test_views_and_intersections_are_those_of_plain_sets(errors):
    wrong = [set(errors.index[row].tolist()) for row in errors.is_wrong]
    everyone = set().union(*wrong)
    assert set(errors.indices) == everyone
    shared = set.intersection(*wrong)
    assert set(errors.view("shared").indices) == shared
    others = set().union(*wrong[1:])
    assert set(errors.view("fixed").indices) == wrong[0] - shared
    assert set(errors.view("broken").indices) == others - wrong[0]
    alone = [
        own - set().union(*wrong[:place], *wrong[place + 1 :]) for place, own in enumerate(wrong)
    ]
    assert set(errors.view("only").indices) == set().union(*alone)
    assert errors.only_wrong.tolist() == list(map(len, alone))
    for view in JOINT_VIEWS:
        found = errors.view(view).indices
        assert list(found) == [index for index in errors.indices if index in found]
    found = errors.intersections()
    for each in found:
        inside = set.intersection(*(wrong[place] for place in each.ensembles))
        outside = (own for place, own in enumerate(wrong) if place not in each.ensembles)
        assert each.count == len(inside - set().union(*outside)) > 0
    assert len({each.ensembles for each in found}) == len(found)
    assert sum(each.count for each in found) == len(errors)
    assert [each.count for each in found] == sorted((e.count for e in found), reverse=True)


@settings(max_examples=40)
@given(joint())
def test_counts_of_two_are_those_that_mcnemar_takes(errors):
    wrong, both = errors.is_wrong, errors.both_wrong
    for first in range(errors.n_ensembles):
        for second in range(errors.n_ensembles):
            found = count_discordant(wrong[first], wrong[second])
            assert both[first, second] == found.both
            assert both[first, first] - both[first, second] == found.only_first


@settings(max_examples=40)
@given(joint(), st.randoms(use_true_random=False))
def test_order_of_the_ensembles_changes_no_symmetric_view(errors, random):
    order = list(range(errors.n_ensembles))
    random.shuffle(order)
    other = build_joint_errors(errors.index, errors.label, errors.predicted[order])
    for view in ("any", "shared", "only", "persistent"):
        assert other.view(view).indices == errors.view(view).indices
    assert {
        (tuple(sorted(order[place] for place in each.ensembles)), each.count)
        for each in other.intersections()
    } == {(each.ensembles, each.count) for each in errors.intersections()}


@settings(max_examples=40)
@given(joint())
def test_an_ensemble_fixes_and_breaks_nothing_of_itself(errors):
    twice = build_joint_errors(errors.index, errors.label, errors.predicted[[0, 0]])
    for view in ("only", "fixed", "broken"):
        assert len(twice.view(view)) == 0
    assert twice.view("shared").indices == twice.view("any").indices


def test_no_error_at_all_is_no_row():
    errors = build_joint_errors(INDEX, LABELS, np.array([LABELS, LABELS]))
    assert len(errors) == 0
    assert errors.intersections() == ()
    assert errors.both_wrong.tolist() == [[0, 0], [0, 0]]
    assert errors.only_wrong.tolist() == [0, 0]
    assert all(errors.view(view).indices == () for view in JOINT_VIEWS)


@pytest.mark.parametrize(
    ("view", "share", "fact"),
    [
        ("fixd", None, "did you mean 'fixed'"),
        ("persistent", 0, "above 0 and at most 1; got 0"),
        ("persistent", 1.5, "got 1.5"),
        ("persistent", float("nan"), "got nan"),
        ("shared", 0.5, "with the view persistent; got the view 'shared'"),
    ],
)
def test_what_is_no_view_is_refused(errors, view, share, fact):
    with pytest.raises(PredictionError, match=fact):
        errors.view(view, share=share)


def test_arrays_of_other_examples_are_refused():
    with pytest.raises(PredictionError, match="labels must have 6 examples; got 5"):
        build_joint_errors(INDEX, LABELS[1:], PREDICTED)
    with pytest.raises(PredictionError, match="predicted must have 6 examples; got 5"):
        build_joint_errors(INDEX, LABELS, PREDICTED[:, 1:])
    with pytest.raises(PredictionError, match="at least one; got none"):
        build_joint_errors(INDEX, LABELS, PREDICTED[:0])
