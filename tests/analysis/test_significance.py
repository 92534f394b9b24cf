"""Paired tests, families, bootstraps and recipes, against hand, peers and simulation."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_lab.analysis.significance.bootstrap import (
    bootstrap_clusters,
    bootstrap_examples,
)
from ensemble_lab.analysis.significance.families import adjust_holm, compare_cochran
from ensemble_lab.analysis.significance.intervals import clopper_pearson
from ensemble_lab.analysis.significance.paired import (
    Discordance,
    count_discordant,
    examples_needed,
    least_significant,
    mcnemar_exact,
)
from ensemble_lab.analysis.significance.recipes import (
    compare_permutations,
    compare_recipes,
    compare_welch,
)
from ensemble_lab.analysis.significance.tails import chi_square_tail
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.seeds import draw_generator
from tests.conftest import need

COUNTS = st.integers(0, 40)


@given(COUNTS, COUNTS, COUNTS)
def test_mcnemar_is_that_of_statsmodels(both: int, first: int, second: int) -> None:
    tables = need("statsmodels.stats.contingency_tables")
    found = tables.mcnemar([[both, first], [second, 7]], exact=True).pvalue
    assert mcnemar_exact(first, second) == pytest.approx(min(1.0, found), rel=1e-9)


@pytest.mark.parametrize(
    ("first", "second"),
    [(700, 600), (1001, 999), (1001, 1000), (5000, 4800), (60_000, 59_000), (2000, 2000)],
)
def test_mcnemar_of_many_is_that_of_scipy(first, second) -> None:
    stats = need("scipy.stats")
    exact = stats.binomtest(first, first + second, 0.5).pvalue
    assert mcnemar_exact(first, second) == pytest.approx(exact, rel=1e-8)


def test_mcnemar_of_all_on_one_side_is_a_power_of_two() -> None:
    assert [mcnemar_exact(n, 0) for n in (1, 2, 6, 900)] == [1.0, 0.5, 2 / 2**6, 2.0**-899]
    for numbers in ((-1, 6), (6, -1), (-2000, 9000)):
        with pytest.raises(PredictionError, match="0 or more; got"):
            mcnemar_exact(*numbers)
    assert mcnemar_exact(0, 3000) == mcnemar_exact(3000, 0) == 0.0  # below what a float holds


def test_whole_numbers_and_logarithms_meet(monkeypatch) -> None:
    exact = [mcnemar_exact(1000 + k, 1000 - k) for k in (0, 1, 30, 70, 200)]
    monkeypatch.setattr("ensemble_lab.analysis.significance.paired._MOST_EXACT", 0)
    assert [mcnemar_exact(1000 + k, 1000 - k) for k in (0, 1, 30, 70, 200)] == pytest.approx(
        exact, rel=1e-10
    )


def test_an_ensemble_and_itself_do_not_differ() -> None:
    wrong = np.array([True, False, True])
    found = count_discordant(wrong, wrong)
    assert (found.both, found.n_discordant, found.difference) == (2, 0, 0)
    assert mcnemar_exact(0, 0) == 1.0
    assert bootstrap_examples(found) == (0.0, 0.0)
    assert least_significant(0) is None
    assert examples_needed(0.0, 0.0) is None


def test_least_significant_differences_are_those_known() -> None:
    known = {6: (6, 0), 9: (8, 1), 12: (10, 2), 15: (12, 3)}
    for n, (more, fewer) in known.items():
        assert least_significant(n) == more - fewer
    assert [least_significant(n) for n in range(6)] == [None] * 6
    for n in (*range(6, 80), 2001, 9_999, 300_000):
        least = least_significant(n)
        assert mcnemar_exact((n + least) // 2, (n - least) // 2) <= 0.05
        assert mcnemar_exact((n + least) // 2 - 1, (n - least) // 2 + 1) > 0.05


def find_as_often(n: int, difference: float, discordant: float, alpha: float) -> float:
    """How often McNemar's exact test finds a difference, over 4,000 test sets of n examples."""
    chances = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    drawn = draw_generator(0, "resampling").multinomial(n, chances, size=4000)[:, :2]
    tables, counts = np.unique(drawn, axis=0, return_counts=True)
    is_found = [mcnemar_exact(a, b) <= alpha for a, b in tables.tolist()]
    return float(counts @ is_found) / 4000


@pytest.mark.parametrize(
    ("difference", "discordant"), [(0.0005, 0.0015), (0.008, 0.02), (-0.03, 0.1)]
)
@pytest.mark.parametrize(("power", "alpha"), [(0.8, 0.05), (0.9, 0.01)])
def test_so_many_examples_find_the_difference_as_often_as_said(
    difference, discordant, power, alpha
) -> None:
    n = examples_needed(difference, discordant, power=power, alpha=alpha)
    found = find_as_often(n, abs(difference), discordant, alpha)
    assert found == pytest.approx(power, abs=0.02)


def test_few_discordant_examples_find_it_oftener() -> None:
    n = examples_needed(0.01, 0.012)
    assert find_as_often(n, 0.01, 0.012, 0.05) > 0.8


def test_size_needs_a_difference_that_can_be() -> None:
    assert examples_needed(0.01, 0.01) < examples_needed(0.01, 0.02)
    for wishes, facts in (
        ({"difference": 0.02}, "at most the share"),
        ({"power": 1.0}, "power must be between 0 and 1; got 1"),
        ({"alpha": 0.0}, "alpha must be between 0 and 1; got 0"),
    ):
        with pytest.raises(PredictionError, match=facts):
            examples_needed(**{"difference": 0.005, "discordant": 0.01} | wishes)


@given(
    st.integers(2, 5).flatmap(
        lambda k: st.lists(st.lists(st.booleans(), min_size=k, max_size=k), min_size=1, max_size=25)
    )
)
def test_cochran_is_that_of_statsmodels(rows) -> None:
    tables = need("statsmodels.stats.contingency_tables")
    wrong = np.array(rows).T
    found = compare_cochran(wrong)
    if (wrong == wrong[0]).all():
        assert (found.statistic, found.p) == (0.0, 1.0)
        return
    peer = tables.cochrans_q(wrong.T.astype(int))
    assert found.statistic == pytest.approx(peer.statistic)
    assert found.p == pytest.approx(peer.pvalue)
    assert found.degrees == peer.df


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 19, 20, 255, 500])
def test_chi_square_tail_is_that_of_scipy(degrees) -> None:
    chi2 = need("scipy.stats").chi2
    for x in (0.0, 1e-9, 0.5, 3.84, 30.0, 250.0, 900.0):
        assert chi_square_tail(x, degrees) == pytest.approx(chi2.sf(x, degrees), rel=1e-11)
    assert chi_square_tail(1e6, degrees) == 0


def test_chi_square_of_nothing_is_refused() -> None:
    for x, degrees in ((-1.0, 2), (float("nan"), 2), (1.0, 0)):
        with pytest.raises(PredictionError, match="degrees 1 or more"):
            chi_square_tail(x, degrees)


def test_cochran_of_more_ensembles_than_a_byte_holds() -> None:
    wrong = np.zeros((300, 4), bool)
    wrong[:, 0] = wrong[:299, 1] = wrong[:100, 2] = True
    by_example, by_ensemble = wrong.sum(axis=0), wrong.sum(axis=1)
    below = 300 * by_example.sum() - (by_example**2).sum()
    wanted = 299 * (300 * (by_ensemble**2).sum() - by_example.sum() ** 2) / below
    assert compare_cochran(wrong).statistic == pytest.approx(wanted)


@given(st.integers(0, 2**32 - 1))
def test_order_of_ensembles_and_examples_changes_no_q(seed) -> None:
    rng = np.random.default_rng(seed)
    wrong = rng.random((4, 30)) < 0.3
    moved = wrong[rng.permutation(4)][:, rng.permutation(30)]
    assert compare_cochran(moved) == compare_cochran(wrong)


def test_cochran_of_two_is_mcnemar_without_correction() -> None:
    wrong = np.zeros((2, 30), bool)
    wrong[0, :9] = wrong[1, 9:12] = True
    assert compare_cochran(wrong).statistic == pytest.approx((9 - 3) ** 2 / 12)
    with pytest.raises(PredictionError, match="two or more"):
        compare_cochran(wrong[:1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
@settings(max_examples=40)
def test_holm_is_that_of_statsmodels(p_values) -> None:
    multitest = need("statsmodels.stats.multitest")
    peer = multitest.multipletests(p_values, method="holm")[1]
    assert adjust_holm(p_values) == pytest.approx(peer.tolist())


def test_holm_of_nothing_is_nothing() -> None:
    assert adjust_holm([]) == ()


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_clopper_pearson_is_that_of_statsmodels(case) -> None:
    proportion = need("statsmodels.stats.proportion")
    errors, n = case
    low, high = clopper_pearson(errors, n)
    peer = proportion.proportion_confint(errors, n, method="beta")
    wanted = (0.0 if errors == 0 else peer[0] * n, n if errors == n else peer[1] * n)
    assert (low, high) == pytest.approx(wanted, rel=1e-6)
    assert low <= errors <= high


@pytest.mark.parametrize(("errors", "n", "confidence"), [(1, 0, 0.9), (4, 3, 0.9), (1, 3, 1.0)])
def test_clopper_pearson_refuses_what_wilson_refuses(errors, n, confidence) -> None:
    with pytest.raises(PredictionError):
        clopper_pearson(errors, n, confidence)


def test_bootstrap_is_that_of_drawing_examples() -> None:
    rng = draw_generator(1, "resampling")
    first, second = np.zeros(400, bool), np.zeros(400, bool)
    first[:30], second[20:34] = True, True
    moved = first.astype(int) - second.astype(int)
    drawn = moved[rng.integers(0, 400, (4000, 400))].sum(axis=1)
    found = bootstrap_examples(count_discordant(first, second))
    assert found == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=1.0)


@given(st.integers(0, 9), st.integers(0, 9), st.integers(20, 400))
def test_pair_named_the_other_way_round_has_the_mirror(first, second, n) -> None:
    low, high = bootstrap_examples(Discordance(n, 0, first, second))
    assert bootstrap_examples(Discordance(n, 0, second, first)) == (-high, -low)
    a, b = np.arange(n) < first, np.arange(n) >= n - second
    clusters = np.arange(n) // 3
    low, high = bootstrap_clusters(a, b, clusters, n_resamples=200)
    mirrored = bootstrap_clusters(b, a, clusters, n_resamples=200)
    assert mirrored == pytest.approx((-high, -low))


def test_bootstrap_is_the_sum_over_all_resamples() -> None:
    """Of 4 examples there are 256, and each can be looked at."""
    moved = np.array([1, 1, -1, 0])
    sums = np.sort(moved[np.indices((4,) * 4).reshape(4, -1)].sum(axis=0))
    for confidence in (0.5, 0.8, 0.95, 0.99):
        tail = (1 - confidence) / 2
        low = max(each for each in sums if np.mean(sums >= each) >= 1 - tail)
        high = min(each for each in sums if np.mean(sums <= each) >= 1 - tail)
        assert bootstrap_examples(Discordance(4, 0, 2, 1), confidence=confidence) == (low, high)


def test_clusters_of_one_example_are_examples() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random(300) < 0.1, rng.random(300) < 0.15
    own = bootstrap_clusters(first, second, np.arange(300))
    assert own == pytest.approx(bootstrap_examples(count_discordant(first, second)), abs=1.5)


def test_alike_examples_of_a_cluster_make_the_interval_wider() -> None:
    clusters = np.repeat(np.arange(40), 10)
    first = np.repeat(np.arange(40) < 6, 10)
    second = np.repeat((np.arange(40) >= 6) & (np.arange(40) < 10), 10)
    plain = bootstrap_examples(count_discordant(first, second))
    whole = bootstrap_clusters(first, second, clusters)
    # Ten alike examples: the deviation grows by the root of ten.
    ratio = (whole[1] - whole[0]) / (plain[1] - plain[0])
    assert ratio == pytest.approx(math.sqrt(10), rel=0.1)


def test_cluster_bootstrap_is_that_of_a_loop() -> None:
    rng = draw_generator(3, "resampling")
    clusters = np.array([0, 0, 0, 1, 2, 2, 3, 3, 3, 3])
    first = np.array([1, 1, 0, 0, 1, 0, 0, 0, 0, 1], bool)
    second = np.array([0, 0, 0, 1, 0, 0, 1, 0, 0, 0], bool)
    shares = []
    for _ in range(6000):
        rows = np.concatenate([np.flatnonzero(clusters == c) for c in rng.integers(0, 4, 4)])
        shares.append((first[rows].mean() - second[rows].mean()) * 10)
    found = bootstrap_clusters(first, second, clusters)
    assert found == pytest.approx(np.quantile(shares, [0.025, 0.975]), abs=0.35)


def test_names_and_order_of_clusters_change_nothing() -> None:
    rng = np.random.default_rng(4)
    clusters = rng.integers(0, 12, 90)
    first, second = rng.random(90) < 0.2, rng.random(90) < 0.3
    order = rng.permutation(90)
    plain = bootstrap_clusters(first, second, clusters)
    assert bootstrap_clusters(first[order], second[order], 500 - clusters[order]) == plain


def test_blocks_of_resamples_change_nothing(monkeypatch) -> None:
    clusters = np.repeat(np.arange(5), [1, 2, 3, 4, 5])
    first, second = clusters % 2 == 0, clusters == 3
    whole = bootstrap_clusters(first, second, clusters, n_resamples=500)
    monkeypatch.setattr("ensemble_lab.analysis.significance.bootstrap._BLOCK_CELLS", 20)
    assert bootstrap_clusters(first, second, clusters, n_resamples=500) == whole


def test_one_cluster_cannot_be_drawn_anew() -> None:
    wrong = np.array([True, False])
    with pytest.raises(PredictionError, match="two or more"):
        bootstrap_clusters(wrong, ~wrong, np.zeros(2, int))
    with pytest.raises(PredictionError, match="must have 2 examples; got 3"):
        bootstrap_clusters(wrong, ~wrong, np.arange(3))


def test_ensembles_that_err_alike_do_not_differ_however_clusters_fall() -> None:
    rng = np.random.default_rng(5)
    wrong, clusters = rng.random(80) < 0.2, rng.integers(0, 9, 80)
    assert bootstrap_clusters(wrong, wrong.copy(), clusters) == (0.0, 0.0)


@given(
    st.lists(st.integers(20, 40), min_size=2, max_size=6),
    st.lists(st.integers(20, 40), min_size=2, max_size=6),
)
def test_welch_and_permutation_are_those_of_scipy(first, second) -> None:
    stats = need("scipy.stats")
    a, b = np.array(first), np.array(second)
    found = compare_recipes(a, b)
    assert found.difference == pytest.approx(np.mean(a) - np.mean(b))
    if np.ptp(a) and np.ptp(b):
        assert found.welch_p == pytest.approx(stats.ttest_ind(a, b, equal_var=False).pvalue)
        peer = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        assert found.interval == pytest.approx((peer.low, peer.high))
    elif np.ptp(a) or np.ptp(b):
        assert found.interval[0] <= found.difference <= found.interval[1]
    else:
        assert (found.welch_p, found.interval) == (None, None)
    peer = stats.permutation_test(
        (a, b), lambda x, y, axis: abs(x.mean(axis=axis) - y.mean(axis=axis)),
        vectorized=True, n_resamples=np.inf, alternative="greater",
    )  # fmt: skip
    assert found.permutation_p == pytest.approx(peer.pvalue)
    assert found.n_permutations == math.comb(len(a) + len(b), len(a))


def test_one_member_has_no_welch_and_still_a_permutation() -> None:
    found = compare_recipes(np.array([30]), np.array([33, 34, 35]))
    assert (found.welch_p, found.interval, found.n_permutations) == (None, None, 4)
    assert found.permutation_p == 0.25
    assert compare_welch(np.array([30, 30]), np.array([30, 30])) is None
    with pytest.raises(PredictionError, match="must have members"):
        compare_recipes(np.array([]), np.array([1]))


def test_too_many_divisions_are_drawn_and_p_is_never_zero() -> None:
    first, second = np.arange(12), np.arange(12) + 100
    p, n = compare_permutations(first, second)
    assert (p, n) == (1 / 100_001, 100_000)
    alike = np.arange(24) % 5
    p, _ = compare_permutations(alike[:12], alike[12:])
    drawn = [
        abs(x[:12].mean() - x[12:].mean()) >= abs(alike[:12].mean() - alike[12:].mean()) - 1e-9
        for x in np.random.default_rng(0).permuted(np.tile(alike, (20_000, 1)), axis=1)
    ]
    assert p == pytest.approx(np.mean(drawn), abs=0.02)


def test_every_small_table_has_its_p() -> None:
    for n in range(1, 12):
        for signs in product([0, 1], repeat=min(n, 4)):
            k = sum(signs)
            assert 0 < mcnemar_exact(k, n - k) <= 1
    assert Discordance(10, 1, 4, 2).difference == 2
