"""Candidates by brute force, and what picking among them is worth."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.selection.candidates import (
    Candidates,
    list_singles,
    list_subsets,
    list_triples,
    name_subset,
)
from ensemble_lab.analysis.selection.picking import (
    draw_halves,
    expect_least,
    expect_normal_maximum,
    weigh_picking,
)
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator


@st.composite
def pools(draw: st.DrawFn, least: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Votes of 1-6 members on 1-8 examples of 1-5 classes, and labels."""
    n_members, n_examples = draw(st.integers(least, 6)), draw(st.integers(1, 8))
    n_classes = draw(st.integers(1, 5))
    numbers = st.lists(
        st.integers(0, n_classes - 1),
        min_size=(n_members + 1) * n_examples,
        max_size=(n_members + 1) * n_examples,
    )
    given = np.array(draw(numbers)).reshape(n_members + 1, n_examples)
    return given[1:].astype(np.uint8), given[0].astype(np.int64)


def chance_of_error(votes: np.ndarray, label: int) -> float:
    """By counting: ties at random."""
    counts = np.bincount(votes, minlength=label + 1)
    best = np.flatnonzero(counts == counts.max())
    return 1 - (label in best) / len(best)


def total(candidates: Candidates) -> np.ndarray:
    """Errors of each candidate on all examples."""
    return np.concatenate([block.sum(axis=1) for block in candidates.blocks()]) + len(
        candidates.sure_errors
    )


def by_hand(votes, labels, groups) -> np.ndarray:
    return np.array(
        [
            sum(chance_of_error(votes[list(group), x], labels[x]) for x in range(len(labels)))
            for group in groups
        ]
    )


@given(pools())
def test_singles_err_as_they_vote(pool) -> None:
    votes, labels = pool
    found = list_singles(votes, labels)
    np.testing.assert_array_equal(total(found), (votes != labels).sum(axis=1))
    assert found.n == len(votes)


@given(pools(least=3))
def test_triples_are_those_of_brute_force(pool) -> None:
    votes, labels = pool
    triples = list(combinations(range(len(votes)), 3))
    found = list_triples(votes, labels)
    np.testing.assert_allclose(total(found), by_hand(votes, labels, triples), atol=1e-12)
    assert found.n == len(triples)


@given(pools())
def test_subsets_are_those_of_brute_force(pool) -> None:
    votes, labels = pool
    members = tuple(range(len(votes)))
    found = list_subsets(votes, labels)
    subsets = [name_subset(number, members) for number in range(found.n)]
    assert len(set(subsets)) == found.n == 2 ** len(votes) - 1
    np.testing.assert_allclose(total(found), by_hand(votes, labels, subsets), atol=1e-12)


def test_subsets_of_more_than_ten_members_are_those_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    votes = rng.integers(0, 3, (12, 5)).astype(np.uint8)
    labels = rng.integers(0, 3, 5)
    found = list_subsets(votes, labels)
    some = rng.choice(found.n, 60, replace=False)
    subsets = [name_subset(int(number), tuple(range(12))) for number in some]
    np.testing.assert_allclose(total(found)[some], by_hand(votes, labels, subsets), atol=1e-12)
    assert name_subset(found.n - 1, tuple(range(12))) == tuple(range(12))


def test_blocks_come_anew_and_are_cut_where_they_are_many(monkeypatch) -> None:
    monkeypatch.setattr("ensemble_lab.analysis.selection.candidates._BLOCK_CELLS", 40)
    rng = np.random.default_rng(1)
    votes, labels = rng.integers(0, 3, (11, 9)).astype(np.uint8), rng.integers(0, 3, 9)
    for build in (list_triples, list_subsets):
        found = build(votes, labels)
        assert len(list(found.blocks())) > 1
        np.testing.assert_array_equal(total(found), total(found))
        assert sum(len(block) for block in found.blocks()) == found.n


def test_examples_that_all_agree_on_are_set_apart() -> None:
    votes = np.array([[0, 1, 2, 0], [0, 1, 2, 1]], np.uint8)
    found = list_singles(votes, np.array([0, 0, 2, 0]))
    assert found.rows.tolist() == [3]
    assert found.sure_errors.tolist() == [1]


def test_too_few_or_too_many_members_are_refused() -> None:
    with pytest.raises(PredictionError, match="at least 3"):
        list_triples(np.zeros((2, 4), np.uint8), np.zeros(4, np.int64))
    with pytest.raises(PredictionError, match="at most 20"):
        list_subsets(np.zeros((21, 4), np.uint8), np.zeros(4, np.int64))


def test_halves_are_halves_and_a_matter_of_the_seed() -> None:
    halves = draw_halves(11, 40, 0)
    assert halves.sum(axis=0).tolist() == [5] * 40
    assert len({column.tobytes() for column in halves.T}) > 30
    np.testing.assert_array_equal(halves, draw_halves(11, 40, 0))
    assert (halves != draw_halves(11, 40, 1)).any()


def test_picking_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 40)
    votes = np.where(rng.random((5, 40)) < 0.7, labels, rng.integers(0, 3, (5, 40)))
    votes = votes.astype(np.uint8)
    own_labels = rng.integers(0, 3, 30)
    own = np.where(rng.random((5, 30)) < 0.7, own_labels, 0).astype(np.uint8)
    halves = draw_halves(40, 30, 0)
    found = weigh_picking(
        list_triples(votes, labels), halves, validation=list_triples(own, own_labels)
    )
    groups = list(combinations(range(5), 3))
    chances = np.array(
        [[chance_of_error(votes[list(g), x], labels[x]) for x in range(40)] for g in groups]
    )
    errors = chances.sum(axis=1)
    assert found.picked == pytest.approx(errors.min())
    assert found.first == int(errors.round(6).argmin())
    assert found.n_picked == int((errors.round(6) == errors.round(6).min()).sum())
    assert found.unpicked == pytest.approx(errors.mean())
    on_validation = by_hand(own, own_labels, groups).round(6)
    best = on_validation == on_validation.min()
    assert found.by_validation == pytest.approx(errors[best].mean())
    gained, kept = [], []
    for half in halves.T:
        here, there = chances[:, half].sum(axis=1), chances[:, ~half].sum(axis=1)
        best = here.round(6) == here.round(6).min()
        gained.append(2 * (here.mean() - here.min()))
        kept.append(2 * (there.mean() - there[best].mean()))
    assert found.gained == pytest.approx(np.mean(gained))
    assert found.kept == pytest.approx(np.mean(kept))
    assert found.kept_sd == pytest.approx(np.std(kept))


def test_blocks_of_test_and_validation_need_not_begin_alike(monkeypatch) -> None:
    rng = np.random.default_rng(4)
    labels, own_labels = rng.integers(0, 3, 30), rng.integers(0, 3, 9)
    votes = rng.integers(0, 3, (11, 30)).astype(np.uint8)
    own = rng.integers(0, 3, (11, 9)).astype(np.uint8)
    halves = draw_halves(30, 5, 0)
    for build in (list_triples, list_subsets):
        whole = weigh_picking(build(votes, labels), halves, validation=build(own, own_labels))
        with monkeypatch.context() as patch:
            patch.setattr("ensemble_lab.analysis.selection.candidates._BLOCK_CELLS", 200)
            cut = weigh_picking(build(votes, labels), halves, validation=build(own, own_labels))
        assert cut.by_validation == pytest.approx(whole.by_validation)
        assert (cut.first, cut.n_picked) == (whole.first, whole.n_picked)
        assert cut.kept == pytest.approx(whole.kept)


def test_what_is_had_without_a_choice_may_be_given() -> None:
    votes = np.array([[1, 0, 0, 0], [0, 1, 1, 0]], np.uint8)
    singles = list_singles(votes, np.zeros(4, np.int64))
    own = np.array([True, True, True, True])  # also where all candidates are right
    halves = draw_halves(4, 5, 0)
    found = weigh_picking(singles, halves, unpicked=own)
    assert (found.unpicked, found.picked, found.by_validation) == (4.0, 1.0, None)
    again = weigh_picking(list_singles(votes, np.array([0, 0, 0, 1])), halves, unpicked=own)
    assert (again.unpicked, again.picked) == (4.0, 2.0)
    # All candidates err there too, so that it is nothing to gain.
    assert again.gained == pytest.approx(found.gained - 2 * halves[3].mean())


def test_one_candidate_gains_nothing() -> None:
    found = weigh_picking(
        list_singles(np.array([[0, 1, 1]], np.uint8), np.zeros(3, np.int64)), draw_halves(3, 9, 0)
    )
    assert (found.picked, found.unpicked, found.gained, found.kept) == (2.0, 2.0, 0.0, 0.0)


def test_a_better_member_is_kept_and_luck_is_not() -> None:
    generator = draw_generator(0, "selection")
    labels = np.zeros(2000, np.int64)
    halves = draw_halves(2000, 50, 0)
    alike = [(generator.random((12, 2000)) < 0.04).astype(np.uint8) for _ in range(60)]
    luck = [weigh_picking(list_singles(votes, labels), halves) for votes in alike]
    assert all(found.gained > 5 for found in luck)
    assert abs(np.mean([found.kept for found in luck])) < 2
    alike[0][0] = generator.random(2000) < 0.004
    skill = weigh_picking(list_singles(alike[0], labels), halves)
    assert skill.kept > 0.8 * skill.gained > 40


@pytest.mark.parametrize("k", [1, 2, 3, 10, 100, 1000])
def test_the_largest_of_k_normals_is_known(k) -> None:
    known = {1: 0.0, 2: 0.5642, 3: 0.8463, 10: 1.5388, 100: 2.5076, 1000: 3.2414}
    assert expect_normal_maximum(k) == pytest.approx(known[k], abs=1e-4)


def test_the_best_of_equal_members_errs_as_luck_says() -> None:
    generator = draw_generator(1, "selection")
    errors = (generator.random((400, 10, 5000)) < 0.01).sum(axis=2, dtype=np.int32)
    told = expect_least(5000, 0.01, 0.0, 10)
    # The binomial leans to the right, so its minimum is a little above the normal one's.
    assert errors.min(axis=1).mean() == pytest.approx(told, abs=1.2)
    assert expect_least(5000, 0.01, 1.0, 10) == 50
    assert expect_least(5000, 0.01, 0.5, 1) == pytest.approx(50)


def test_every_pair_of_candidate_lists_keeps_its_order() -> None:
    """Validation and test must speak of the same candidate at the same place."""
    votes = np.array(list(product([0, 1], repeat=3)), np.uint8).T
    labels = np.zeros(8, np.int64)
    assert (
        total(list_triples(votes[:, ::-1], labels)).tolist()
        == total(list_triples(votes, labels)).tolist()
    )
