"""Permutation of whole clusters: its p-values, against all deals and against simulation."""

from itertools import permutations

import numpy as np
import pytest

from ensemble_lab.analysis.significance.whole_clusters import permute_clusters
from ensemble_lab.exceptions import PredictionError


def spread(sizes, errors):
    """The examples of clusters: which are wrong, and whose they are."""
    clusters = np.repeat(np.arange(len(sizes)), sizes)
    is_wrong = np.concatenate([np.arange(n) < e for n, e in zip(sizes, errors, strict=True)])
    return is_wrong, clusters


def t_of(part, sizes, errors) -> float:
    """The statistic, from its formula."""
    rates, variance = [], 0.0
    for side in (part, ~part):
        n, e = sizes[side], errors[side]
        rate = e.sum() / n.sum()
        rates.append(rate)
        variance += ((e - rate * n) ** 2).sum() / n.sum() ** 2
    return abs(rates[0] - rates[1]) / np.sqrt(variance)


def test_p_is_the_share_of_all_deals_that_are_as_extreme():
    sizes, errors = np.array([9, 4, 6, 5, 8, 7]), np.array([5, 1, 2, 1, 0, 1])
    part = np.array([1, 1, 1, 0, 0, 0], bool)
    deals = [np.array(deal, bool) for deal in set(permutations(part.tolist()))]
    seen = t_of(part, sizes, errors)
    share = np.mean([t_of(deal, sizes, errors) >= seen * (1 - 1e-9) for deal in deals])
    is_wrong, clusters = spread(sizes, errors)
    place = np.where(part[clusters], 0, 1)
    p = permute_clusters(is_wrong, place, clusters, n_permutations=20_000)
    assert p == pytest.approx([share, share], abs=0.01)
    assert 0.05 < share < 0.9


def test_same_seed_gives_the_same_and_names_of_clusters_are_nothing():
    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(30), 20)
    is_wrong, place = rng.random(600) < 0.1, clusters % 3
    first = permute_clusters(is_wrong, place, clusters, n_permutations=500)
    assert np.array_equal(
        first, permute_clusters(is_wrong, place, clusters + 7, n_permutations=500)
    )
    other = permute_clusters(is_wrong, place, clusters, n_permutations=500, seed=1)
    assert not np.array_equal(first, other)


def test_p_of_a_part_is_its_own():
    """Neither the number of a part nor how the others are cut changes it."""
    rng = np.random.default_rng(1)
    clusters = np.repeat(np.arange(40), 5)
    is_wrong, place = rng.random(200) < 0.2, np.repeat(np.arange(4), 50)
    p = permute_clusters(is_wrong, place, clusters, n_permutations=300)
    assert (permute_clusters(is_wrong, 3 - place, clusters, n_permutations=300) == p[::-1]).all()
    joined = permute_clusters(is_wrong, np.minimum(place, 2), clusters, n_permutations=300)
    assert joined[:2].tolist() == p[:2].tolist()


def test_blocks_change_nothing_but_the_draws(monkeypatch):
    from ensemble_lab.analysis.significance import whole_clusters

    rng = np.random.default_rng(0)
    clusters = np.repeat(np.arange(30), 20)
    is_wrong, place = rng.random(600) < 0.1, clusters % 3
    whole = permute_clusters(is_wrong, place, clusters)
    monkeypatch.setattr(whole_clusters, "_BLOCK_CELLS", 3_000)
    assert permute_clusters(is_wrong, place, clusters) == pytest.approx(whole, abs=0.02)


def test_ways_to_deal_give_the_same(monkeypatch):
    """Many clusters of few kinds are dealt kind by kind."""
    from ensemble_lab.analysis.significance import whole_clusters

    sizes, errors = np.full(60, 5), np.r_[np.full(6, 2), np.full(54, 0)]
    is_wrong, clusters = spread(sizes, errors)
    place = np.where(np.isin(clusters, [0, 1, 2, 3, 4, *range(20, 35)]), 0, 1)
    found = []
    for many in (1, 1_000):
        monkeypatch.setattr(whole_clusters, "_MANY", many)
        found.append(permute_clusters(is_wrong, place, clusters)[0])
    assert found[0] == pytest.approx(found[1], abs=0.02)
    assert found[0] < 0.2


def test_one_bad_writer_is_no_evidence_against_a_series():
    """Where an exact test of independent examples would cry out."""
    from ensemble_lab.analysis.significance.fisher import fisher_exact

    sizes, errors = np.full(20, 50), np.zeros(20, int)
    errors[0] = 25
    is_wrong, clusters = spread(sizes, errors)
    place = (clusters >= 10).astype(int)
    assert fisher_exact([25], [500], 25, 1000)[0] < 1e-6
    assert permute_clusters(is_wrong, place, clusters).min() > 0.3


def test_level_is_kept_where_writers_differ():
    """Clusters of two sizes, some worse than others: 5 % is called about as often as that."""
    rng = np.random.default_rng(0)
    sizes = np.r_[np.full(20, 100), np.full(60, 20)]
    clusters = np.repeat(np.arange(80), sizes)
    place = (clusters >= 20).astype(int)
    hits = 0
    for _ in range(200):
        rates = rng.beta(0.5, 20, 80)
        is_wrong = rng.random(len(clusters)) < rates[clusters]
        hits += permute_clusters(is_wrong, place, clusters, n_permutations=199)[0] <= 0.05
    assert hits / 200 <= 0.09


def test_no_p_within_clusters_nor_of_too_few():
    is_wrong = np.array([1, 0, 1, 0, 0, 0, 0, 0], bool)
    clusters = np.repeat([0, 1, 2, 3], 2)
    within = permute_clusters(is_wrong, np.array([0, 1] * 4), clusters)
    assert np.isnan(within).all()
    alone = permute_clusters(is_wrong, np.array([0, 0, 1, 1, 1, 1, 1, 1]), clusters)
    assert np.isnan(alone).all()
    three = permute_clusters(is_wrong, np.array([0, 0, 0, 0, 1, 1, 2, 2]), clusters)
    assert np.isnan(three).tolist() == [False, True, True]


def test_no_errors_and_nothing_but_errors_are_no_difference():
    clusters, place = np.repeat(np.arange(6), 3), np.repeat([0, 1], 9)
    for is_wrong in (np.zeros(18, bool), np.ones(18, bool)):
        assert permute_clusters(is_wrong, place, clusters, n_permutations=50).tolist() == [1, 1]


def test_lengths_must_agree():
    with pytest.raises(PredictionError, match="clusters must have 4 examples; got 3"):
        permute_clusters(np.zeros(4, bool), np.zeros(4, int), np.zeros(3, int))
