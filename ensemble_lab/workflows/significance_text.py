"""Comparisons in sentences that a reviewer can quote."""

from statistics import fmean, stdev

from ensemble_lab.spelling import render_count
from ensemble_lab.workflows.recipes import RecipeReport, RecipeRow
from ensemble_lab.workflows.significance import ALPHA, PairRow, SignificanceReport

__all__ = ["number_letters", "render_p", "render_range", "tell_pairs", "tell_recipes"]


def tell_pairs(report: SignificanceReport) -> tuple[str, ...]:
    """Return a sentence or two for each pair of ensembles: counts, tests, intervals, verdict."""
    return tuple(f"{_tell_pair(report, pair)} {_judge(report, pair)}" for pair in report.pairs)


def tell_recipes(report: RecipeReport) -> tuple[str, ...]:
    """Return a sentence or two for each pair of recipes: means, tests, interval, verdict."""
    return tuple(
        f"{_tell_means(report, pair)} {_judge_recipes(report, pair)}" for pair in report.pairs
    )


def _tell_pair(report: SignificanceReport, pair: PairRow) -> str:
    places = (pair.first, pair.second)
    a, b = (number_letters(len(report.ensembles))[place] for place in places)
    first, second = (report.ensembles[place] for place in places)
    found = pair.found
    text = (
        f"{a} ({first.title}) makes {render_count(first.errors, 'error')} and {b} ({second.title}) "
        f"{second.errors:,} on the same {report.n_examples:,} examples of {report.split}; they "
        f"differ on {found.n_discordant:,} ({found.only_first:,} only {a} wrong, "
        f"{found.only_second:,} only {b} wrong); exact McNemar p = {render_p(pair.p)}"
    )
    if len(report.pairs) > 1:
        text += f", after Holm over {len(report.pairs)} pairs {render_p(pair.p_holm)}"
    text += f"; bootstrap 95 % of the difference {render_range(pair.interval)}"
    if pair.cluster_interval is not None:
        text += (
            f" (by {report.cluster}, {report.n_clusters:,} of them, "
            f"{render_range(pair.cluster_interval)})"
        )
    return f"{text}."


def _judge(report: SignificanceReport, pair: PairRow) -> str:
    """Return what the tests say of a pair, and what it would take, were it the only pair."""
    is_one_of_several = len(report.pairs) > 1
    needed = _tell_needed(report, pair)
    if pair.p_holm <= ALPHA:
        verdict = f"This test set tells them apart{_doubt_clusters(report, pair)}"
        # What is shown needs no more examples; another difference may.
        needed = "" if report.difference is None else needed
    elif pair.p <= ALPHA:
        verdict = (
            f"Alone, this pair would be told apart; as one of {len(report.pairs)} pairs it is not"
        )
    elif is_one_of_several:
        verdict = (
            "This test set cannot tell them apart; were it the only pair, "
            f"{_tell_least(pair)}{needed and f', and about {needed}'}"
        )
        return f"{verdict}."
    else:
        verdict = f"This test set cannot tell them apart; {_tell_least(pair)}"
    if not needed:
        return f"{verdict}."
    alone = ", were it the only pair" if is_one_of_several else ""
    return f"{verdict}. About {needed}{alone}."


def _tell_needed(report: SignificanceReport, pair: PairRow) -> str:
    """Return how many examples would show the difference; nothing where there is none."""
    if pair.n_needed is None:
        return ""
    seen = (
        "the difference seen"
        if report.difference is None
        else f"a difference of {report.difference:,} in {report.n_examples:,}"
    )
    return f"{_round_up(pair.n_needed)} such examples would show {seen} with 80 % power"


def _doubt_clusters(report: SignificanceReport, pair: PairRow) -> str:
    """Return a doubt where the tests, which take examples as independent, may see one cluster."""
    if pair.cluster_interval is None:
        return ""
    low, high = pair.cluster_interval
    if low > 0 or high < 0:
        return ""
    return f", but not by {report.cluster}: a few of them may be all the difference"


def _tell_least(pair: PairRow) -> str:
    n = pair.found.n_discordant
    if pair.least_significant is None:
        return f"with {render_count(n, 'discordant example')} no outcome would, it takes 6 to 0"
    fewer = (n - pair.least_significant) // 2
    return f"with {render_count(n, 'discordant example')} it would take {n - fewer:,} to {fewer:,}"


def _tell_means(report: RecipeReport, pair: RecipeRow) -> str:
    letters = number_letters(len(report.titles))
    first, second = report.errors[pair.first], report.errors[pair.second]
    a, b = (f"{letters[place]} ({report.titles[place]})" for place in (pair.first, pair.second))
    found = pair.found
    tests = [("permutation", found.permutation_p, pair.permutation_holm)]
    if found.welch_p is not None and pair.welch_holm is not None:
        tests.insert(0, ("Welch", found.welch_p, pair.welch_holm))
    is_several = len(report.pairs) > 1
    told = ", ".join(
        f"{name} p = {render_p(p)}" + (f" ({render_p(holm)} after Holm)" if is_several else "")
        for name, p, holm in tests
    )
    interval = (
        "" if found.interval is None else f"; 95 % of the difference {render_range(found.interval)}"
    )
    return (
        f"{render_count(len(first), 'member')} of {a} make {_spread(first)} errors and "
        f"{len(second):,} of {b} {_spread(second)} on the same "
        f"{report.n_examples:,} examples of {report.split}; "
        f"{told}{interval}."
    )


def _judge_recipes(report: RecipeReport, pair: RecipeRow) -> str:
    p_values = [p for p in (pair.welch_holm, pair.permutation_holm) if p is not None]
    n_apart = sum(p <= ALPHA for p in p_values)
    if n_apart == len(p_values):
        return "On these examples the recipes differ by more than their seeds do."
    if n_apart:
        return "The tests disagree; more members would settle it."
    return "So many members cannot tell the recipes apart on these examples."


def number_letters(n: int) -> list[str]:
    """Return A, B, … Z for n ensembles, and numbers where these are not enough."""
    return [chr(65 + i) for i in range(n)] if n <= 26 else [str(i + 1) for i in range(n)]


def render_p(p: float | None) -> str:
    """Return a p-value with three places, a small one with a power of ten, – for none.

    Examples
    --------
    >>> render_p(0.30176), render_p(0.00004), render_p(None)
    ('0.302', '4.0e-05', '–')
    """
    if p is None:
        return "–"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def render_range(interval: tuple[float, float]) -> str:
    """Return ``low to high`` with a place at most.

    The minus is the plain one: where a terminal lacks the other, a sign would be lost.

    Examples
    --------
    >>> render_range((-12.04, 3.0))
    '-12 to 3'
    """
    low, high = (f"{value:z,.1f}".removesuffix(".0") for value in interval)
    return f"{low} to {high}"


def _spread(errors: tuple[int, ...]) -> str:
    sd = f" ± {stdev(errors):.1f}" if len(errors) > 1 else ""
    return f"{fmean(errors):.1f}{sd}"


def _round_up(n: int) -> str:
    """Return a number with two digits that count, rounded up: it is no more certain than that."""
    unit = 10 ** max(0, len(str(n)) - 2)
    return f"{-(-n // unit) * unit:,}"
