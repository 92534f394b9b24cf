"""Mean curves of several seeds, also where one has fewer epochs or no validation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ensemble_lab.analysis.curves import build_curves, group_histories, summarise_seeds
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.histories import MemberHistory
from ensemble_lab.store.members import EpochRecord


def learn(key: str, accuracies: list[float], *, validates: bool = True) -> MemberHistory:
    records = tuple(
        EpochRecord(n, 1 - a, a, 2 - a if validates else None, a if validates else None, 0.1, 1.0)
        for n, a in enumerate(accuracies, start=1)
    )
    return MemberHistory(key, key.rpartition("-")[0], "finished", records, len(records))


@given(
    hnp.arrays(
        np.float64,
        hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
        elements=st.one_of(st.floats(0, 10), st.just(np.nan)),
    )
)
def test_bands_are_what_numpy_says_of_what_is_known(values):
    band = summarise_seeds(values)
    for epoch, column in enumerate(values.T):
        known = column[~np.isnan(column)]
        found = [band.mean[epoch], band.least[epoch], band.greatest[epoch]]
        if known.size:
            assert found == pytest.approx([known.mean(), known.min(), known.max()])
        else:
            assert np.isnan(found).all()


def test_shorter_member_counts_in_the_epochs_that_it_has():
    curves = build_curves([learn("a-0000", [0.5, 0.75, 1.0]), learn("a-0001", [0.25])])
    assert curves.n_members.tolist() == [2, 1, 1]
    assert curves.accuracy.mean.tolist() == [0.375, 0.75, 1.0]
    assert curves.accuracy.least.tolist() == [0.25, 0.75, 1.0]
    assert curves.validation_loss.greatest.tolist() == [1.75, 1.25, 1.0]
    assert curves.has_validation


def test_one_member_is_its_own_mean_and_band():
    band = build_curves([learn("a-0000", [0.5, 0.75])]).loss
    assert band.mean.tolist() == band.least.tolist() == band.greatest.tolist() == [0.5, 0.25]


def test_without_validation_there_is_none():
    curves = build_curves([learn("a-0000", [0.5], validates=False)])
    assert not curves.has_validation
    assert np.isnan(curves.validation_accuracy.mean).all()


def test_groups_keep_their_order_and_their_members():
    histories = [learn(key, [0.5]) for key in ("b-0000", "a-0000", "b-0001")]
    found = {name: [each.key for each in members] for name, members in group_histories(histories)}
    assert list(found.items()) == [("b", ["b-0000", "b-0001"]), ("a", ["a-0000"])]


def test_nothing_to_average_is_refused():
    for histories in ([], [MemberHistory("a-0000", "a", "imported")]):
        with pytest.raises(PredictionError, match="at least one epoch"):
            build_curves(histories)
