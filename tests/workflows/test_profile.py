"""Sums of what workers spent, by part."""

import pytest

from ensemble_lab.exceptions import MissingError
from ensemble_lab.store.timings import Timings, add_sitting
from ensemble_lab.workflows.profile import PartOfTime, profile_run

FIRST = Timings(start_up=10.0, compiling=3.0, steps=6.0, files=1.0, augmentation=0.5)
AGAIN = Timings(start_up=10.0, steps=4.0, evaluation=6.0, augmentation=0.5)


def test_parts_are_sums_over_sittings_and_members(make_run):
    run = make_run()
    add_sitting(run, "a-0000", FIRST)
    add_sitting(run, "a-0000", AGAIN)
    add_sitting(run, "a-0002", FIRST)
    profile = profile_run(run.path)
    assert (profile.members, profile.unknown) == (("a-0000", "a-0002"), ("a-0001",))
    assert profile.parts == (
        PartOfTime("start_up", 30.0, 0.5),
        PartOfTime("compiling", 6.0, 0.1),
        PartOfTime("input", 0.0, 0.0),
        PartOfTime("steps", 16.0, 16 / 60),
        PartOfTime("augmentation", 1.5, 0.025),
        PartOfTime("evaluation", 6.0, 0.1),
        PartOfTime("files", 2.0, 2 / 60),
    )
    assert profile_run(run, members=["a-0002"]).timings == FIRST


def test_augmentation_that_one_member_did_not_time_is_unknown(make_run):
    run = make_run()
    add_sitting(run, "a-0000", FIRST)
    add_sitting(run, "a-0001", Timings(steps=1.0))
    assert PartOfTime("augmentation", None, None) in profile_run(run).parts


def test_run_of_which_nothing_is_known_has_no_shares(make_run):
    profile = profile_run(make_run())
    assert profile.members == ()
    assert {part.share for part in profile.parts} == {None}
    with pytest.raises(MissingError, match="b-0000"):
        profile_run(make_run(), members=["b-0000"])
