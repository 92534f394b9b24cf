"""Temperatures of a run: of the ensemble and of each member, fitted on its validation split."""

from dataclasses import dataclass

from ensemble_lab.analysis.calibration.temperature import Temperature, fit_temperature
from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.arrays import Floats, Probabilities
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import MissingError, PredictionError
from ensemble_lab.store.labels import ValidationLabels, load_validation_labels
from ensemble_lab.store.predictions import Predictions, load_predictions
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import Voter, find_voters

__all__ = ["MEAN", "FittedTemperatures", "fit_temperatures", "load_with_probabilities"]

MEAN = Decision(rule="mean-probability")
"""The ensemble whose probabilities are looked at: the mean over its members."""

_MOST_NAMED = 3


@dataclass(frozen=True)
class FittedTemperatures:
    """Temperatures of an ensemble and of its members.

    Attributes
    ----------
    split : str
        The validation split.
    ensemble : Temperature
        Of the mean of the members' stored probabilities: first averaged, then fitted.
    members : tuple of Temperature
        Each of its own probabilities, in the order of the predictions.
    n_voters : int
        How many members answer each example of `split`; fewer than there are where it is in
        folds, and then the ensemble is another than the one that answers a test split.
    """

    split: str
    ensemble: Temperature
    members: tuple[Temperature, ...]
    n_voters: int


def load_with_probabilities(run: Run, split: str, members: tuple[str, ...]) -> Predictions:
    """Return predictions that hold probabilities.

    Raises
    ------
    PredictionError
        Members of which only votes are known; names them.
    MissingError
        As `load_predictions`.
    """
    predictions = load_predictions(run, split, members=members)
    if predictions.probabilities is not None:
        return predictions
    names = [
        key
        for key in predictions.members
        if load_predictions(run, split, members=(key,)).probabilities is None
    ]
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    raise PredictionError(
        f"every member must have probabilities on {split!r}; of {', '.join(names[:_MOST_NAMED])}"
        f"{more} only votes are known, in {run.path}. Name others with --members."
    )


def fit_temperatures(run: Run, predictions: Predictions) -> FittedTemperatures | None:
    """Return temperatures fitted on the run's validation split; None where it has none.

    Where validation is in folds, a member's temperature is fitted on the examples of its fold.

    Parameters
    ----------
    run : Run
    predictions : Predictions
        Of the members, on any split.

    Raises
    ------
    PredictionError
        Members with votes only, or single folds of a seed.
    MissingError
        Predictions on the validation split are missing.
    """
    try:
        split = run.validation_split
    except MissingError:
        return None
    record = load_record(run, split)
    is_own = predictions.split == split
    voters = find_voters(run, record, predictions.members if is_own else ())
    if not is_own:
        voters = _choose_voters(voters, predictions.members, split)
    found = load_with_probabilities(run, split, tuple(voter.key for voter in voters))
    labels = load_validation_labels(run, split)
    probabilities, means = _check(found)
    rows = {part.key: row for row, voter in enumerate(voters) for part in voter.parts}
    temperatures = []
    for row, key in enumerate(predictions.members):
        if is_own:
            temperatures.append(fit_temperature(probabilities[row], labels))
            continue
        examples = record.rows_of(run.member(key).fold)
        part = ValidationLabels(
            split, labels.values[examples], labels.index[examples], labels.sha256
        )
        temperatures.append(fit_temperature(probabilities[rows[key], examples], part))
    return FittedTemperatures(
        split, fit_temperature(means, labels), tuple(temperatures), len(voters)
    )


def _choose_voters(
    voters: tuple[Voter, ...], members: tuple[str, ...], split: str
) -> tuple[Voter, ...]:
    """Return those who answer on validation with these members and no others."""
    chosen = tuple(v for v in voters if any(part.key in members for part in v.parts))
    if {part.key for voter in chosen for part in voter.parts} != set(members):
        raise PredictionError(
            f"members must be those of all folds of a seed for a temperature fitted on {split!r}; "
            f"got {', '.join(members[:_MOST_NAMED])} without others. Name whole seeds, such as "
            "--members 'light-0000-*'."
        )
    return chosen


def _check(found: Predictions) -> tuple[Probabilities, Floats]:
    """Return the members' probabilities and their means, which are there."""
    means = combine(found, MEAN).mean_probabilities
    assert found.probabilities is not None, "load_with_probabilities refuses votes alone"
    assert means is not None, "and so they have a mean"
    return found.probabilities, means
