"""The whole story of a vote in one page: members, curve, confusion, pictures, ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ensemble_lab.analysis.confusion import count_cells
from ensemble_lab.analysis.subsets.curve import MAX_MEMBERS, build_curve_of
from ensemble_lab.data.dataset import Split
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import build_catalogue
from ensemble_lab.spelling import render_count
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.workflows.errors import Found
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.ledger import join_ledgers
from ensemble_lab.workflows.metadata import JoinedMetadata, join_metadata
from ensemble_lab.workflows.owners import tell_owners
from ensemble_lab.workflows.page import open_page, render_command
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.scoring import Scored, score
from ensemble_lab.workflows.slice_columns import Cut, SliceQuestion, cut_examples
from ensemble_lab.workflows.slices import slice_scored
from ensemble_lab.workflows.vote import VoteReport, report_vote

if TYPE_CHECKING:
    from ensemble_lab.figures.html.report import Report, Section

__all__ = ["SavedReport", "build_report", "save_report"]


@dataclass(frozen=True)
class SavedReport:
    """The file of a report, and what the ledger did when it was made."""

    path: Path
    look: Look | None


def save_report(
    run: Run | Path | str,
    path: Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    metadata: Sequence[Path | str] = (),
    data_dir: Path | str | None = None,
) -> SavedReport:
    """Write one HTML page that tells all of a vote: one command, one look at the labels.

    Parameters
    ----------
    run : Run or path
    path : path
        Ends in ``.html``.
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for all.
    metadata : sequence of path
        Files with more about the examples, to slice and filter by: see
        `ensemble_lab.workflows.metadata.join_metadata`.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    DataError
        The images are not there, or a file of metadata cannot be read.
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path
    from ensemble_lab.figures.html.files import FORMATS
    from ensemble_lab.figures.html.files import save_report as write

    # What cannot be written must cost no look at the labels.
    check_figure_path(path, what="report", formats=FORMATS)
    run = open_run(run)
    images = load_images(run, split, data_dir=data_dir)
    joined = join_metadata(run, split, metadata, data_dir=data_dir)
    cut = cut_examples(joined, SliceQuestion(split=split))
    load_reviews(run, split)
    scored = score(run, split, decision, members, command="report")
    asked = Question(split=split, decision=decision, members=members)
    made_by = render_command(run, asked, command="report", path=Path(path).name, metadata=metadata)
    write(build_report(run, scored, images, joined=joined, cut=cut, made_by=made_by), path)
    return SavedReport(Path(path), scored.labels.look)


def build_report(
    run: Run,
    scored: Scored,
    images: Split,
    *,
    joined: JoinedMetadata,
    cut: Cut,
    made_by: str,
) -> "Report":
    """Return the report of a vote beside its labels.

    Parameters
    ----------
    run : Run
    scored : Scored
    images : Split
        Of the same split.
    joined : JoinedMetadata
        What else is known of its examples.
    cut : Cut
        By which columns they are sliced.
    made_by : str
        The command, for the page's foot.
    """
    from ensemble_lab.figures.html.report import Report, Section

    predictions, vote, labels = scored.predictions, scored.vote, scored.labels
    told = report_vote(run, scored, load_reviews(run, labels.split))
    rows = build_catalogue(predictions, vote, labels).sort("gap")
    found = Found(
        catalogue=rows,
        n_held=told.errors,
        noun="error",
        clause="",
        n_errors=told.errors,
        n_examples=told.n_examples,
        class_names=run.class_names,
        reviewed=told.reviewed,
        look=labels.look,
    )
    confusion = count_cells(labels.values, vote.predicted, run.n_classes)
    page = open_page(
        run, found, images, predictions.load(), joined=joined, made_by=made_by, confusion=confusion
    )
    matrix = Section(
        "What is taken for what",
        words=("Press a pair of classes to see its images below.",) if told.errors else (),
        has_confusion=True,
    )
    return Report(
        page,
        sections=(
            _tell_vote(told),
            *_tell_curve(run, scored),
            matrix,
            *tell_owners(slice_scored(run, scored, cut)),
        ),
        foot=(_tell_looks(run, scored), _tell_making(scored, images)),
    )


def _tell_vote(told: VoteReport) -> "Section":
    from ensemble_lab.figures.html.report import Section, Table

    rows = [(each.key, each.errors, each.interval, "") for each in told.members]
    rows.append(("vote", told.errors, told.interval, str(told.n_ties)))
    errors = render_count(told.errors, "error")
    words = [f"{errors} in {told.n_examples:,} examples of {told.split}."]
    if told.n_ties and told.band is not None:
        words.append(
            f"Errors with all ties right {told.band.low}, at random {told.band.expected:.1f}, "
            f"wrong {told.band.high}."
        )
    if told.reviewed is not None:
        words.append(f"{told.reviewed.text}.")
    table = Table(
        caption="Errors with their 95 % intervals (Wilson)",
        columns=("member", "errors", "95 %", "accuracy", "ties"),
        rows=tuple(
            (
                name,
                f"{errors:,}",
                f"{low:.1f} to {high:.1f}",
                f"{1 - errors / told.n_examples:.2%}",
                ties,
            )
            for name, errors, (low, high), ties in rows
        ),
        numbers=("errors", "95 %", "accuracy", "ties"),
        whiskers=tuple((low, float(errors), high) for _, errors, (low, high), _ in rows),
        has_total=True,
    )
    return Section("Members and their vote", tuple(words), (table,))


def _tell_curve(run: Run, scored: Scored) -> "tuple[Section, ...]":
    """Return the section of the curve; none where it has one point, or too many."""
    from ensemble_lab.figures.html.report import Section, Table

    voters = scored.predictions.select(scored.vote.decision.members)
    if not 1 < len(voters.members) <= MAX_MEMBERS:
        return ()
    curve = build_curve_of(voters, scored.labels.values)
    columns = ("members", "errors", "sd", "ties right", "ties wrong")
    numbers = zip(curve.k, curve.expected, curve.sd, curve.low, curve.high, strict=True)
    rows = tuple((str(k), *(f"{value:.1f}" for value in values)) for k, *values in numbers)
    table = Table("The numbers of the curve", columns, rows, numbers=columns)
    words = (
        "Majority of k members of this pool; near the right end subsets are nearly the same, "
        "and committees trained afresh differ more."
    )
    return (Section("With fewer members", (words,), (table,), curve),)


def _tell_looks(run: Run, scored: Scored) -> "Section":
    """Return what this run's ledger holds of the test set, this look included."""
    from ensemble_lab.figures.html.report import Section, Table

    title = "What this test set was asked"
    labels = scored.labels
    sets = [each for each in join_ledgers(run.path) if each.labels_sha256 == labels.sha256]
    if labels.look is None or not sets:
        reason = "Nothing is recorded" if labels.look else "Looks are counted on test splits alone"
        return Section(title, (f"{reason}: these are labels of {labels.split}.",))
    (asked,) = sets
    table = Table(
        caption=f"{render_count(len(asked.looks), 'look')}, asked "
        f"{render_count(asked.n_asked, 'time')}, from this run",
        columns=("look", "first", "asked", "purpose", "decision"),
        rows=tuple(
            (str(each.number), each.first[:10], str(each.n_asked), each.purpose, each.words)
            for each in asked.looks
        ),
        numbers=("asked",),
    )
    return Section(title, (), (table,))


def _tell_making(scored: Scored, images: Split) -> "Section":
    from ensemble_lab.figures.html.report import Section, Table

    decision = scored.vote.decision
    digests = (
        ("decision", decision.digest),
        ("predictions", scored.predictions.digest),
        ("labels", scored.labels.sha256),
        ("images", images.images_sha256),
    )
    table = Table("SHA-256", ("of", "digest"), tuple((name, each[:16]) for name, each in digests))
    return Section(
        "What it was made of", (f"{decision.text[:1].upper()}{decision.text[1:]}.",), (table,)
    )
