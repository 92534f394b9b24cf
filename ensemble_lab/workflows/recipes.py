"""Whether recipes differ by more than their seeds do: members' errors, one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from ensemble_lab.analysis.significance.families import adjust_holm
from ensemble_lab.analysis.significance.recipes import RecipeTest, compare_recipes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.ensembles import Asked, choose_look, open_ensembles, score_ensembles

__all__ = ["RecipeReport", "RecipeRow", "compare_member_errors"]


@dataclass(frozen=True)
class RecipeRow:
    """Two recipes by the errors of their members.

    Attributes
    ----------
    first, second : int
        Their places among the recipes.
    found : RecipeTest
    welch_holm : float or None
    permutation_holm : float
        Adjusted for being several.
    """

    first: int
    second: int
    found: RecipeTest
    welch_holm: float | None
    permutation_holm: float


@dataclass(frozen=True)
class RecipeReport:
    """Recipes compared.

    Attributes
    ----------
    split : str
    n_examples : int
    names, titles : tuple of str
        As they were asked for, and as short as they can be.
    errors : tuple of tuple of int
        Of each recipe's members.
    pairs : tuple of RecipeRow
        In the order of `itertools.combinations`.
    look : Look or None
    """

    split: str
    n_examples: int
    names: tuple[str, ...]
    titles: tuple[str, ...]
    errors: tuple[tuple[int, ...], ...]
    pairs: tuple[RecipeRow, ...]
    look: Look | None


def compare_member_errors(
    names: Sequence[Run | Path | str], split: str = "test", *, seed: int = 0
) -> RecipeReport:
    """Compare recipes by the errors of their members, one by one (see `compare_recipes`).

    What is tested is whether other members, of other seeds, would differ on these very examples;
    `ensemble_lab.workflows.significance.compare_ensembles` asks about other examples instead.

    Parameters
    ----------
    names : sequence of Run, path or str
        Two or more, each ``RUN`` or ``RUN:PATTERN``, of members of one recipe.
    split : str
    seed : int
        Of the permutations, where they are too many to try all.

    Raises
    ------
    PredictionError
        Fewer than two recipes, or a member of two.
    MismatchError, MissingError
        As `ensemble_lab.workflows.significance.compare_ensembles`.
    """
    asked = open_ensembles(names, split)
    _check_apart(asked)
    found = score_ensembles(asked, command="significance")
    places = list(combinations(range(len(found)), 2))
    tests = [
        compare_recipes(found[a].member_errors, found[b].member_errors, seed=seed)
        for a, b in places
    ]
    known = [place for place, test in enumerate(tests) if test.welch_p is not None]
    welch = adjust_holm([test.welch_p for test in tests if test.welch_p is not None])
    by_place = dict(zip(known, welch, strict=True))
    permuted = adjust_holm([test.permutation_p for test in tests])
    return RecipeReport(
        split=split,
        n_examples=len(found[0].is_wrong),
        names=tuple(each.name for each in found),
        titles=tuple(each.title for each in found),
        errors=tuple(tuple(each.member_errors.tolist()) for each in found),
        pairs=tuple(
            RecipeRow(a, b, tests[place], by_place.get(place), permuted[place])
            for place, (a, b) in enumerate(places)
        ),
        look=choose_look(found),
    )


def _check_apart(asked: tuple[Asked, ...]) -> None:
    """Refuse a member of two recipes: it would be compared with itself."""
    owners: dict[tuple[Path, str], int] = {}
    for place, each in enumerate(asked):
        for voter in find_voters(each.run, each.record, each.members):
            owner = owners.setdefault((each.run.path.resolve(), voter.key), place)
            if owner != place:
                raise PredictionError(
                    f"recipes must share no member; got {voter.key} in {asked[owner].name} and in "
                    f"{each.name}."
                )
