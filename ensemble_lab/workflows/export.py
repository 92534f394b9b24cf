"""What a run's members say, and what their vote gets wrong, in files for other programs."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.canonical import digest_of
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import build_catalogue
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.files import check_target
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.export_files import FORMATS, Contents, find_format
from ensemble_lab.workflows.scoring import score

__all__ = ["ExportReport", "export_run"]


@dataclass(frozen=True)
class ExportReport:
    """A file that was written.

    Attributes
    ----------
    path : Path
    split : str
    n_examples, n_members : int
    n_errors : int or None
        Rows of the catalogue in it; None where it holds none.
    has_probabilities : bool
        Whether it holds them: not where some member has votes alone.
    look : Look or None
        What the ledger did; None where no labels went out.
    """

    path: Path
    split: str
    n_examples: int
    n_members: int
    n_errors: int | None
    has_probabilities: bool
    look: Look | None


def export_run(
    run: Run | Path | str,
    path: Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    labels: bool = False,
) -> ExportReport:
    """Write predictions on a split, or the catalogue of their vote, in the format of an ending.

    ``npz``
        index, members, votes (members, examples), probabilities (members, examples, classes).
    ``csv``, ``parquet``, ``json``
        A row for each example and member: index, member, vote, p0, p1 and so on.
    ``sqlite``, ``db``
        Tables ``errors``, a row an error with all columns of the query; ``votes``, of each
        member on each example; and ``about``.

    Probabilities are left out where some member has votes alone. The file appears whole or not
    at all.

    Parameters
    ----------
    run : Run or path
    path : path
    split : str
    decision : Decision
        How they vote, for a catalogue.
    members : tuple of str
        Patterns of keys; none for all.
    labels : bool
        Whether the labels of all examples go out too. That is a look at a test split, as a
        catalogue is; predictions alone are none.

    Raises
    ------
    PredictionError
        Another ending, or a decision for a file that holds no catalogue.
    MissingExtraError
        A parquet file without pyarrow.
    MissingError
        No such run, split or member, or predictions are missing.
    StoreError
        The file could not be written.
    """
    path = Path(path)
    chosen = find_format(path)
    check_target(path)
    if decision != DEFAULT and not chosen.has_errors:
        endings = " or ".join(name for name, row in FORMATS.items() if row.has_errors)
        raise PredictionError(
            f"a rule must be for a catalogue, which goes out as {endings}; got {path}."
        )
    run = open_run(run)
    if chosen.has_errors:
        contents, look = _collect_errors(run, split, decision, members, labels)
    else:
        contents, look = _collect_predictions(run, split, members, labels)
    chosen.write(path, contents)
    return ExportReport(
        path=path,
        split=split,
        n_examples=len(contents.predictions.index),
        n_members=len(contents.predictions.members),
        n_errors=None if contents.catalogue is None else len(contents.catalogue),
        has_probabilities=contents.predictions.probabilities is not None,
        look=look,
    )


def _collect_predictions(
    run: Run, split: str, members: tuple[str, ...], labels: bool
) -> tuple[Contents, Look | None]:
    predictions = load_predictions(run, split, members=members)
    if not labels:
        return Contents(run.title, predictions), None
    known = load_labels(
        run,
        split,
        command="export",
        decision=digest_of({"export": "labels"}),
        members=predictions.digest,
        words=f"labels exported{predictions.clause}",
    )
    return Contents(run.title, predictions, labels=known.values), known.look


def _collect_errors(
    run: Run, split: str, decision: Decision, members: tuple[str, ...], labels: bool
) -> tuple[Contents, Look | None]:
    scored = score(run, split, decision, members, command="export")
    contents = Contents(
        run.title,
        scored.predictions.load(),
        labels=scored.labels.values if labels else None,
        catalogue=build_catalogue(scored.predictions, scored.vote, scored.labels),
    )
    return contents, scored.labels.look
