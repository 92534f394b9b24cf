"""Recipes compared by their members, as a reader sees them."""

from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import render_csv, render_json, render_sentence, render_table

if TYPE_CHECKING:
    from ensemble_lab.workflows.recipes import RecipeReport, RecipeRow

__all__ = ["MOST_SENTENCES", "shorten_title", "show_recipes"]

MOST_SENTENCES = 3
"""More pairs than these are told by the table alone."""
_MOST_LETTERS = 36
"""Of a name in a table of 80 columns."""


def show_recipes(report: "RecipeReport", format: str) -> str:
    """Return a comparison of recipes as a table with its sentences, JSON or CSV."""
    from ensemble_lab.workflows.significance_text import tell_recipes

    rows = [_list_recipes(report, pair) for pair in report.pairs]
    if format == "csv":
        return render_csv(rows, list(rows[0]))
    if format == "table":
        return _render_recipes(report)
    recipes = [
        {"name": name, "title": title, "errors": list(errors)}
        for name, title, errors in zip(report.names, report.titles, report.errors, strict=True)
    ]
    head = {"split": report.split, "n_examples": report.n_examples, "recipes": recipes}
    return render_json(head | {"pairs": rows, "sentences": list(tell_recipes(report))})


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

    from ensemble_lab.workflows.significance_text import (
        number_letters,
        render_p,
        render_range,
        tell_recipes,
    )

    letters = number_letters(len(report.titles))
    recipes = [
        {
            "": letter,
            "recipe": shorten_title(title),
            "members": len(errors),
            "errors": f"{fmean(errors):.1f}",
            "sd": f"{stdev(errors):.1f}" if len(errors) > 1 else "–",
        }
        for letter, title, errors in zip(letters, report.titles, report.errors, strict=True)
    ]
    pairs = [
        {
            "pair": f"{letters[each.first]}–{letters[each.second]}",
            "difference": f"{each.found.difference:.1f}",
            "95 %": "–" if each.found.interval is None else render_range(each.found.interval),
            "Welch p": render_p(each.found.welch_p),
            "Holm": render_p(each.welch_holm),
            "permutation p": render_p(each.found.permutation_p),
            "Holm ": render_p(each.permutation_holm),
        }
        for each in report.pairs
    ]
    right = ("errors", "sd", "difference", "Welch p", "Holm", "permutation p", "Holm ")
    parts = [render_table(each, list(each[0]), to_right=right) for each in (recipes, pairs)]
    if len(pairs) <= MOST_SENTENCES:
        parts += [render_sentence(text) for text in tell_recipes(report)]
    parts.append(
        render_sentence(
            f"errors of single members on {report.n_examples:,} examples of {report.split}: "
            "whether another seed makes the difference, on these examples"
        )
    )
    return "\n\n".join(parts)


def shorten_title(title: str) -> str:
    """Return a name that fits its table; its end tells members apart."""
    return title if len(title) <= _MOST_LETTERS else f"…{title[1 - _MOST_LETTERS :]}"
