r"""Say whether ensembles differ by more than chance.

An ensemble is RUN, the vote of all its members, or RUN:PATTERN[,PATTERN], of those whose keys
match; one key is one member. RUN@VARIANT asks them in a variant of their predictions. Their votes
are compared on the same test examples: McNemar's exact test of each pair, adjusted by Holm for
being several, and a bootstrap interval of the difference, with whole writers drawn anew where they
are known. That is about these nets on other images. Whether another seed of a recipe makes the
difference is asked by --by member: Welch's test and a permutation test of the members' errors, on
these images. Examples:

\b
  ensemble-lab significance checkpoints/light checkpoints/cnn3
  ensemble-lab significance RUN:light-0000 RUN:light-0001 RUN
  ensemble-lab significance RUN:light-0000 RUN --difference 5
  ensemble-lab significance RUN:'light-*' RUN:'cnn3-*' --by member
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import DataDir, Rule, SplitName, Ties, build_decision
from ensemble_lab.cli.output import (
    DataFormat,
    note,
    note_look,
    render_csv,
    render_json,
    render_sentence,
    render_table,
)
from ensemble_lab.cli.recipes_table import MOST_SENTENCES, shorten_title, show_recipes

if TYPE_CHECKING:
    from ensemble_lab.workflows.significance import PairRow, SignificanceReport

__all__ = ["command"]

_RULE, _TIES = "majority", "mean-probability"


_By = Annotated[
    Literal["vote", "member"],
    Option("--by", help="Compare votes, or the errors of members one by one."),
]
_Interval = Annotated[
    Literal["wilson", "clopper-pearson"],
    Option("--interval", help="Of each ensemble's errors."),
]
_Cluster = Annotated[
    str | None,
    Option(
        "--cluster",
        metavar="COLUMN",
        help="What is drawn anew as a whole, such as writer or series; writer where it is known.",
        show_default=False,
    ),
]
_Difference = Annotated[
    int | None,
    Option(
        "--difference",
        min=1,
        metavar="ERRORS",
        help="Say how many examples would show this difference; the one seen unless given.",
        show_default=False,
    ),
]


def command(
    ensembles: Annotated[
        list[str],
        Argument(metavar="RUN[@VARIANT][:PATTERN] …", help="Two or more.", show_default=False),
    ],
    split: SplitName = "test",
    rule: Rule = _RULE,
    ties: Ties = _TIES,
    by: _By = "vote",
    interval: _Interval = "wilson",
    cluster: _Cluster = None,
    difference: _Difference = None,
    seed: Annotated[int, Option("--seed", min=0, metavar="N", help="Of the resampling.")] = 0,
    data_dir: DataDir = None,
    format: DataFormat = "table",
) -> None:
    """Say whether ensembles differ by more than chance."""
    if by == "member":
        _refuse_of_votes(rule, ties, interval, cluster, difference)
        from ensemble_lab.workflows.recipes import compare_member_errors

        recipes = compare_member_errors(ensembles, split, seed=seed)
        print(show_recipes(recipes, format))
        note_look(recipes.look)
        return
    from ensemble_lab.workflows.significance import compare_ensembles

    report = compare_ensembles(
        ensembles,
        split,
        build_decision(rule, ties),
        interval=interval,
        cluster=cluster,
        difference=difference,
        data_dir=data_dir,
        seed=seed,
    )
    print(_show(report, format))
    if report.cluster_note:
        note(f"no interval by writer: {report.cluster_note}")
    note_look(report.look)


def _refuse_of_votes(
    rule: str, ties: str, interval: str, cluster: str | None, difference: int | None
) -> None:
    """Refuse what is about votes where members are compared one by one."""
    asked = {
        "--rule": rule != _RULE,
        "--ties": ties != _TIES,
        "--interval": interval != "wilson",
        "--cluster": cluster is not None,
        "--difference": difference is not None,
    }
    for option, is_asked in asked.items():
        if is_asked:
            raise UsageError(f"{option} is about votes; leave it out with --by member")


def _show(report: "SignificanceReport", format: str) -> str:
    if format == "csv":
        rows = [_list_pair(report, pair) for pair in report.pairs]
        return render_csv(rows, list(rows[0]))
    return render_json(_list_values(report)) if format == "json" else _render(report)


def _list_values(report: "SignificanceReport") -> dict[str, Any]:
    from ensemble_lab.workflows.significance_text import tell_pairs

    values = asdict(report)
    del values["look"]
    return values | {
        "ensembles": [
            asdict(each) | {"decision": each.decision.to_json()} for each in report.ensembles
        ],
        "sentences": list(tell_pairs(report)),
    }


def _list_pair(report: "SignificanceReport", pair: "PairRow") -> dict[str, Any]:
    low, high = pair.interval
    cluster_low, cluster_high = pair.cluster_interval or (None, None)
    return {
        "first": report.ensembles[pair.first].name,
        "second": report.ensembles[pair.second].name,
        "only_first": pair.found.only_first,
        "only_second": pair.found.only_second,
        "both": pair.found.both,
        "p": pair.p,
        "p_holm": pair.p_holm,
        "low": low,
        "high": high,
        "cluster_low": cluster_low,
        "cluster_high": cluster_high,
        "least_significant": pair.least_significant,
        "n_needed": pair.n_needed,
    }


def _render(report: "SignificanceReport") -> str:
    from ensemble_lab.workflows.significance_text import number_letters, render_p, tell_pairs

    letters = number_letters(len(report.ensembles))
    ensembles = [
        {
            "": letter,
            "ensemble": shorten_title(each.title),
            "members": each.n_members,
            "errors": each.errors,
            "errors, 95 %": f"{each.interval[0]:.1f} to {each.interval[1]:.1f}",
        }
        for letter, each in zip(letters, report.ensembles, strict=True)
    ]
    parts = [render_table(ensembles, list(ensembles[0]))]
    if report.cochran is not None:
        test = report.cochran
        degrees = f"{test.degrees} degrees of freedom"
        parts.append(
            f"Cochran's Q of all {len(letters)}: {test.statistic:.1f} with {degrees}, "
            f"p = {render_p(test.p)}"
        )
    rows = [_row(report, letters, pair) for pair in report.pairs]
    parts.append(render_table(rows, list(rows[0]), to_right=("p", "Holm")))
    if len(rows) <= MOST_SENTENCES:
        parts += [render_sentence(text) for text in tell_pairs(report)]
    else:
        parts[-1] += "\n--format json tells each pair in a sentence"
    decisions = " or ".join(dict.fromkeys(each.decision.text for each in report.ensembles))
    parts.append(render_sentence(f"{report.n_examples:,} examples of {report.split}; {decisions}"))
    return "\n\n".join(parts)


def _row(report: "SignificanceReport", letters: list[str], pair: "PairRow") -> dict[str, Any]:
    from ensemble_lab.workflows.significance_text import render_p, render_range

    row = {
        "pair": f"{letters[pair.first]}–{letters[pair.second]}",
        "first only": pair.found.only_first,
        "second only": pair.found.only_second,
        "p": render_p(pair.p),
        "Holm": render_p(pair.p_holm),
        "difference": render_range(pair.interval),
    }
    if pair.cluster_interval is not None:
        row[f"by {report.cluster}"] = render_range(pair.cluster_interval)
    return row
