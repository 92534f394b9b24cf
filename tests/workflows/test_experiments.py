"""Files of results are read key by key, and refused where one is wrong."""

import copy

import pytest

from ensemble_lab.exceptions import DamagedError
from ensemble_lab.workflows.experiments import load_results
from ensemble_lab.workflows.summarise import summarise
from tests.workflows.result_files import group, results


def edit(path, value):
    """Return results with a key set to a value, or removed for ``...``."""
    values = copy.deepcopy(results(group(), group("b")))
    *above, last = path
    place = values
    for step in above:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return values


@pytest.mark.parametrize(
    ("path", "value", "facts"),
    [
        (["groups"], ..., ["groups must be given", "results.json:groups"]),
        (["data"], ..., ["data must be given"]),
        (["groups", 1, "tflop"], ..., ["tflop must be given", "groups[1].tflop"]),
        (["groups", 0, "tflop"], "much", ["tflop", "number", "'much'", "groups[0].tflop"]),
        (["groups", 0, "parameters"], 1.5, ["parameters", "whole number", "1.5"]),
        (["groups", 0, "test_errors", "mean"], None, ["groups[0].test_errors.mean"]),
        (["groups"], [], ["groups", "at least 1"]),
        (["splits", "test"], ..., ["splits.test"]),
        (["votes", 0, "errors"], -1, ["errors", "at least 0", "-1", "votes[0].errors"]),
        (["published"], [{"figure": 3, "source": "x"}], ["published[0].figure", "text", "3"]),
        (["chosen_on"], 7, ["chosen_on", "text", "7"]),
    ],
)
def test_a_wrong_key_is_named_in_one_line_with_its_file(write, path, value, facts):
    folder = write(toy=edit(path, value))
    with pytest.raises(DamagedError) as refused:
        summarise(folder)
    message = str(refused.value)
    for fact in [*facts, str(folder / "toy" / "results.json"), "ensemble-lab results"]:
        assert fact in message
    assert "\n" not in message


def test_what_a_later_version_adds_is_passed_over(write):
    later = results(group(surprise=1), news={"a": 1})
    folder = write(toy=later | {"data": later["data"] | {"more": 1}})
    assert len(summarise(folder).groups) == 1


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("{", ["must be JSON"]),
        ("[1]", ["must be a JSON object", "list"]),
        ('{"tflop": NaN}', ["must be JSON"]),
        ('{"name": "a package"}', ["experiment must be given"]),
    ],
)
def test_damaged_and_foreign_files_are_refused(write, text, facts):
    folder = write(toy={})
    (folder / "toy/results.json").write_text(text)
    with pytest.raises(DamagedError) as refused:
        load_results(folder / "toy/results.json")
    for fact in [*facts, "toy/results.json"]:
        assert fact in str(refused.value)
