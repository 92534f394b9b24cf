"""Whose the errors are, as sections of a report."""

from typing import TYPE_CHECKING

from ensemble_lab.errors.slices import ColumnSlices, Slice
from ensemble_lab.workflows.significance_text import render_p
from ensemble_lab.workflows.slices import SliceReport
from ensemble_lab.workflows.slices_text import tell_slices

if TYPE_CHECKING:
    from ensemble_lab.figures.html.report import Section, Table

__all__ = ["tell_owners"]

_MOST_ROWS = 10


def tell_owners(report: SliceReport) -> "tuple[Section, ...]":
    """Return the section of the slices; none where there is no error to belong to anyone."""
    from ensemble_lab.figures.html.report import Section

    if not report.errors:
        return ()
    words = (*tell_slices(report), *(f"{note[:1].upper()}{note[1:]}." for note in report.notes))
    tables = tuple(_tabulate(report, each) for each in report.columns if each.slices)
    return (Section("Whose the errors are", words, tables, is_wide=True),)


def _tabulate(report: SliceReport, found: ColumnSlices) -> "Table":
    from ensemble_lab.figures.html.report import Table

    shown = found.slices[:_MOST_ROWS]
    n_more = len(found.slices) - len(shown)
    more = f"; {n_more:,} more have less evidence" if n_more else ""
    has_clusters = any(each.p_cluster_holm is not None for each in found.slices)
    columns: tuple[str, ...] = (
        found.column,
        "examples",
        "errors",
        "rate",
        "95 %",
        "p",
        "after Holm",
    )
    if has_clusters:
        columns += (f"{report.cluster} whole",)
    return Table(
        caption=f"Errors by {found.column}, each value against the rest{more}",
        columns=columns,
        rows=tuple(_list_cells(each)[: len(columns)] for each in shown),
        numbers=columns[1:],
        whiskers=tuple((100 * each.low, 100 * each.rate, 100 * each.high) for each in shown),
        unit=" %",
    )


def _list_cells(each: Slice) -> tuple[str, ...]:
    whole = "" if each.p_cluster_holm is None else render_p(each.p_cluster_holm)
    return (
        each.value,
        f"{each.n_examples:,}",
        f"{each.errors:,}",
        f"{each.rate:.2%}",
        f"{each.low:.2%} to {each.high:.2%}",
        render_p(each.p),
        render_p(each.p_holm),
        whole,
    )
