"""The errors of several ensembles side by side: what they share, and what only some make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from ensemble_lab.arrays import Array, Booleans, Index, Labels, check_axes
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

__all__ = [
    "JOINT_VIEWS",
    "SHARE",
    "Intersection",
    "JointErrors",
    "View",
    "ViewName",
    "build_joint_errors",
    "check_view",
]

SHARE = 0.5
"""Share of the ensembles that must err on an example for it to be persistent, unless given."""

ViewName: TypeAlias = Literal["any", "shared", "only", "fixed", "broken", "persistent"]


@dataclass(frozen=True)
class View:
    """A registry row: which of the joint errors are shown.

    Attributes
    ----------
    text : str
        What all its examples have in common, behind "examples that"; to be formatted with the
        share.
    match : callable
        Takes where each ensemble errs, bool (ensembles, rows), and a share; returns which rows
        are of the view, bool (rows,).
    """

    text: str
    match: Callable[[Booleans, float], Booleans]


JOINT_VIEWS: Mapping[ViewName, View] = MappingProxyType(
    {
        "any": View("at least one gets wrong", lambda wrong, _: np.any(wrong, axis=0)),
        "shared": View("all get wrong", lambda wrong, _: np.all(wrong, axis=0)),
        "only": View("just one gets wrong", lambda wrong, _: wrong.sum(axis=0) == 1),
        "fixed": View(
            "the first gets wrong and another right",
            lambda wrong, _: wrong[0] & ~wrong.all(axis=0),
        ),
        "broken": View(
            "the first gets right and another wrong",
            lambda wrong, _: ~wrong[0] & wrong.any(axis=0),
        ),
        "persistent": View(
            "a share of {share:g} or more gets wrong",
            lambda wrong, share: wrong.mean(axis=0) >= share,
        ),
    }
)
"""By the name that `JointErrors.view` takes."""


@dataclass(frozen=True)
class Intersection:
    """The examples that just these ensembles get wrong, and no other does.

    Attributes
    ----------
    ensembles : tuple of int
        Their places, ascending.
    count : int
    """

    ensembles: tuple[int, ...]
    count: int


@dataclass(frozen=True, eq=False, repr=False)
class JointErrors:
    """The examples that at least one of several ensembles gets wrong; a row an example.

    Attributes
    ----------
    n_examples : int
        Of the split, right ones too.
    index : int64 (rows,)
        Positions in the split as published.
    label : int64 (rows,)
    predicted : int64 (ensembles, rows)
        What each ensemble chose.
    """

    n_examples: int
    index: Index
    label: Labels
    predicted: Labels

    def __post_init__(self) -> None:
        n_rows = len(self.index)
        check_axes(self.index, "rows", name="index")
        check_axes(self.label, "rows", name="label", rows=n_rows)
        check_axes(self.predicted, "ensembles rows", name="predicted", rows=n_rows)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return (
            f"JointErrors({len(self):,} rows of {self.n_examples:,} examples, "
            f"{self.n_ensembles} ensembles)"
        )

    @property
    def n_ensembles(self) -> int:
        """How many ensembles are compared."""
        return len(self.predicted)

    @property
    def indices(self) -> tuple[int, ...]:
        """The rows' indices in the split as published, in the rows' order."""
        return tuple(self.index.tolist())

    @property
    def is_wrong(self) -> Booleans:
        """Where each ensemble errs, bool (ensembles, rows)."""
        wrong: Booleans = self.predicted != self.label
        return wrong

    @property
    def both_wrong(self) -> Index:
        """Examples that two ensembles both get wrong, int64 (ensembles, ensembles).

        The diagonal holds each one's errors.
        """
        wrong = self.is_wrong
        # An ensemble at a time: a matrix product in floats is no faster, and takes eight times
        # the memory.
        return np.array([(wrong & row).sum(axis=1) for row in wrong], np.int64)

    @property
    def only_wrong(self) -> Index:
        """Examples that an ensemble alone gets wrong, int64 (ensembles,)."""
        wrong = self.is_wrong
        alone: Index = wrong[:, wrong.sum(axis=0) == 1].sum(axis=1)
        return alone

    def view(self, name: ViewName, *, share: float | None = None) -> "JointErrors":
        """Return the rows of a view, in the order that they have here.

        Parameters
        ----------
        name : {"any", "shared", "only", "fixed", "broken", "persistent"}
            At least one ensemble errs; all err; just one does; the first errs and another does
            not; the first is right and another errs; at least `share` of them err. Of two
            ensembles ``fixed`` are the errors of the first that the second does not make, and
            ``broken`` those that it adds.
        share : float, optional
            Above 0 and at most 1, of ``persistent`` alone; a half unless given.

        Raises
        ------
        PredictionError
            As `check_view`.
        """
        check_view(name, share)
        wanted = SHARE if share is None else share
        rows = np.flatnonzero(JOINT_VIEWS[name].match(self.is_wrong, wanted))
        return replace(
            self,
            index=self.index[rows],
            label=self.label[rows],
            predicted=self.predicted[:, rows],
        )

    def intersections(self) -> tuple[Intersection, ...]:
        """Return how many examples each set of ensembles, and no other, gets wrong.

        Every row is of one set, so that the counts sum to the rows. The largest comes first; of
        equal ones those of fewer ensembles, then of earlier ones. Sets without an example are
        left out.
        """
        if not len(self):
            return ()
        packed = np.packbits(self.is_wrong, axis=0).T
        patterns, counts = np.unique(packed, axis=0, return_counts=True)
        members = np.unpackbits(patterns, axis=1, count=self.n_ensembles)
        found = [
            Intersection(tuple(np.flatnonzero(row).tolist()), count)
            for row, count in zip(members, counts.tolist(), strict=True)
        ]
        return tuple(
            sorted(found, key=lambda each: (-each.count, len(each.ensembles), each.ensembles))
        )


def build_joint_errors(index: Index, labels: Labels, predicted: Array) -> JointErrors:
    """Return the examples that at least one of several ensembles gets wrong.

    Parameters
    ----------
    index, labels : int64 (examples,)
    predicted : int64 (ensembles, examples)
        What each ensemble chose; at least one ensemble.

    Returns
    -------
    JointErrors
        In the order of the examples.

    Raises
    ------
    PredictionError
        Other axes, or no ensemble.

    Examples
    --------
    >>> labels = np.array([7, 2, 1, 0])
    >>> predicted = np.array([[7, 2, 9, 6], [7, 2, 9, 0], [7, 3, 9, 6]])
    >>> errors = build_joint_errors(np.array([3, 5, 8, 13]), labels, predicted)
    >>> errors.indices, errors.view("shared").indices, errors.view("only").indices
    ((5, 8, 13), (8,), (5,))
    >>> errors.view("fixed").indices, errors.view("broken").indices  # against the first
    ((13,), (5,))
    >>> errors.view("persistent", share=0.5).indices
    (8, 13)
    """
    check_axes(index, "examples", name="index")
    check_axes(labels, "examples", name="labels", examples=len(index))
    check_axes(predicted, "ensembles examples", name="predicted", examples=len(index))
    if len(predicted) == 0:
        raise PredictionError("ensembles must be at least one; got none.")
    rows = np.flatnonzero((predicted != labels).any(axis=0))
    return JointErrors(
        n_examples=len(index),
        index=index[rows],
        label=labels[rows],
        predicted=predicted[:, rows].astype(np.int64, copy=False),
    )


def check_view(name: str, share: float | None = None) -> None:
    """Refuse an unknown view, and a share that is none or that means nothing to the view.

    Raises
    ------
    PredictionError
    """
    if name not in JOINT_VIEWS:
        raise PredictionError(
            f"view must be one of {', '.join(JOINT_VIEWS)}; got {name!r}"
            + closest(name, JOINT_VIEWS)
        )
    if share is None:
        return
    if name != "persistent":
        raise PredictionError(
            f"share must come with the view persistent; got the view {name!r}. Leave the share out."
        )
    # NaN fails every comparison.
    if not 0 < share <= 1:
        raise PredictionError(f"share must be above 0 and at most 1; got {share}.")
