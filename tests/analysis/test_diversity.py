"""Measures of diversity: by hand, by peers, by what ties them together."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.analysis.diversity.coincidences import count_coincidences
from ensemble_lab.analysis.diversity.ensemble import measure_diversity
from ensemble_lab.analysis.diversity.ensemble_measures import (
    count_all_wrong,
    entropy,
    interrater_kappa,
    kohavi_wolpert_variance,
)
from ensemble_lab.analysis.diversity.pair_measures import (
    PAIR_MEASURES,
    find_pair_measure,
    mean_of_pairs,
)
from ensemble_lab.exceptions import PredictionError
from tests.conftest import need
from tests.toy import LABELS, toy_predictions

WRONG = hnp.arrays(np.bool_, st.tuples(st.integers(2, 7), st.integers(1, 15)))

PUBLISHED = (
    "1000001000 0100101000 1011010110 1001110011 1101110001 1111010000 1010001011 0000100001 "
    "0010011001 0100100000 0000010011 1011000001 0101100110 1011111010 1111001001"
)
"""Ten members right (1) on fifteen examples, and the measures below: the example that the tests of
brew (github.com/viisar/brew) work through after Kuncheva and Whitaker (2003)."""


def measure(is_wrong):
    """Diversity of members that are wrong there: class 1 in the place of 0."""
    is_wrong = np.asarray(is_wrong, np.bool_)
    return measure_diversity(is_wrong.astype(np.uint8), np.zeros(is_wrong.shape[1], np.int64))


def draw(seed=0, n_members=6, n_examples=200, rate=0.3):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 5, n_examples)
    is_drawn = rng.random((n_members, n_examples)) < rate
    votes = np.where(is_drawn, rng.integers(0, 5, is_drawn.shape), labels)
    return votes.astype(np.uint8), labels


def test_three_members_by_hand():
    # Wrong members: none, the first, the first two, all; of four examples.
    found = measure([[0, 1, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]])
    assert found.errors.tolist() == [3, 2, 1]
    assert found.pairs["disagreement"].tolist() == [
        [0.0, 0.25, 0.5],
        [0.25, 0.0, 0.25],
        [0.5, 0.25, 0.0],
    ]
    assert found.pairs["double-fault"].tolist() == [
        [0.75, 0.5, 0.25],
        [0.5, 0.5, 0.25],
        [0.25, 0.25, 0.25],
    ]
    # (N b − e f) / √(e (N − e) f (N − f)): (8 − 6) / √12, (4 − 3) / √9, (4 − 2) / √12.
    rho = found.pairs["error-correlation"]
    np.testing.assert_allclose(rho[np.triu_indices(3, 1)], [2 / 12**0.5, 1 / 3, 2 / 12**0.5])
    assert np.diagonal(rho).tolist() == [1, 1, 1]
    assert found.means["disagreement"] == pytest.approx(1 / 3)
    assert found.means["double-fault"] == pytest.approx(1 / 3)
    assert found.means["error-correlation"] == pytest.approx((4 / 12**0.5 + 1 / 3) / 3)
    # w (M − w): 0, 2, 2, 0.
    assert found.kohavi_wolpert == pytest.approx(4 / (4 * 9))
    # min(w, M − w) over 1: 0, 1, 1, 0.
    assert found.entropy == 0.5
    # Half of the votes wrong: 1 − (4 / 4) / (3 · 2 · ¼).
    assert found.kappa == pytest.approx(1 / 3)
    assert (found.oracle_errors, found.errors_alike) == (1, 1)


def test_toy_ensemble_by_hand():
    found = measure_diversity(toy_predictions().votes, np.array(LABELS))
    # Votes 000 110 012 011 222 010 of labels 0 1 2 0 1 2.
    upper = np.triu_indices(3, 1)
    np.testing.assert_allclose(found.pairs["disagreement"][upper], np.array([1, 3, 2]) / 6)
    np.testing.assert_allclose(found.pairs["class-disagreement"][upper], np.array([3, 3, 3]) / 6)
    assert (found.oracle_errors, found.errors_alike) == (2, 1)


def test_figures_that_were_published_for_an_example():
    right = np.array([[int(letter) for letter in row] for row in PUBLISHED.split()]).T
    found = measure(right == 0)
    assert found.means["error-correlation"] == pytest.approx(0.0156, abs=5e-5)
    assert found.means["disagreement"] == pytest.approx(0.4889, abs=5e-5)
    assert found.means["double-fault"] == pytest.approx(0.3156, abs=5e-5)
    assert found.kohavi_wolpert == pytest.approx(0.2200, abs=5e-5)
    assert found.kappa == pytest.approx(0.0079, abs=5e-5)
    assert found.entropy == pytest.approx(0.7200, abs=5e-5)


def test_pairs_agree_with_scikit_learn_and_numpy():
    metrics = need("sklearn.metrics")
    votes, labels = draw(n_members=4)
    found = measure_diversity(votes, labels)
    is_wrong = votes != labels
    np.testing.assert_allclose(found.pairs["error-correlation"], np.corrcoef(is_wrong), atol=1e-12)
    for i, j in combinations(range(len(votes)), 2):
        assert found.pairs["error-correlation"][i, j] == pytest.approx(
            metrics.matthews_corrcoef(is_wrong[i], is_wrong[j])
        )
        for name, alike in (
            ("disagreement", metrics.accuracy_score(is_wrong[i], is_wrong[j])),
            ("class-disagreement", metrics.accuracy_score(votes[i], votes[j])),
        ):
            assert found.pairs[name][i, j] == pytest.approx(1 - alike)
        assert found.pairs["double-fault"][i, j] == (is_wrong[i] & is_wrong[j]).mean()


def test_kappa_of_two_members_with_as_many_errors_is_cohens():
    cohen = need("sklearn.metrics").cohen_kappa_score
    one, other = [1, 1, 0, 0, 0, 1, 0, 0], [1, 0, 0, 1, 0, 1, 0, 0]
    assert measure([one, other]).kappa == pytest.approx(cohen(one, other))


def fleiss(is_wrong):
    """Fleiss' κ as he writes it: observed and expected agreement of raters, two categories."""
    n = len(is_wrong)
    counts = np.stack([is_wrong.sum(axis=0), n - is_wrong.sum(axis=0)], axis=1)
    observed = ((counts * (counts - 1)).sum(axis=1) / (n * (n - 1))).mean()
    expected = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    return (observed - expected) / (1 - expected)


@given(is_wrong=WRONG)
def test_measures_are_tied_together(is_wrong):
    found, n_members = measure(is_wrong), len(is_wrong)
    mean = found.means["disagreement"]
    assert found.kohavi_wolpert == pytest.approx((n_members - 1) / (2 * n_members) * mean)
    if 0 < is_wrong.mean() < 1:
        assert found.kappa == pytest.approx(fleiss(is_wrong), abs=1e-9)
        assert -1 / (n_members - 1) - 1e-9 <= found.kappa <= 1 + 1e-9
    else:
        assert found.kappa is None
    assert 0 <= found.entropy <= 1
    assert 0 <= found.kohavi_wolpert <= 0.25
    assert found.oracle_errors == is_wrong.all(axis=0).sum() <= found.errors.min()
    np.testing.assert_array_equal(  # of two classes
        found.pairs["class-disagreement"], found.pairs["disagreement"]
    )


@given(is_wrong=WRONG, seed=st.integers(0, 5))
def test_order_of_members_permutes_the_matrices_and_changes_no_mean(is_wrong, seed):
    order = np.random.default_rng(seed).permutation(len(is_wrong))
    one, other = measure(is_wrong), measure(is_wrong[order])
    for name, matrix in one.pairs.items():
        np.testing.assert_array_equal(matrix[np.ix_(order, order)], other.pairs[name])
        assert one.means[name] == pytest.approx(other.means[name], nan_ok=True)
    assert (one.kappa, one.entropy) == (other.kappa, other.entropy)


def test_relabelling_classes_changes_nothing():
    votes, labels = draw()
    names = np.random.default_rng(3).permutation(5).astype(np.uint8)
    one, other = measure_diversity(votes, labels), measure_diversity(names[votes], names[labels])
    for name, matrix in one.pairs.items():
        np.testing.assert_array_equal(matrix, other.pairs[name])
    assert one.errors_alike == other.errors_alike


def test_member_without_errors_has_no_correlation_and_is_left_out_of_the_mean():
    found = measure([[1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]])
    rho = found.pairs["error-correlation"]
    assert np.isnan(rho[2:]).all()
    assert np.isnan(rho[:, 2:]).all()
    assert found.means["error-correlation"] == rho[0, 1] == pytest.approx(2 / 12**0.5)


@pytest.mark.parametrize("wrong", [0, 1])
def test_members_all_right_or_all_wrong(wrong):
    found = measure(np.full((3, 4), wrong))
    assert found.kappa is found.means["error-correlation"] is None
    assert found.entropy == found.kohavi_wolpert == found.means["disagreement"] == 0
    assert found.oracle_errors == found.errors_alike == 4 * wrong


def test_opposites_and_copies_are_the_ends_of_the_ranges():
    ends = measure([[1, 0], [0, 1]])
    assert ends.means["error-correlation"] == pytest.approx(-1, abs=1e-12)
    assert ends.kappa == -1
    assert ends.means["disagreement"] == ends.entropy == 1
    assert ends.kohavi_wolpert == 0.25
    same = measure([[1, 0, 1], [1, 0, 1]])
    assert same.means["error-correlation"] == pytest.approx(1, abs=1e-12)
    assert same.kappa == 1
    assert same.means["disagreement"] == same.entropy == same.kohavi_wolpert == 0


def test_independent_errors_have_correlation_zero_exactly():
    # A third of thirds: floating point would leave something of 9 · 1/9 − 3 · 3 / 9.
    one = np.repeat([1, 0, 0], 3)
    other = np.tile([1, 0, 0], 3)
    assert measure([one, other]).pairs["error-correlation"][0, 1] == 0


def test_correlation_of_a_million_examples_does_not_overflow():
    rng = np.random.default_rng(0)
    is_wrong = rng.random((2, 2_000_000)) < 0.5
    found = measure(is_wrong).pairs["error-correlation"][0, 1]
    assert found == pytest.approx(np.corrcoef(is_wrong)[0, 1], abs=1e-12)


def test_hundreds_of_members_agree_with_loops_over_some_pairs():
    votes, labels = draw(n_members=300, n_examples=500, rate=0.05)
    found = measure_diversity(votes, labels)
    for i, j in [(0, 299), (17, 18), (250, 3)]:
        assert found.pairs["class-disagreement"][i, j] == pytest.approx(
            (votes[i] != votes[j]).mean()
        )


def test_ensemble_measures_ask_the_counts_alone():
    by_wrong = np.array([5, 2, 1, 0, 2])  # of ten examples and four members
    assert kohavi_wolpert_variance(by_wrong) == pytest.approx((2 * 3 + 1 * 4) / (10 * 16))
    assert entropy(by_wrong) == pytest.approx((2 * 1 + 1 * 2) / (10 * 2))
    assert interrater_kappa(by_wrong) == pytest.approx(1 - 1 / (12 * 0.3 * 0.7))
    assert count_all_wrong(by_wrong) == 2


def test_one_member_is_refused():
    with pytest.raises(PredictionError, match=r"at least two, .*; got 1"):
        measure([[1, 0]])


def test_unknown_measure_names_the_closest():
    assert find_pair_measure("double-fault") is PAIR_MEASURES["double-fault"]
    with pytest.raises(PredictionError, match="did you mean 'double-fault'"):
        find_pair_measure("double-faults")


def test_mean_of_pairs_that_all_lack_a_value_is_none():
    assert mean_of_pairs(np.full((3, 3), np.nan)) is None
    assert mean_of_pairs(np.ones((1, 1))) is None


def test_names_and_matrices_are_whole():
    votes, labels = draw(n_members=3)
    counts = count_coincidences(votes, labels)
    for name, row in PAIR_MEASURES.items():
        matrix = row.measure(counts)
        assert (row.name, matrix.shape, matrix.dtype) == (name, (3, 3), np.float64)
        np.testing.assert_array_equal(matrix, matrix.T)
