"""What one types first in Python works, or is answered with what to type."""

import numpy as np
import pytest

import ensemble_lab as lab
from tests.toy import toy_labels, toy_predictions


@pytest.fixture
def run(make_run):
    return make_run(probabilities=toy_predictions().probabilities, labels=toy_labels().values)


def test_majority_is_what_is_meant_where_nothing_is_said():
    plain, named = lab.combine(toy_predictions()), lab.combine(toy_predictions(), lab.Decision())
    assert plain.predicted.tolist() == named.predicted.tolist()
    assert plain.decision == named.decision


GUESSES = {
    "a rule's name for a decision": (
        lambda run: lab.combine(toy_predictions(), "majority"),
        "such as Decision(rule='majority'); got 'majority'",
    ),
    "a rule's name for a run's decision": (
        lambda run: lab.score_vote(run, decision="median"),
        "such as Decision(rule='majority'); got 'median'",
    ),
    "a view's name for a question": (
        lambda run: lab.find_errors(run, "oracle"),
        "such as Question(view='oracle'); got 'oracle'",
    ),
    "an array for predictions": (
        lambda run: lab.combine(toy_predictions().probabilities),
        "what load_predictions gives; got ndarray",
    ),
    "a run for predictions": (lambda run: lab.combine(run), "load_predictions gives; got Run"),
    "an array for labels": (
        lambda run: lab.build_catalogue(
            toy_predictions(), lab.combine(toy_predictions()), np.zeros(6, np.int64)
        ),
        "what load_labels gives; got ndarray",
    ),
    "text for a class": (lambda run: lab.Question(label="4"), "label must be whole numbers"),
    "text for an index": (lambda run: lab.Question(index="4"), "index must be whole numbers"),
    "several to explain": (
        lambda run: lab.explain_example(run, [0, 1]),
        "Several are for explain_examples",
    ),
    "text for a pair": (lambda run: lab.Question(pair="4:9"), "Read text with parse_pair"),
    "results that are no json": (
        lambda run: lab.save_results(run, "results.txt"),
        "must end in .json; got 'results.txt'",
    ),
}


@pytest.mark.parametrize("guess", GUESSES)
def test_first_guess_is_answered(run, guess):
    ask, fact = GUESSES[guess]
    with pytest.raises(lab.EnsembleLabError) as answer:
        ask(run)
    assert fact in str(answer.value)
    assert lab.load_ledger(run) == []  # A wrong guess is no look.


def test_what_a_message_names_is_there():
    assert lab.parse_pair("4:9") == (4, 9)


def test_a_path_is_a_run_everywhere(run):
    path = str(run.path)
    assert lab.load_ledger(path) == []
    assert lab.load_reviews(path) == ()
    assert lab.load_member(path, run.keys[0]).key == run.keys[0]
    assert lab.load_failure(path, run.keys[0]) is None
    catalogue = lab.find_errors(path).catalogue
    assert lab.save_catalogue(path, catalogue, "mine").exists()
    with pytest.raises(lab.EnsembleLabError, match="epoch votes"):
        lab.load_epoch_votes(path, run.keys[0], "test")


@pytest.mark.parametrize(
    ("command", "twin"),
    [("vote", "score_vote"), ("significance", "compare_ensembles"), ("curve", "build_curve")],
)
def test_name_of_a_command_leads_to_its_twin(command, twin):
    with pytest.raises(AttributeError, match=rf"no attribute '{command}'; see .*{twin}"):
        getattr(lab, command)
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        lab.nonsense  # noqa: B018
