"""The page of what a question found: its pictures, its members' votes, what is known of them."""

import shlex
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensemble_lab.arrays import Index
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_metadata
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import DataError, MissingExtraError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.store.predictions import Predictions
from ensemble_lab.store.run import Run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.errors import Found, Question

if TYPE_CHECKING:
    from ensemble_lab.figures.html.page import Facet, Page

__all__ = ["load_facets", "open_page", "render_command"]

_COLUMNS = ("series", "writer")
"""Of what sources tell of an example, that by which one would look at errors."""


def open_page(
    run: Run,
    found: Found,
    images: Split,
    predictions: Predictions,
    *,
    made_by: str,
    confusion: Index | None = None,
    data_dir: Path | str | None = None,
) -> "Page":
    """Return the page of the rows that were found.

    Parameters
    ----------
    run : Run
    found : Found
    images : Split
    predictions : Predictions
        Of the same split, and of the members that voted at least.
    made_by : str
        The command, for the page's foot.
    confusion : int64 (classes, classes), optional
        Of the whole split.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.
    """
    from ensemble_lab.figures.html.page import build_page

    rows = found.catalogue
    return build_page(
        rows,
        images,
        predictions,
        name=run.name,
        n_errors=found.n_errors,
        n_examples=found.n_examples,
        class_names=found.class_names,
        confusion=confusion,
        facets=load_facets(run, rows, data_dir=data_dir),
        question=made_by,
    )


def load_facets(
    run: Run, rows: Catalogue, *, data_dir: Path | str | None = None
) -> "tuple[Facet, ...]":
    """Return what the run's source tells of each row: nothing where it knows nothing."""
    from ensemble_lab.figures.html.page import Facet

    record = load_record(run, rows.split)
    source, name = parse_data(record.source["data"]), str(record.source["split"])
    try:
        metadata = load_metadata(source, name, Path(data_dir) if data_dir else None)
    except (DataError, MissingExtraError):
        # Pictures can be looked at without it; who needs it asks by slices, which refuses.
        return ()
    if metadata is None:
        return ()
    known = metadata.take_index(rows.index) if len(rows) else None
    return tuple(
        Facet(name, tuple(map(str, known.column(name).tolist())) if known else ())
        for name in _COLUMNS
        if name in metadata.names
    )


def render_command(run: Run | Path, question: Question, *, command: str, path: Path | str) -> str:
    """Return the command line that asks a question.

    Examples
    --------
    >>> render_command(Path("runs/a b"), Question(pair=((4, 9),)), command="gallery", path="e.html")
    "ensemble-lab gallery 'runs/a b' --pair 4:9 -o e.html"
    """
    folder = run.path if isinstance(run, Run) else run
    words = ["ensemble-lab", command, str(folder)]
    for field in fields(question):
        value = getattr(question, field.name)
        if field.name == "decision":
            words += _write_decision(value)
        elif value != field.default:
            words += _write_option(field.name.replace("_", "-"), value)
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
