"""The text of a page: one HTML file with its style, script, data and pictures inside."""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from math import ceil
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import ensemble_lab
from ensemble_lab.analysis.confusion import count_cells
from ensemble_lab.errors.table import Catalogue
from ensemble_lab.figures.html.curve import draw_curve
from ensemble_lab.figures.html.data import render_data
from ensemble_lab.figures.html.filters import (
    MOST_CELLS,
    Choice,
    Choices,
    list_choices,
    list_pairs,
    list_sliders,
)
from ensemble_lab.figures.html.page import Page
from ensemble_lab.figures.html.report import Report
from ensemble_lab.figures.html.sprite import draw_sprite
from ensemble_lab.spelling import render_count

__all__ = ["render_gallery", "render_report"]

_SCRIPT = ("data", "state", "rows", "tiles", "chosen", "controls", "actions", "start")
_STYLE = ("page", "report")


def render_gallery(page: Page) -> str:
    """Return the HTML of a page of pictures. The same page gives the same text."""
    return _render("page.html", page)


def render_report(report: Report) -> str:
    """Return the HTML of a report. The same report gives the same text."""
    return _render("report.html", report.page, report=report, draw_curve=draw_curve)


def _render(name: str, page: Page, **more: Any) -> str:
    """Return the HTML of a template, with all that the gallery in it needs."""
    rows = page.catalogue
    script, style = (_read_all(_SCRIPT, "js"), _read_all(_STYLE, "css"))
    sprite = draw_sprite(page.pictures)
    counted = count_cells(rows.label, rows.predicted, len(page.class_names))
    return (
        _environment()
        .get_template(name)
        .render(
            page=page,
            whose=_tell_vote(rows),
            version=ensemble_lab.__version__,
            # Written by this house, or escaped for the element that they stand in.
            script=Markup(script),
            style=Markup(style),
            data=Markup(render_data(page, sprite)),
            script_hash=_hash_source(script),
            style_hash=_hash_source(style),
            sprite=sprite,
            is_grey=page.pictures.ndim == 3,
            counted=counted,
            most_cells=MOST_CELLS,
            weigh=_Weights(counted),
            pairs=list_pairs(page),
            n_pairs=int(np.count_nonzero(counted) - np.count_nonzero(np.diag(counted))),
            sliders=list_sliders(rows),
            wrong=_count_wrong(rows),
            n_right=int(np.count_nonzero(rows.label == rows.predicted)),
            n_tied=int(np.count_nonzero(rows.is_tied)),
            has_probabilities=page.voices.means is not None,
            facets=[list_choices(facet) for facet in page.facets],
            count=render_count,
            abridge=_abridge,
            **{"report": None} | more,
        )
    )


class _Weights:
    """How strongly a cell of the confusion matrix is coloured: 1 to 4, by the root of its count."""

    def __init__(self, counted: np.ndarray[Any, Any]) -> None:
        off_diagonal = counted - np.diag(np.diagonal(counted))
        self._most = max(1, int(off_diagonal.max(initial=0)))

    def __call__(self, count: int, is_diagonal: bool) -> int:
        return 0 if is_diagonal else ceil(4 * (count / self._most) ** 0.5)


def _tell_vote(rows: Catalogue) -> str:
    if len(rows.members) == 1:
        return f"Member {rows.members[0]}: {rows.decision.text}."
    return f"Vote of {len(rows.members)} members: {rows.decision.text}."


def _count_wrong(rows: Catalogue) -> Choices:
    counts = rows.wrong_members.sum(axis=0).tolist()
    each = zip(range(len(counts)), rows.members, counts, strict=True)
    return Choices("wrong", tuple(Choice(*values) for values in each), len(counts))


def _abridge(count: int) -> str:
    """Return a count in at most four letters."""
    return str(count) if count < 10_000 else f"{count // 1000}k"


def _read_all(names: tuple[str, ...], ending: str) -> str:
    folder = files("ensemble_lab.figures.html") / "templates"
    return "\n" + "\n".join((folder / f"{name}.{ending}").read_text("utf-8") for name in names)


def _hash_source(text: str) -> str:
    """Return what a content security policy calls this very text."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("ensemble_lab.figures.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
