"""The table of a vote, letter by letter."""

import json

import numpy as np
import pytest

import ensemble_lab as lab

LABELS = np.array([0, 0, 0, 0, 1, 1, 1, 1])
CHOSEN = np.array(
    [
        [0, 0, 0, 0, 1, 1, 1, 0],  # 1 error
        [0, 0, 0, 1, 1, 1, 0, 0],  # 3 errors
        [0, 0, 0, 0, 1, 1, 2, 2],  # 2 errors
    ]
)

TABLE = """\
member  errors  errors, 95 %  accuracy  accuracy, 95 %      ties
a-0000       1  0.2 to 3.8    87.50 %   52.91 % to 97.76 %
a-0001       3  1.1 to 5.6    62.50 %   30.57 % to 86.32 %
a-0002       2  0.6 to 4.7    75.00 %   40.93 % to 92.85 %
vote         2  0.6 to 4.7    75.00 %   40.93 % to 92.85 %  1
8 examples of test; 3 members, majority, ties by lowest
errors with the tie right 1, at random 1.7, wrong 2
"""


@pytest.fixture
def run(make_run):
    """Eight examples: the vote is wrong on the last two, one of which is a tie."""
    probabilities = np.full((*CHOSEN.shape, 3), 0.1, np.float32)
    np.put_along_axis(probabilities, CHOSEN[..., None], 0.8, axis=-1)
    return make_run(probabilities=probabilities, labels=LABELS).path


def test_table_as_it_is_printed(call, run):
    assert call("vote", run, "--ties", "lowest").out == TABLE


def test_ties_that_there_are_have_their_band(call, make_run):
    probabilities = np.array([[[0.6, 0.4], [0.9, 0.1]], [[0.3, 0.7], [0.9, 0.1]]], np.float32)
    run = make_run(probabilities=probabilities, labels=np.array([0, 0]))
    line = call("vote", run.path).out.splitlines()[-1]
    assert line == "errors with the tie right 0, at random 0.5, wrong 1"
    assert json.loads(call("vote", run.path, "--format", "json").out)["tie_band"] == {
        "low": 0, "expected": 0.5, "high": 1,
    }  # fmt: skip
    assert "at random" not in call("vote", run.path, "--members", "a-0000").out


def test_weighted_majority_takes_its_weights_from_validation(call, make_run):
    run = make_run(n_examples=30)
    answer = call("vote", run.path, "--rule", "weighted-majority")
    text = " ".join(answer.out.split())
    assert "weighted-majority, ties by mean-probability, weights from validation" in text
    predictions, labels = lab.load_predictions(run, "validation"), lab.load_validation_labels(run)
    weights = lab.fit_log_odds(predictions, labels)
    decision = lab.Decision(rule="weighted-majority", members=predictions.members, weights=weights)
    vote = lab.combine(lab.load_predictions(run, "test"), decision)
    errors = int((vote.predicted != lab.load_labels(run).values).sum())
    found = json.loads(
        call("vote", run.path, "--rule", "weighted-majority", "--format", "json").out
    )
    assert found["errors"] == errors
    one = call("vote", run.path, "--rule", "weighted-majority", "--members", "a-0000")
    assert one.code == 0


def test_weights_need_members_that_answer_for_all_of_validation(call, make_run):
    run = make_run(groups={"a": 2}, folds=2)
    answer = call("vote", run.path, "--rule", "weighted-majority")
    assert answer.code == 1
    assert "must all have predicted validation" in answer.err


def test_commas_stand_between_patterns(call, make_run):
    run = make_run()
    first, second, third = run.keys
    told = call("vote", run.path, "--members", f"{first},{third}").out
    assert [key in told for key in (first, second, third)] == [True, False, True]
