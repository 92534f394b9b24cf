"""Groups told by keys, and what their members weigh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.groups import number_groups, weigh_members
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.workflows.new import read_template


def test_members_of_a_group_differ_in_the_seed_alone() -> None:
    keys = ("m5-0000", "m3-0001", "m5-0123", "m3-0000", "m3-9999")
    assert number_groups(keys).tolist() == [1, 0, 1, 0, 0]
    assert number_groups(keys).dtype == np.int64


@pytest.mark.parametrize(
    "other",
    ["a", "a-1", "a-001", "a-00010", "a-000x", "a.0001", "a-b-0000", "a-0000-0000", "-0000"],
)
def test_any_other_key_is_a_group_of_its_own(other: str) -> None:
    groups = number_groups(("a-0000", other, "a-0001")).tolist()
    assert groups[0] == groups[2] != groups[1]


def test_key_given_at_import_is_not_the_group_of_that_name() -> None:
    assert number_groups(("net", "net-0000", "net-0001")).tolist() == [1, 0, 0]


def test_groups_told_by_keys_are_those_of_the_experiment() -> None:
    first = parse_experiment(read_template("experiment")).members[0]
    seeds = (0, 7, 9999, 10_000, 123_456)
    members = [
        spec
        for name in ("m3", "m-3", "m3-0001", "bn-elu")
        for spec in first.model_copy(update={"group": name, "seeds": seeds}).expand()
    ]
    _, expected = np.unique([spec.group for spec in members], return_inverse=True)
    told = number_groups(tuple(spec.key for spec in members))
    np.testing.assert_array_equal(told, expected)


def test_weights_are_the_least_whole_numbers_that_even_groups_out() -> None:
    assert weigh_members(np.array([0, 0, 1, 1, 1, 2])).tolist() == [3, 3, 2, 2, 2, 6]
    assert weigh_members(np.array([0, 1, 0, 1])).tolist() == [1, 1, 1, 1]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_all_groups_weigh_the_same(labels: list[int]) -> None:
    _, groups = np.unique(labels, return_inverse=True)
    weights = weigh_members(groups)
    assert len(set(np.bincount(groups, weights).tolist())) == 1
    assert (weights == np.round(weights)).all()
