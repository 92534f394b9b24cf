"""The page of what a question found: its pictures, its members' votes, what is known of them."""

import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensemble_lab.arrays import Index
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.metadata import UNKNOWN, Metadata
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.errors.review_range import Judged, judge_labels
from ensemble_lab.store.predictions import Predictions
from ensemble_lab.store.reviews import load_reviews
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.errors import Found
from ensemble_lab.workflows.metadata import JoinedMetadata
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.slice_columns import CATALOGUE_NUMBERS

if TYPE_CHECKING:
    from ensemble_lab.figures.html.page import Facet, Page

__all__ = ["build_facets", "open_page", "render_command"]

_REVIEW = "label review"


def open_page(
    run: Run,
    found: Found,
    images: Split,
    predictions: Predictions,
    *,
    joined: JoinedMetadata,
    made_by: str,
    confusion: Index | None = None,
) -> "Page":
    """Return the page of the rows that were found.

    Parameters
    ----------
    run : Run
    found : Found
    images : Split
    predictions : Predictions
        Of the same split, and of the members that voted at least.
    joined : JoinedMetadata
        What else is known of the split's examples.
    made_by : str
        The command, for the page's foot.
    confusion : int64 (classes, classes), optional
        Of the whole split.
    """
    from ensemble_lab.figures.html.page import build_page

    rows = found.catalogue
    judged = judge_labels(load_reviews(run, rows.split))
    said = {each.index: "; ".join(review.text for review in each.reviews) for each in judged}
    return build_page(
        rows,
        images,
        predictions,
        name=run.title,
        n_errors=found.n_errors,
        n_examples=found.n_examples,
        class_names=found.class_names,
        confusion=confusion,
        facets=build_facets(rows, joined.metadata, judged),
        notes=tuple(said.get(index, "") for index in rows.indices) if said else (),
        question=made_by,
    )


def build_facets(
    rows: Catalogue, metadata: Metadata | None, judged: Sequence[Judged]
) -> "tuple[Facet, ...]":
    """Return what is known of each row, by which one would look at errors.

    Parameters
    ----------
    rows : Catalogue
    metadata : Metadata or None
        Holds every index of the rows.
    judged : sequence of Judged
        What people say of labels of the split; no facet where they say nothing.
    """
    from ensemble_lab.figures.html.page import Facet

    facets = []
    if metadata is not None and len(rows):
        facets = [
            Facet(_name(column.name), tuple(_blank(text) for text in column.texts))
            for column in metadata.take_index(rows.index).columns
            if column.name not in CATALOGUE_NUMBERS
        ]
    if judged:
        said = {each.index: _sum_up(each) for each in judged}
        facets.append(Facet(_REVIEW, tuple(said.get(index, "") for index in rows.indices)))
    return tuple(facets)


def _name(column: str) -> str:
    # Ours is beside it as soon as somebody records a verdict.
    return f"{column} of metadata" if column == _REVIEW else column


def _blank(text: str) -> str:
    return "" if text == UNKNOWN else text


def _sum_up(judged: Judged) -> str:
    """Return the verdict that more authors gave than all others together, if there is one."""
    (verdict, count), *_ = judged.counts.most_common(1)
    return verdict if 2 * count > len(judged.reviews) else "divided"


def render_command(
    run: Run | Path,
    question: Question,
    *,
    command: str,
    path: Path | str,
    metadata: Sequence[Path | str] = (),
) -> str:
    """Return the command line that asks a question.

    Examples
    --------
    >>> render_command(Path("runs/a b"), Question(pair=((4, 9),)), command="gallery", path="e.html")
    "ensemble-lab gallery 'runs/a b' --pair 4:9 -o e.html"
    """
    folder = run.address if isinstance(run, Run) else run
    words = ["ensemble-lab", command, str(folder)]
    for field in fields(question):
        value = getattr(question, field.name)
        if field.name == "decision":
            words += _write_decision(value)
        elif value != field.default:
            words += _write_option(field.name.replace("_", "-"), value)
    for file in metadata:
        words += ["--metadata", str(file)]
    return shlex.join([*words, "-o", str(path)])


def _write_decision(decision: Decision) -> list[str]:
    if decision.members or decision.weights:
        return ["--decision", f"{decision.digest[:12]}"]
    words = [] if decision.rule == DEFAULT.rule else ["--rule", decision.rule]
    is_default = decision.tie_policy == DEFAULT.tie_policy
    return words if is_default else [*words, "--ties", decision.tie_policy]


def _write_option(name: str, value: Any) -> list[str]:
    if value is True:
        return [f"--{name}"]
    values = value if isinstance(value, tuple) else (value,)
    return [word for each in values for word in (f"--{name}", _write_value(each))]


def _write_value(value: Any) -> str:
    return ":".join(map(str, value)) if isinstance(value, tuple) else str(value)
