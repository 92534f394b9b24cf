"""The catalogue of the toy ensemble, by hand, and what holds for every catalogue."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import RULES, Decision
from ensemble_lab.errors.catalogue import Catalogue, build_catalogue, catalogue_examples
from ensemble_lab.errors.rows import ROW_NAMES
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.conftest import need
from tests.toy import CASES, INDEX, MEMBERS, hard_predictions, toy_labels, toy_predictions

MAJORITY = Decision(rule="majority")
ORACLE_ONLY, ALIKE, DIFFERENTLY = (CASES.index(case) for case in CASES[3:])


def toy_catalogue(decision: Decision = MAJORITY) -> Catalogue:
    predictions = toy_predictions()
    return build_catalogue(predictions, combine(predictions, decision), toy_labels())


def all_examples(predictions: Predictions, labels: tuple[int, ...]) -> Catalogue:
    vote = combine(predictions, MAJORITY)
    return catalogue_examples(
        predictions,
        vote,
        toy_labels(labels, tuple(predictions.index.tolist())),
        np.arange(len(labels)),
    )


def hard_catalogue() -> Catalogue:
    predictions = hard_predictions([[1, 2, 0], [1, 2, 0]])
    return build_catalogue(
        predictions, combine(predictions, MAJORITY), toy_labels((0, 0, 0), (0, 1, 2))
    )


def test_errors_of_the_toy_ensemble() -> None:
    wrong = toy_catalogue()
    assert wrong.indices == (INDEX[ORACLE_ONLY], INDEX[ALIKE], INDEX[DIFFERENTLY])
    assert len(wrong) == 3
    assert wrong.label.tolist() == [0, 1, 2]
    assert wrong.predicted.tolist() == [1, 2, 0]
    assert wrong.votes_for_predicted.tolist() == [2, 3, 2]
    assert wrong.votes_for_label.tolist() == [1, 0, 0]
    assert wrong.members == MEMBERS
    assert wrong.parents == tuple(f"digest of {key}" for key in MEMBERS)
    assert wrong.decision.rule == "majority"


def test_wrong_members_of_the_toy_ensemble() -> None:
    assert toy_catalogue().wrong_members.tolist() == [
        [False, True, True],
        [True, True, True],
        [True, True, True],
    ]


def test_gap_keeps_its_sign_where_votes_and_confidence_disagree() -> None:
    wrong = toy_catalogue()
    np.testing.assert_allclose(wrong.gap, [-10 / 48, 22 / 48, 10 / 48], rtol=1e-14)
    np.testing.assert_allclose(wrong.p_predicted, [17 / 48, 32 / 48, 20 / 48])
    np.testing.assert_allclose(wrong.p_label, [27 / 48, 10 / 48, 10 / 48])
    np.testing.assert_allclose(wrong.confidence, [27 / 48, 32 / 48, 20 / 48])


def test_margin_is_against_the_largest_other_class() -> None:
    np.testing.assert_allclose(toy_catalogue().margin, [10 / 48, -22 / 48, -10 / 48], rtol=1e-14)


def test_right_examples_can_be_asked_for_and_have_no_gap() -> None:
    predictions = toy_predictions()
    rows = catalogue_examples(
        predictions, combine(predictions, MAJORITY), toy_labels(), np.array([4, 0, 2])
    )
    assert rows.indices == (21, 3, 8)
    assert (rows.label == rows.predicted).tolist() == [False, True, True]
    assert rows.gap[1:].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(rows.margin[1:], [20 / 48, 6 / 48])
    assert rows.is_tied.tolist() == [False, False, True]
    assert rows.pair_counts() == [((1, 2), 1)]


def test_catalogue_of_some_members_holds_those() -> None:
    wrong = toy_catalogue(Decision(members=("b-0000", "a-0001")))
    assert wrong.members == ("b-0000", "a-0001")
    assert wrong.parents == ("digest of b-0000", "digest of a-0001")
    assert wrong.wrong_members.shape == (len(wrong), 2)
    # b-0000 says 1 and a-0001 says 0 ... on the last example both are wrong.
    assert wrong.filter(index=34).wrong_members.tolist() == [[True, True]]


def test_filters_take_one_value_or_several_and_hold_together() -> None:
    wrong = toy_catalogue()
    assert wrong.filter().indices == (13, 21, 34)
    assert wrong.filter(label=0).indices == (13,)
    assert wrong.filter(label=[0, 2]).indices == (13, 34)
    assert wrong.filter(predicted=2).indices == (21,)
    assert wrong.filter(pair=(1, 2)).indices == (21,)
    assert wrong.filter(pair=[(1, 2), (2, 0)]).indices == (21, 34)
    assert wrong.filter(index=[34, 13]).indices == (13, 34)
    assert wrong.filter(min_gap=0).indices == (21, 34)
    assert wrong.filter(min_gap=0, max_gap=0.25).indices == (34,)
    assert wrong.filter(tied=False).indices == (13, 21, 34)
    assert wrong.filter(tied=True).indices == ()
    assert wrong.filter(label=[0, 2], predicted=0).indices == (34,)
    assert wrong.filter(label=[]).indices == ()


def test_filter_keeps_every_column_together() -> None:
    images = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1)
    row = toy_catalogue().with_thumbnails(images).filter(index=21)
    assert row.to_rows() == toy_catalogue().to_rows()[1:2]
    assert row.thumbnails is not None
    assert row.thumbnails.ravel().tolist() == [1]


def test_tied_errors_are_found() -> None:
    wrong = toy_catalogue(Decision(ties="lowest"))
    assert wrong.filter(tied=True).indices == (8,)
    assert wrong.filter(tied=True).to_rows()[0]["tied"] is True


def test_orders() -> None:
    wrong = toy_catalogue()
    assert wrong.sort().indices == wrong.sort("gap").indices == (21, 34, 13)
    assert wrong.sort("votes").indices == (21, 13, 34)
    assert wrong.sort("index").indices == (13, 21, 34)
    assert wrong.sort("pair").indices == (13, 21, 34)


def test_orders_reversed() -> None:
    wrong = toy_catalogue()
    assert wrong.sort("gap", reverse=True).indices == (13, 34, 21)
    assert wrong.sort("votes", reverse=True).indices == (13, 34, 21)
    assert wrong.sort("index", reverse=True).indices == (34, 21, 13)
    assert wrong.sort("pair", reverse=True).indices == (34, 21, 13)


def test_unknown_order_is_refused_with_the_choices() -> None:
    with pytest.raises(PredictionError, match="wrong, index, pair; got 'gaps'; did you mean"):
        toy_catalogue().sort("gaps")  # type: ignore[arg-type]


def test_head() -> None:
    wrong = toy_catalogue()
    assert wrong.head(2).indices == (13, 21)
    assert wrong.head(0).indices == ()
    assert wrong.head(99).indices == wrong.indices
    with pytest.raises(PredictionError, match="0 or more; got -1"):
        wrong.head(-1)


def test_rows_are_plain_python_under_the_keys_of_the_query() -> None:
    rows = toy_catalogue().to_rows()
    assert rows[0] == {
        "index": 13,
        "label": 0,
        "predicted": 1,
        "pair": "0->1",
        "gap": 17 / 48 - 27 / 48,
        "margin": 27 / 48 - 17 / 48,
        "confidence": 27 / 48,
        "p_predicted": 17 / 48,
        "p_label": 27 / 48,
        "votes_for_predicted": 2,
        "votes_for_label": 1,
        "tied": False,
        "wrong_members": ["a-0001", "b-0000"],
    }
    assert tuple(rows[0]) == ROW_NAMES
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows


def test_rows_of_hard_votes_hold_none_never_nan() -> None:
    wrong = hard_catalogue()
    assert np.isnan(wrong.gap).all()
    for row in wrong.to_rows():
        absent = {name for name, value in row.items() if value is None}
        assert absent == {"gap", "margin", "confidence", "p_predicted", "p_label"}
    json.dumps(wrong.to_rows(), allow_nan=False)
    assert wrong.decision.ties == "lowest"


def test_gap_filter_on_hard_votes_is_refused_and_others_work() -> None:
    wrong = hard_catalogue()
    assert wrong.filter(predicted=2).indices == (1,)
    assert wrong.sort("gap").indices == (0, 1)
    with pytest.raises(PredictionError, match="only votes"):
        wrong.filter(min_gap=0.1)


@pytest.mark.parametrize("catalogue", [toy_catalogue(), hard_catalogue(), toy_catalogue().head(0)])
def test_frame_holds_the_rows_with_types_of_numbers(catalogue: Catalogue) -> None:
    need("pandas")
    frame = catalogue.to_frame()
    assert tuple(frame.columns) == ROW_NAMES
    assert len(frame) == len(catalogue)
    assert (frame["gap"].dtype, frame["index"].dtype) == (np.float64, np.int64)
    assert frame["tied"].dtype == np.bool_
    assert frame["index"].tolist() == list(catalogue.indices)


def test_no_error_is_an_empty_catalogue() -> None:
    predictions = toy_predictions()
    vote = combine(predictions, MAJORITY)
    none = build_catalogue(predictions, vote, toy_labels(tuple(vote.predicted.tolist())))
    assert (len(none), none.indices, none.to_rows(), none.pair_counts()) == (0, (), [], [])
    assert none.filter(label=1).sort("pair").head(3).indices == ()


def test_labels_of_other_examples_are_refused_naming_both() -> None:
    predictions = toy_predictions()
    vote = combine(predictions, MAJORITY)
    with pytest.raises(PredictionError, match=r"'test' \(6.* 3 to 34\).*'test' \(6.* 0 to 5\)"):
        build_catalogue(predictions, vote, toy_labels(index=(0, 1, 2, 3, 4, 5)))
    other = replace(toy_labels(), split="validation")
    with pytest.raises(PredictionError, match=r"'test'.*'validation'"):
        catalogue_examples(predictions, vote, other, np.array([0]))


def test_vote_on_other_examples_is_refused() -> None:
    predictions = toy_predictions()
    vote = combine(next(predictions.blocks(3)), MAJORITY)
    with pytest.raises(PredictionError, match="vote must have 6 examples; got 3"):
        build_catalogue(predictions, vote, toy_labels())


@pytest.mark.parametrize("label", [-1, 3])
def test_label_outside_the_classes_is_refused(label: int) -> None:
    predictions = toy_predictions()
    with pytest.raises(PredictionError, match=f"0 to 2; got {label} at index 8 of split 'test'"):
        build_catalogue(
            predictions, combine(predictions, MAJORITY), toy_labels((0, 1, label, 0, 1, 2))
        )


@pytest.mark.parametrize("position", [-1, 6])
def test_position_outside_the_examples_is_refused(position: int) -> None:
    predictions = toy_predictions()
    with pytest.raises(PredictionError, match=f"positions must be from 0 to 5.*{position}"):
        catalogue_examples(
            predictions, combine(predictions, MAJORITY), toy_labels(), np.array([0, position])
        )


def test_thumbnails_of_other_rows_or_types_are_refused() -> None:
    wrong = toy_catalogue()
    with pytest.raises(PredictionError, match="thumbnails must have 3 rows; got 2"):
        wrong.with_thumbnails(np.zeros((2, 4, 4, 1), np.uint8))
    with pytest.raises(PredictionError, match="uint8; got float32"):
        wrong.with_thumbnails(np.zeros((3, 4, 4, 1), np.float32))  # type: ignore[arg-type]


def test_column_of_another_length_is_refused() -> None:
    with pytest.raises(PredictionError, match="gap must have 3 rows; got 2"):
        replace(toy_catalogue(), gap=np.zeros(2))


@given(ensembles(), st.sampled_from(RULES), st.data())
def test_pair_counts_sum_to_the_errors(
    predictions: Predictions, rule: str, data: st.DataObject
) -> None:
    n_examples = len(predictions.index)
    classes = st.integers(0, predictions.n_classes - 1)
    labels = tuple(data.draw(st.lists(classes, min_size=n_examples, max_size=n_examples)))
    n_members = len(predictions.members)
    weights = (1.0,) * n_members if rule == "weighted-majority" else ()
    decision = Decision(rule=rule, members=predictions.members, weights=weights)
    vote = combine(predictions, decision)
    wrong = build_catalogue(predictions, vote, toy_labels(labels, tuple(predictions.index)))
    n_errors = int((vote.predicted != np.array(labels)).sum())
    assert len(wrong) == sum(count for _, count in wrong.pair_counts()) == n_errors
    if rule == "mean-probability":
        # House style 3: on errors of the mean rule the gap is the margin's negative.
        assert (wrong.gap >= 0).all()
        np.testing.assert_array_equal(wrong.gap, -wrong.margin)
        np.testing.assert_array_equal(wrong.confidence, wrong.p_predicted)


@given(ensembles(), st.data())
def test_margin_is_positive_only_where_the_mean_rule_is_right(
    predictions: Predictions, data: st.DataObject
) -> None:
    n_examples = len(predictions.index)
    classes = st.integers(0, predictions.n_classes - 1)
    labels = tuple(data.draw(st.lists(classes, min_size=n_examples, max_size=n_examples)))
    rows = all_examples(predictions, labels)
    mean = combine(predictions, Decision(rule="mean-probability"))
    is_right = (mean.predicted == rows.label) & ~mean.is_tied
    np.testing.assert_array_equal(rows.margin > 0, is_right)


def test_catalogue_of_a_two_level_vote_counts_members() -> None:
    keys = tuple(f"{group}-{seed:04d}" for group in ("m3", "m5", "m7") for seed in range(3))
    votes = [[1], [1], [0], [1], [1], [0], [0], [0], [0]]
    predictions = replace(hard_predictions(votes), members=keys, digests=keys)
    vote = combine(predictions, Decision(rule="two-level"))
    wrong = build_catalogue(predictions, vote, toy_labels((0,), (0,)))
    assert wrong.predicted.tolist() == [1]
    assert (wrong.votes_for_predicted.tolist(), wrong.votes_for_label.tolist()) == ([4], [5])
    assert wrong.wrong_members.sum() == len(keys) - 5
    assert wrong.votes_for_label.dtype == np.int64
    assert wrong.is_tied.tolist() == [False]
