"""The diversity of an ensemble: how differently its members err, by votes alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from ensemble_lab.analysis.diversity.coincidences import count_coincidences
from ensemble_lab.analysis.diversity.ensemble_measures import (
    count_all_wrong,
    entropy,
    interrater_kappa,
    kohavi_wolpert_variance,
)
from ensemble_lab.analysis.diversity.pair_measures import PAIR_MEASURES, mean_of_pairs
from ensemble_lab.arrays import Floats, Index, Labels, Votes, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["Diversity", "check_several", "measure_diversity"]


@dataclass(frozen=True, eq=False, repr=False)
class Diversity:
    """What the votes of several members say of their diversity.

    Attributes
    ----------
    n_examples : int
    errors : int64 (members,)
        Errors of each member.
    pairs : mapping of str to float64 (members, members)
        A matrix for each name of `PAIR_MEASURES`, which says what is on its diagonal. NaN where
        there is no value.
    means : mapping of str to float or None
        Of each of them the mean over pairs that have a value; None where none has.
    kappa : float or None
        See `interrater_kappa`.
    kohavi_wolpert : float
        See `kohavi_wolpert_variance`.
    entropy : float
        See `entropy`.
    oracle_errors : int
        Examples that all members get wrong: see `count_all_wrong`.
    errors_alike : int
        Those of them on which all say the same class, so that the votes give no hint of an error.
        From 0 to `oracle_errors`, lower = more diverse.
    """

    n_examples: int
    errors: Index
    pairs: Mapping[str, Floats]
    means: Mapping[str, float | None]
    kappa: float | None
    kohavi_wolpert: float
    entropy: float
    oracle_errors: int
    errors_alike: int

    def __repr__(self) -> str:
        return f"Diversity({self.n_members} members on {self.n_examples:,} examples)"

    @property
    def n_members(self) -> int:
        """Members that were compared."""
        return len(self.errors)


def measure_diversity(votes: Votes, labels: Labels) -> Diversity:
    """Return all measures of diversity that votes and labels give.

    Each measure says in its own docstring what it counts, in which range, and which direction
    is more diverse.

    Parameters
    ----------
    votes : unsigned (members, examples)
    labels : int64 (examples,)

    Returns
    -------
    Diversity

    Raises
    ------
    PredictionError
        Fewer than two members, or labels of another number of examples.

    Examples
    --------
    >>> import numpy as np
    >>> votes = np.array([[0, 1, 1, 0], [0, 1, 2, 0], [0, 1, 1, 1]], np.uint8)
    >>> found = measure_diversity(votes, np.zeros(4, np.int64))
    >>> found.errors.tolist(), found.oracle_errors, found.errors_alike
    ([2, 2, 3], 2, 1)
    >>> round(found.means["disagreement"], 4), found.entropy
    (0.1667, 0.25)
    """
    check_axes(votes, "members examples", name="votes")
    check_several(len(votes))
    counts = count_coincidences(votes, labels)
    pairs = {name: row.measure(counts) for name, row in PAIR_MEASURES.items()}
    return Diversity(
        n_examples=counts.n_examples,
        errors=counts.errors,
        pairs=pairs,
        means={name: mean_of_pairs(matrix) for name, matrix in pairs.items()},
        kappa=interrater_kappa(counts.by_wrong),
        kohavi_wolpert=kohavi_wolpert_variance(counts.by_wrong),
        entropy=entropy(counts.by_wrong),
        oracle_errors=count_all_wrong(counts.by_wrong),
        errors_alike=counts.all_alike,
    )


def check_several(n_members: int) -> None:
    """Refuse one member, which has nobody to differ from.

    Raises
    ------
    PredictionError
    """
    if n_members < 2:
        raise PredictionError(
            f"members must be at least two, since diversity is between members; got {n_members}. "
            "Name more with --members, or train more."
        )
