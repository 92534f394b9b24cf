"""Slices in sentences: which values stand out, and that none does where that is the truth."""

from ensemble_lab.errors.slices import ColumnSlices, Slice
from ensemble_lab.spelling import render_count
from ensemble_lab.workflows.significance import ALPHA
from ensemble_lab.workflows.significance_text import render_p
from ensemble_lab.workflows.slices import SliceReport

__all__ = ["tell_slices"]

_MOST_NAMED = 5


def tell_slices(report: SliceReport) -> tuple[str, ...]:
    """Return a sentence for each column: which slices differ from the rest, or that none does."""
    return tuple(_tell(report, each) for each in report.columns)


def _tell(report: SliceReport, found: ColumnSlices) -> str:
    if not found.slices:
        return f"{found.column}: no value has so many examples."
    first = found.slices[0]
    if found.n_tests == 0:
        return f"{found.column}: all examples have {first.value}; there is no rest to compare with."
    tests = render_count(found.n_tests, "test")
    if not report.errors:
        return f"{found.column}: no errors, so no difference."
    apart = [each for each in found.slices if each.p_holm <= ALPHA]
    if found.n_tests == 1 and len(found.slices) == 2:
        verb = "differs" if apart else "does not differ"
        other = found.slices[1].value
        more = "" if apart else " by more than chance"
        return (
            f"{found.column}: {first.value} {verb} from {other}{more}. It has "
            f"{_describe(report, first)}."
        )
    if not apart:
        return (
            f"{found.column}: no single {found.column} after Holm over {tests}. The most telling "
            f"is {first.value}: {_describe(report, first)}."
        )
    named = ", ".join(each.value for each in apart[:_MOST_NAMED])
    more = f" and {len(apart) - _MOST_NAMED:,} more" if len(apart) > _MOST_NAMED else ""
    is_one = len(apart) == 1
    return (
        f"{found.column}: {named}{more} {'differs' if is_one else 'differ'} from the rest after "
        f"Holm over {tests}. {'It' if is_one else first.value} has {_describe(report, first)}."
    )


def _describe(report: SliceReport, each: Slice) -> str:
    text = (
        f"{each.errors:,} of {report.errors:,} errors in {each.n_examples:,} of "
        f"{report.n_examples:,} examples"
    )
    if each.ratio is None:
        text += ", the rest has none"
    elif each.ratio:
        text += f", {_render_ratio(each.ratio)} times the rate of the rest"
    text += f"; p = {render_p(each.p)}"
    if each.p_holm != each.p:
        text += f", after Holm {render_p(each.p_holm)}"
    if each.p_cluster_holm is not None:
        text += f"; with each {report.cluster} kept whole {render_p(each.p_cluster_holm)}"
        if each.p_holm <= ALPHA < each.p_cluster_holm:
            text += f": single values of {report.cluster} may be all there is to it"
    return text


def _render_ratio(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 10 else f"{ratio:.2g}"
