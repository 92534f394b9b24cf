r"""Say whether ensembles differ by more than chance.

An ensemble is RUN, the vote of all its members, or RUN:PATTERN, of those whose keys match; one key
is one member. Their votes are compared on the same test examples: McNemar's exact test of each
pair, adjusted by Holm for being several, and a bootstrap interval of the difference, with whole
writers drawn anew where they are known. That is about these nets on other images. Whether another
seed of a recipe makes the difference is asked by --by member: Welch's test and a permutation test
of the members' errors, on these images. Examples:

\b
  ensemble-lab significance checkpoints/light checkpoints/cnn3
  ensemble-lab significance RUN:light-0000 RUN:light-0001 RUN
  ensemble-lab significance RUN:'light-*' RUN:'cnn3-*' --by member
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

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

if TYPE_CHECKING:
    from ensemble_lab.workflows.significance import (
        PairRow,
        RecipeReport,
        RecipeRow,
        SignificanceReport,
    )

__all__ = ["command"]

_MOST_SENTENCES = 3
"""More pairs than these are told by the table alone."""


def command(
    ensembles: Annotated[
        list[str],
        typer.Argument(metavar="RUN[:PATTERN] …", help="Two or more.", show_default=False),
    ],
    split: SplitName = "test",
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    by: Annotated[
        Literal["vote", "member"],
        typer.Option("--by", help="Compare votes, or the errors of members one by one."),
    ] = "vote",
    interval: Annotated[
        Literal["wilson", "clopper-pearson"],
        typer.Option("--interval", help="Of each ensemble's errors."),
    ] = "wilson",
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="COLUMN",
            help="What is drawn anew as a whole, such as writer or series; writer where it is "
            "known.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the bootstrap.")] = 0,
    data_dir: DataDir = None,
    format: DataFormat = "table",
) -> None:
    """Say whether ensembles differ by more than chance."""
    from ensemble_lab.workflows.significance import compare_ensembles, compare_member_errors

    names = tuple(ensembles)
    if by == "member":
        recipes = compare_member_errors(names, split, seed=seed)
        print(_show_recipes(recipes, format))
        note_look(recipes.look)
        return
    report = compare_ensembles(
        names,
        split,
        build_decision(rule, ties),
        interval=interval,
        cluster=cluster,
        data_dir=data_dir,
        seed=seed,
    )
    if format == "json":
        print(render_json(_list_values(report)))
    elif format == "csv":
        rows = [_list_pair(report, pair) for pair in report.pairs]
        print(render_csv(rows, list(rows[0])))
    else:
        print(_render(report))
    if report.cluster_note:
        note(f"no interval by writer: {report.cluster_note}")
    note_look(report.look)


def _list_values(report: "SignificanceReport") -> dict[str, Any]:
    values = asdict(report)
    del values["look"]
    return values | {
        "ensembles": [
            asdict(each) | {"decision": each.decision.to_json()} for each in report.ensembles
        ],
        "sentences": [_say_pair(report, pair) for pair in report.pairs],
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
    letters = _letter(len(report.ensembles))
    parts = [
        render_table(
            [
                {
                    "": letter,
                    "ensemble": _shorten(each.name),
                    "members": each.n_members,
                    "errors": each.errors,
                    "errors, 95 %": f"{each.interval[0]:.1f} to {each.interval[1]:.1f}",
                }
                for letter, each in zip(letters, report.ensembles, strict=True)
            ],
            ["", "ensemble", "members", "errors", "errors, 95 %"],
        )
    ]
    if report.cochran is not None:
        test = report.cochran
        parts.append(
            f"Cochran's Q of all {len(letters)}: {test.statistic:.1f} with {test.degrees} degrees "
            f"of freedom, p = {_render_p(test.p)}"
        )
    rows = [_tell_pair(letters, pair) for pair in report.pairs]
    columns = list(rows[0])
    if report.cluster is None:
        columns.remove("by cluster")
    text = render_table(rows, columns, to_right=("p", "Holm"))
    parts.append(text.replace("by cluster", f"by {report.cluster}".ljust(10)))
    if len(report.pairs) <= _MOST_SENTENCES:
        parts += [render_sentence(_say_pair(report, pair)) for pair in report.pairs]
    return "\n\n".join(parts)


def _tell_pair(letters: list[str], pair: "PairRow") -> dict[str, Any]:
    return {
        "pair": f"{letters[pair.first]}–{letters[pair.second]}",
        "first only": pair.found.only_first,
        "second only": pair.found.only_second,
        "p": _render_p(pair.p),
        "Holm": _render_p(pair.p_holm),
        "difference": _render_range(pair.interval),
        "by cluster": "" if pair.cluster_interval is None else _render_range(pair.cluster_interval),
    }


def _say_pair(report: "SignificanceReport", pair: "PairRow") -> str:
    """Return what a reviewer could quote."""
    letters = _letter(len(report.ensembles))
    first, second = letters[pair.first], letters[pair.second]
    errors = [report.ensembles[place].errors for place in (pair.first, pair.second)]
    found = pair.found
    text = (
        f"{first} makes {errors[0]} errors and {second} {errors[1]} on the same "
        f"{report.n_examples:,} examples; {found.only_first} are {first}'s alone and "
        f"{found.only_second} {second}'s alone (exact McNemar p = {_render_p(pair.p)}"
    )
    if len(report.pairs) > 1:
        text += f", {_render_p(pair.p_holm)} after Holm over {len(report.pairs)} pairs"
    text += f"; 95 % bootstrap interval of the difference {_render_range(pair.interval)}"
    if pair.cluster_interval is not None:
        text += (
            f", by {report.cluster} ({report.n_clusters} of them) "
            f"{_render_range(pair.cluster_interval)}"
        )
    return f"{text}). {_judge(report, pair)}"


def _judge(report: "SignificanceReport", pair: "PairRow") -> str:
    from ensemble_lab.workflows.significance import ALPHA

    if pair.p_holm <= ALPHA:
        return "This test set tells them apart."
    n = pair.found.n_discordant
    verdict = "This test set cannot tell them apart: "
    if pair.least_significant is None:
        examples = "1 example" if n == 1 else f"{n} examples"
        verdict += f"they differ on {examples}, and it takes 6 at least"
    else:
        fewer = (n - pair.least_significant) // 2
        verdict += f"of {n} on which they differ it would take {n - fewer} to {fewer}"
    if pair.n_needed is None:
        return f"{verdict}."
    return (
        f"{verdict}; a difference like this one would show on about {_round_up(pair.n_needed)} "
        "examples (80 % power)."
    )


def _show_recipes(report: "RecipeReport", format: str) -> str:
    rows = [_list_recipes(report, pair) for pair in report.pairs]
    if format == "json":
        recipes = [
            {"name": name, "errors": list(errors)}
            for name, errors in zip(report.names, report.errors, strict=True)
        ]
        head = {"split": report.split, "n_examples": report.n_examples, "recipes": recipes}
        return render_json(head | {"pairs": rows})
    if format == "csv":
        return render_csv(rows, list(rows[0]))
    return _render_recipes(report)


def _list_recipes(report: "RecipeReport", pair: "RecipeRow") -> dict[str, Any]:
    low, high = pair.found.interval or (None, None)
    return {
        "first": report.names[pair.first],
        "second": report.names[pair.second],
        "difference": pair.found.difference,
        "low": low,
        "high": high,
        "welch_p": pair.found.welch_p,
        "welch_holm": pair.welch_holm,
        "permutation_p": pair.found.permutation_p,
        "permutation_holm": pair.permutation_holm,
        "n_permutations": pair.found.n_permutations,
    }


def _render_recipes(report: "RecipeReport") -> str:
    from statistics import fmean, stdev

    letters = _letter(len(report.names))
    recipes = [
        {
            "": letter,
            "recipe": _shorten(name),
            "members": len(errors),
            "errors": f"{fmean(errors):.1f}",
            "sd": f"{stdev(errors):.1f}" if len(errors) > 1 else "–",
        }
        for letter, name, errors in zip(letters, report.names, report.errors, strict=True)
    ]
    pairs = [
        {
            "pair": f"{letters[each.first]}–{letters[each.second]}",
            "difference": f"{each.found.difference:.1f}".replace("-", "−"),
            "95 %": "–" if each.found.interval is None else _render_range(each.found.interval),
            "Welch p": _render_p(each.found.welch_p),
            "Holm": _render_p(each.welch_holm),
            "permutation p": _render_p(each.found.permutation_p),
            "Holm ": _render_p(each.permutation_holm),
        }
        for each in report.pairs
    ]
    right = ["errors", "sd", "difference", "Welch p", "Holm", "permutation p", "Holm "]
    first = render_table(recipes, list(recipes[0]), to_right=right)
    second = render_table(pairs, list(pairs[0]), to_right=right)
    end = render_sentence(
        f"errors of single members on {report.n_examples:,} examples of {report.split}: whether "
        "another seed makes the difference, on these examples"
    )
    return f"{first}\n\n{second}\n{end}"


def _letter(n: int) -> list[str]:
    """Return A, B, … Z, and numbers where these are not enough."""
    return [chr(65 + i) for i in range(n)] if n <= 26 else [str(i + 1) for i in range(n)]


def _shorten(name: str) -> str:
    """Return an ensemble's name without the folders that its run lies in."""
    folder, colon, pattern = name.rpartition(":") if not Path(name).is_dir() else (name, "", "")
    return f"{Path(folder or name).name}{colon}{pattern}" if folder else Path(name).name


def _render_p(p: float | None) -> str:
    if p is None:
        return "–"
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1e}"


def _render_range(interval: tuple[float, float]) -> str:
    low, high = (f"{round(value, 1) + 0:g}".replace("-", "−") for value in interval)
    return f"{low} to {high}"


def _round_up(n: int) -> str:
    """Return a number with two digits that count, rounded up: it is no more certain than that."""
    unit = 10 ** max(0, len(str(n)) - 2)
    return f"{-(-n // unit) * unit:,}"
