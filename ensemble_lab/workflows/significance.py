"""Whether ensembles, or recipes, differ by more than chance on a test set."""

from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.bootstrap import N_RESAMPLES, bootstrap_clusters, bootstrap_examples
from ensemble_lab.analysis.families import CochranQ, adjust_holm, compare_cochran
from ensemble_lab.analysis.intervals import INTERVALS
from ensemble_lab.analysis.paired import (
    Discordance,
    count_discordant,
    examples_needed,
    least_significant,
    mcnemar_exact,
)
from ensemble_lab.analysis.recipes import RecipeTest, compare_recipes
from ensemble_lab.arrays import Array
from ensemble_lab.data.loading import load_metadata
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import DataError, MissingExtraError, PredictionError
from ensemble_lab.spec.data import parse_data
from ensemble_lab.spelling import closest
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.ensembles import Ensemble, load_ensembles

__all__ = [
    "ALPHA",
    "EnsembleRow",
    "PairRow",
    "RecipeReport",
    "RecipeRow",
    "SignificanceReport",
    "compare_ensembles",
    "compare_member_errors",
]

ALPHA = 0.05
_CLUSTER = "writer"
_FEWEST = 2


@dataclass(frozen=True)
class EnsembleRow:
    """One ensemble.

    Attributes
    ----------
    name : str
    n_members, errors : int
    interval : tuple of float
        95 % interval of the errors: (low, high).
    decision : Decision
    """

    name: str
    n_members: int
    errors: int
    interval: tuple[float, float]
    decision: Decision


@dataclass(frozen=True)
class PairRow:
    """Two ensembles on the same examples.

    Attributes
    ----------
    first, second : int
        Their places among the ensembles.
    found : Discordance
    p, p_holm : float
        McNemar's exact, alone and as one of all pairs.
    interval : tuple of float
        95 % bootstrap interval of the difference in errors, the first's less the second's.
    cluster_interval : tuple of float or None
        The same with whole clusters drawn anew.
    least_significant : int or None
        The least difference that these many discordant examples could show at 5 %.
    n_needed : int or None
        Test examples that would show a difference like this one with 80 % power.
    """

    first: int
    second: int
    found: Discordance
    p: float
    p_holm: float
    interval: tuple[float, float]
    cluster_interval: tuple[float, float] | None
    least_significant: int | None
    n_needed: int | None


@dataclass(frozen=True)
class SignificanceReport:
    """Ensembles compared.

    Attributes
    ----------
    split : str
    n_examples : int
    interval_method : str
    ensembles : tuple of EnsembleRow
    cochran : CochranQ or None
        Of three or more.
    pairs : tuple of PairRow
        In the order of `itertools.combinations`.
    cluster : str or None
        What the clusters are.
    n_clusters : int
    cluster_note : str
        Why there are none, where that is no matter of course.
    n_resamples : int
    look : Look or None
        What the ledger did with the last of them.
    """

    split: str
    n_examples: int
    interval_method: str
    ensembles: tuple[EnsembleRow, ...]
    cochran: CochranQ | None
    pairs: tuple[PairRow, ...]
    cluster: str | None
    n_clusters: int
    cluster_note: str
    n_resamples: int
    look: Look | None


@dataclass(frozen=True)
class RecipeRow:
    """Two recipes by the errors of their members.

    Attributes
    ----------
    first, second : int
        Their places among the ensembles.
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
    names : tuple of str
    errors : tuple of tuple of int
        Of each recipe's members.
    pairs : tuple of RecipeRow
    look : Look or None
    """

    split: str
    n_examples: int
    names: tuple[str, ...]
    errors: tuple[tuple[int, ...], ...]
    pairs: tuple[RecipeRow, ...]
    look: Look | None


def compare_ensembles(
    names: tuple[str, ...],
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    interval: str = "wilson",
    cluster: str | None = None,
    data_dir: Path | str | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> SignificanceReport:
    """Compare the votes of ensembles on the same examples.

    Parameters
    ----------
    names : tuple of str
        Two or more, each ``RUN`` or ``RUN:PATTERN``: see `load_ensembles`.
    split : str
    decision : Decision
    interval : {"wilson", "clopper-pearson"}
        Of each ensemble's errors.
    cluster : str, optional
        Column of the data set's metadata whose values are drawn anew as a whole; ``writer``
        where it is known, unless given.
    data_dir : path, optional
        Folder with the metadata; looked for unless given.
    n_resamples, seed : int
        Of the bootstrap.

    Raises
    ------
    PredictionError
        Fewer than two ensembles, or an unknown interval.
    MismatchError
        Splits that differ.
    DataError
        A `cluster` was asked for and is not known.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    _check_several(names)
    if interval not in INTERVALS:
        raise PredictionError(
            f"interval must be one of {', '.join(INTERVALS)}; got {interval!r}"
            + closest(interval, INTERVALS)
        )
    folder = Path(data_dir) if data_dir else None
    found = load_ensembles(names, split, decision, command="significance")
    clusters, note = _find_clusters(found[0], split, cluster, folder)
    wrong = np.array([each.is_wrong for each in found])
    return SignificanceReport(
        split=split,
        n_examples=wrong.shape[1],
        interval_method=interval,
        ensembles=tuple(
            EnsembleRow(
                name=each.name,
                n_members=len(each.members),
                errors=each.errors,
                interval=INTERVALS[interval](each.errors, wrong.shape[1]),
                decision=each.decision,
            )
            for each in found
        ),
        cochran=compare_cochran(wrong) if len(found) > _FEWEST else None,
        pairs=_compare_pairs(wrong, clusters, n_resamples, seed),
        cluster=None if clusters is None else (cluster or _CLUSTER),
        n_clusters=0 if clusters is None else len(np.unique(clusters)),
        cluster_note=note,
        n_resamples=n_resamples,
        look=found[-1].look,
    )


def compare_member_errors(
    names: tuple[str, ...], split: str = "test", *, seed: int = 0
) -> RecipeReport:
    """Compare recipes by the errors of their members, one by one (see `compare_recipes`).

    Parameters
    ----------
    names : tuple of str
        Two or more, each ``RUN`` or ``RUN:PATTERN``, of members of one recipe.
    split : str
    seed : int
        Of the permutations, where they are too many to try all.

    Raises
    ------
    PredictionError
        Fewer than two recipes.
    MismatchError, MissingError
        As `compare_ensembles`.
    """
    _check_several(names)
    found = load_ensembles(names, split, command="significance")
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
        names=names,
        errors=tuple(tuple(each.member_errors.tolist()) for each in found),
        pairs=tuple(
            RecipeRow(a, b, tests[place], by_place.get(place), permuted[place])
            for place, (a, b) in enumerate(places)
        ),
        look=found[-1].look,
    )


def _check_several(names: tuple[str, ...]) -> None:
    if len(names) < _FEWEST:
        raise PredictionError(f"ensembles must be two or more to be compared; got {len(names)}.")


def _compare_pairs(
    wrong: Array, clusters: Array | None, n_resamples: int, seed: int
) -> tuple[PairRow, ...]:
    places = list(combinations(range(len(wrong)), 2))
    counts = [count_discordant(wrong[a], wrong[b]) for a, b in places]
    p_values = [mcnemar_exact(each.only_first, each.only_second) for each in counts]
    options = {"n_resamples": n_resamples, "seed": seed}
    return tuple(
        PairRow(
            first=a,
            second=b,
            found=found,
            p=p,
            p_holm=p_holm,
            interval=bootstrap_examples(found, **options),
            cluster_interval=(
                None
                if clusters is None
                else bootstrap_clusters(wrong[a], wrong[b], clusters, **options)
            ),
            least_significant=least_significant(found.n_discordant, ALPHA),
            n_needed=examples_needed(
                found.difference / found.n_examples, found.n_discordant / found.n_examples
            ),
        )
        for (a, b), found, p, p_holm in zip(
            places, counts, p_values, adjust_holm(p_values), strict=True
        )
    )


def _find_clusters(
    ensemble: Ensemble, split: str, asked: str | None, data_dir: Path | None
) -> tuple[Array | None, str]:
    """Return the cluster of each example, or None and why there is none."""
    record = load_record(ensemble.run, split)
    try:
        spec = parse_data(record.source["data"])
        metadata = load_metadata(spec, str(record.source["split"]), data_dir)
        if metadata is None:
            raise DataError(
                f"{asked or _CLUSTER} must be known of each example to draw it as a whole; "
                f"{spec.name} knows nothing of the kind."
            )
        return metadata.take_index(record.index).column(asked or _CLUSTER), ""
    except (DataError, MissingExtraError) as error:
        if asked is not None:
            raise
        return None, "" if "knows nothing of the kind" in str(error) else str(error)
