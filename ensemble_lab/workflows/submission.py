"""The vote on unlabelled examples, as a file that Kaggle scores."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.files import replacing
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record

__all__ = ["Submission", "save_submission"]

_SAME_IMAGES = ("mnist", "qmnist")


@dataclass(frozen=True)
class Submission:
    """A file that was written.

    Attributes
    ----------
    path : Path
    n_examples, n_members : int
    decision : Decision
    is_seen : bool
        Whether members have learnt from images that are submitted: Kaggle's digits are
        MNIST's 70,000 images reshuffled.
    """

    path: Path
    n_examples: int
    n_members: int
    decision: Decision
    is_seen: bool


def save_submission(
    run: Run | Path | str,
    split: str,
    path: Path | str,
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
) -> Submission:
    """Write the vote on a split as ``ImageId,Label``, whole or not at all.

    Parameters
    ----------
    run : Run or path
    split : str
        Unlabelled, as Kaggle's test.csv is; ImageId is its index and 1.
    path : path
        Of the CSV file.
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        The split has labels: its errors can be counted here.
    StoreError
        The file could not be written.
    """
    run = open_run(run)
    record = load_record(run, split)
    if record.labels_sha256 is not None:
        raise PredictionError(
            f"a submission must be of examples without labels, such as Kaggle's test.csv; split "
            f"{split!r} has labels. Count its errors with: ensemble-lab vote {run.path} --split "
            f"{split}"
        )
    predictions = load_predictions(run, split, members=members)
    vote = combine(predictions, decision)
    lines = zip((record.index + 1).tolist(), vote.predicted.tolist(), strict=True)
    text = "ImageId,Label\n" + "".join(f"{number},{label}\n" for number, label in lines)
    path = Path(path)
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
    source = record.source.get("data", {}).get("name")
    return Submission(
        path=path,
        n_examples=len(record.index),
        n_members=len(predictions.members),
        decision=vote.decision,
        is_seen=source == "kaggle" and run.data.get("name") in _SAME_IMAGES,
    )
