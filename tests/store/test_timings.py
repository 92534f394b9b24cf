"""Seconds by part, a row a sitting: nothing depends on them, so nothing may break by them."""

import json

import pytest

from ensemble_lab.exceptions import DamagedError
from ensemble_lab.store.timings import (
    Timings,
    add_sitting,
    add_timings,
    load_sittings,
    timings_path,
)

KEY = "a-0000"
FIRST = Timings(start_up=9.5, compiling=2.0, input=0.25, steps=30.0, evaluation=1.0, files=0.125)
SECOND = Timings(steps=10.0, augmentation=0.5)


def test_sittings_come_back_in_their_order(make_run):
    run = make_run()
    assert load_sittings(run, KEY) == ()
    add_sitting(run, KEY, FIRST)
    add_sitting(run, KEY, SECOND)
    assert load_sittings(run, KEY) == (FIRST, SECOND)
    assert load_sittings(run, "a-0001") == ()


def test_file_is_as_the_page_of_the_format_says(make_run):
    run = make_run()
    add_sitting(run, KEY, Timings(steps=1.23456))
    assert json.loads(timings_path(run, KEY).read_text()) == {
        "sittings": [
            {
                "start_up": 0.0,
                "compiling": 0.0,
                "input": 0.0,
                "steps": 1.235,
                "evaluation": 0.0,
                "files": 0.0,
                "augmentation": None,
            }
        ]
    }


def test_augmentation_is_a_part_of_the_steps_and_counts_once():
    assert FIRST.total == 42.875
    assert SECOND.total == 10.0
    both = add_timings([SECOND, SECOND])
    assert (both.augmentation, both.total) == (1.0, 20.0)
    assert add_timings([FIRST, SECOND]).augmentation is None
    assert add_timings([]) == Timings(augmentation=0.0)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "{}",
        '{"sittings": [3]}',
        '{"sittings": [{"steps": -1}]}',
        '{"sittings": [{"steps": true}]}',
    ],
)
def test_damage_is_told_to_a_reader_and_replaced_by_a_writer(make_run, text):
    run = make_run()
    timings_path(run, KEY).write_text(text)
    with pytest.raises(DamagedError, match=r"timings\.json"):
        load_sittings(run, KEY)
    add_sitting(run, KEY, FIRST)
    assert load_sittings(run, KEY) == (FIRST,)


def test_what_a_later_writer_adds_is_passed_over(make_run):
    run = make_run()
    add_sitting(run, KEY, SECOND)
    values = json.loads(timings_path(run, KEY).read_text())
    values["sittings"][0]["waiting"] = 3.0
    timings_path(run, KEY).write_text(json.dumps(values))
    assert load_sittings(run, KEY) == (SECOND,)
