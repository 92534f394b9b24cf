"""Whether the votes of ensembles differ by more than chance on a test set."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.significance.bootstrap import (
    N_RESAMPLES,
    bootstrap_clusters,
    bootstrap_examples,
)
from ensemble_lab.analysis.significance.families import CochranQ, adjust_holm, compare_cochran
from ensemble_lab.analysis.significance.intervals import INTERVALS
from ensemble_lab.analysis.significance.paired import (
    Discordance,
    count_discordant,
    examples_needed,
    least_significant,
    mcnemar_exact,
)
from ensemble_lab.arrays import Array, Booleans
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.ensembles import choose_look, open_ensembles, score_ensembles
from ensemble_lab.workflows.metadata import find_clusters, join_metadata

__all__ = ["ALPHA", "EnsembleRow", "PairRow", "SignificanceReport", "compare_ensembles"]

ALPHA = 0.05
"""Level of the tests; intervals are of 95 %."""


@dataclass(frozen=True)
class EnsembleRow:
    """One ensemble.

    Attributes
    ----------
    name, title : str
        As it was asked for, and as short as it can be.
    n_members, errors : int
    interval : tuple of float
        95 % interval of the errors: (low, high).
    decision : Decision
    """

    name: str
    title: str
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
        The least difference that so many discordant examples could show at 5 %, were this the
        only pair.
    n_needed : int or None
        Test examples of which such a pair would show, with 80 % power, the difference that is
        asked about, or the one seen; None where that is none.
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
    difference : int or None
        Errors that `PairRow.n_needed` is about; None for those seen.
    look : Look or None
        What the ledger did: see `ensemble_lab.workflows.ensembles.choose_look`.
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
    difference: int | None
    look: Look | None


def compare_ensembles(
    names: Sequence[Run | Path | str],
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    interval: str = "wilson",
    cluster: str | None = None,
    difference: int | None = None,
    data_dir: Path | str | None = None,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> SignificanceReport:
    """Compare the votes of ensembles on the same examples.

    What is tested is whether these very members would differ on other examples of this kind;
    `ensemble_lab.workflows.recipes.compare_member_errors` asks about other members instead.

    Parameters
    ----------
    names : sequence of Run, path or str
        Two or more, each ``RUN`` or ``RUN:PATTERN``: see `open_ensembles`.
    split : str
    decision : Decision
    interval : {"wilson", "clopper-pearson"}
        Of each ensemble's errors.
    cluster : str, optional
        Column of the data set's metadata whose values are drawn anew as a whole; ``writer``
        where it is known, unless given.
    difference : int, optional
        Errors in as many examples as the split has, to say how many examples would show them;
        those seen unless given.
    data_dir : path, optional
        Folder with the metadata; looked for unless given.
    n_resamples, seed : int
        Of the bootstrap.

    Raises
    ------
    PredictionError
        Fewer than two ensembles, an unknown interval or an impossible difference.
    MismatchError
        Splits that differ.
    DataError
        A `cluster` was asked for and is not known.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    if interval not in INTERVALS:
        raise PredictionError(
            f"interval must be one of {', '.join(INTERVALS)}; got {interval!r}"
            + closest(interval, INTERVALS)
        )
    asked = open_ensembles(names, split, (decision,))
    record = asked[0].record
    n_examples = len(record.index)
    if difference is not None and not 1 <= difference <= n_examples:
        raise PredictionError(
            f"difference must be from 1 to the {n_examples:,} examples; got {difference}."
        )
    joined = join_metadata(asked[0].run, split, data_dir=data_dir)
    clusters, named = find_clusters(joined, cluster)
    found = score_ensembles(asked, command="significance")
    wrong = np.array([each.is_wrong for each in found])
    return SignificanceReport(
        split=split,
        n_examples=n_examples,
        interval_method=interval,
        ensembles=tuple(
            EnsembleRow(
                name=each.name,
                title=each.title,
                n_members=len(each.members),
                errors=each.errors,
                interval=INTERVALS[interval](each.errors, n_examples),
                decision=each.decision,
            )
            for each in found
        ),
        cochran=compare_cochran(wrong) if len(found) > 2 else None,
        pairs=_compare_pairs(wrong, clusters, difference, n_resamples, seed),
        cluster=named,
        n_clusters=0 if clusters is None else len(np.unique(clusters)),
        cluster_note=joined.source_note,
        n_resamples=n_resamples,
        difference=difference,
        look=choose_look(found),
    )


def _compare_pairs(
    wrong: Booleans, clusters: Array | None, difference: int | None, n_resamples: int, seed: int
) -> tuple[PairRow, ...]:
    places = list(combinations(range(len(wrong)), 2))
    counts = [count_discordant(wrong[a], wrong[b]) for a, b in places]
    p_values = [mcnemar_exact(each.only_first, each.only_second) for each in counts]
    return tuple(
        PairRow(
            first=a,
            second=b,
            found=found,
            p=p,
            p_holm=p_holm,
            interval=bootstrap_examples(found),
            cluster_interval=(
                None
                if clusters is None
                else bootstrap_clusters(
                    wrong[a], wrong[b], clusters, n_resamples=n_resamples, seed=seed
                )
            ),
            least_significant=least_significant(found.n_discordant, ALPHA),
            n_needed=_count_needed(found, difference),
        )
        for (a, b), found, p, p_holm in zip(
            places, counts, p_values, adjust_holm(p_values), strict=True
        )
    )


def _count_needed(found: Discordance, difference: int | None) -> int | None:
    """Return the examples that would show the difference among as many discordant ones."""
    errors = abs(found.difference) if difference is None else difference
    # A difference takes at least as many discordant examples.
    n_discordant = max(errors, found.n_discordant)
    return examples_needed(errors / found.n_examples, n_discordant / found.n_examples, alpha=ALPHA)
