"""The catalogue as a table: a row an example, and the questions asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Images, Index, Labels, check_axes
from ensemble_lab.decision import Decision
from ensemble_lab.errors.filters import (
    Flags,
    Gaps,
    Numbers,
    Pairs,
    match_flags,
    match_gaps,
    match_numbers,
    match_pairs,
)
from ensemble_lab.errors.orders import ORDERS, OrderName, order_rows
from ensemble_lab.errors.pairs import Pair, count_pairs
from ensemble_lab.errors.rows import ROW_NAMES, Row, plain_rows
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

if TYPE_CHECKING:
    import pandas

__all__ = ["Catalogue"]

_COLUMNS = (
    "index",
    "label",
    "predicted",
    "gap",
    "margin",
    "confidence",
    "p_predicted",
    "p_label",
    "votes_for_predicted",
    "votes_for_label",
    "is_tied",
)


@dataclass(frozen=True, eq=False, repr=False)
class Catalogue:
    """Rows of examples as the columns of a table; each method returns a new catalogue.

    The five probability columns are of the vote's `mean_probabilities`, and NaN where only votes
    are known. Votes are counted by member under every rule.

    Attributes
    ----------
    split : str
    members : tuple of str
        Keys of the members that voted.
    decision : Decision
        How they were combined.
    parents : tuple of str
        Content digest of each member's predictions.
    index : int64 (rows,)
        Positions in the split as published.
    label, predicted : int64 (rows,)
        The true class, and the one the ensemble chose.
    gap : float64 (rows,)
        p(predicted) - p(label): the confidence gap. Higher is more confidently wrong. On an error
        of the mean rule it is 0 or more; on one of the majority rule it may be negative, where
        votes and confidence disagree. 0 on a right example, so it ranks errors only.
    margin : float64 (rows,)
        p(label) - largest other mean probability. Positive where the mean rule is right.
    confidence : float64 (rows,)
        The largest mean probability, whichever class was chosen.
    p_predicted, p_label : float64 (rows,)
        Mean probabilities of those classes.
    votes_for_predicted, votes_for_label : int64 (rows,)
        Members that chose those classes.
    is_tied : bool (rows,)
        Whether a tie policy chose.
    wrong_members : bool (rows, members)
        Which members did not choose the label.
    thumbnails : uint8 (rows, height, width, channels) or None
        Images of the rows.

    References
    ----------
    R. E. Schapire et al., "Boosting the margin: a new explanation for the effectiveness of
    voting methods", Annals of Statistics 26 (1998), 1651-1686 (margin).
    C. G. Northcutt, L. Jiang and I. Chuang, "Confident learning", Journal of Artificial
    Intelligence Research 70 (2021), 1373-1411: cleanlab's normalised margin m is
    (p(label) - largest other + 1) / 2, so that on errors of the mean rule gap = 1 - 2 m.
    """

    split: str
    members: tuple[str, ...]
    decision: Decision
    parents: tuple[str, ...]
    index: Index
    label: Labels
    predicted: Labels
    gap: Floats
    margin: Floats
    confidence: Floats
    p_predicted: Floats
    p_label: Floats
    votes_for_predicted: Labels
    votes_for_label: Labels
    is_tied: Booleans
    wrong_members: Booleans
    thumbnails: Images | None = None

    def __post_init__(self) -> None:
        n_rows = len(self.index)
        for name in _COLUMNS:
            check_axes(getattr(self, name), "rows", name=name, rows=n_rows)
        check_axes(
            self.wrong_members,
            "rows members",
            name="wrong_members",
            rows=n_rows,
            members=len(self.members),
        )
        if self.thumbnails is not None:
            _check_images(self.thumbnails, n_rows)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return (
            f"Catalogue({self.split!r}: {len(self):,} rows, vote of {len(self.members)}, "
            f"{self.decision.text})"
        )

    @property
    def indices(self) -> tuple[int, ...]:
        """The rows' indices in the split as published, in the rows' order."""
        return tuple(self.index.tolist())

    @property
    def n_wrong(self) -> Index:
        """Members that did not choose the label: int64 (rows,)."""
        number: Index = self.wrong_members.sum(axis=1, dtype=np.int64)
        return number

    def filter(
        self,
        *,
        label: Numbers | None = None,
        predicted: Numbers | None = None,
        pair: Pairs | None = None,
        index: Numbers | None = None,
        min_gap: Gaps | None = None,
        max_gap: Gaps | None = None,
        tied: Flags | None = None,
    ) -> "Catalogue":
        """Return the rows for which every condition holds.

        A condition takes one value, or several of which one must hold; None asks nothing.

        Parameters
        ----------
        label, predicted, index : int or iterable of int, optional
        pair : (int, int) or iterable of (int, int), optional
            (label, predicted): ``(4, 9)`` or ``[(4, 9), (7, 2)]``.
        min_gap, max_gap : float or iterable of float, optional
            Ends included.
        tied : bool or iterable of bool, optional

        Raises
        ------
        PredictionError
            A value of another kind, or a gap asked where only votes are known.
        """
        is_match = np.ones(len(self), np.bool_)
        for name, wanted in (("label", label), ("predicted", predicted), ("index", index)):
            if wanted is not None:
                is_match &= match_numbers(getattr(self, name), wanted, name=name)
        if pair is not None:
            is_match &= match_pairs(self.label, self.predicted, pair)
        if min_gap is not None or max_gap is not None:
            is_match &= match_gaps(self.gap, low=min_gap, high=max_gap)
        if tied is not None:
            is_match &= match_flags(self.is_tied, tied)
        return self._take(np.flatnonzero(is_match))

    def where(self, text: str, *, class_names: Sequence[str] = ()) -> "Catalogue":
        """Return the rows for which a condition in SQL holds.

        Parameters
        ----------
        text : str
            Over the names of `to_rows` (but ``wrong_members``), ``n_wrong``, ``label_name`` and
            ``predicted_name``: ``"margin > -0.2 and label in (4, 9)"``. Where only votes are
            known, probabilities are NULL, and no comparison with them holds.
        class_names : sequence of str
            One for each class; numbers unless given.

        Raises
        ------
        PredictionError
            What is no condition (see `ensemble_lab.errors.condition`).
        """
        # Questions without a condition do without SQLite.
        from ensemble_lab.errors.where import find_rows, read_condition

        return self._take(find_rows(self, read_condition(text), class_names))

    def sort(self, by: OrderName = "gap", *, reverse: bool = False) -> "Catalogue":
        """Return the rows in order; equal rows by ascending index, rows without a gap last.

        Parameters
        ----------
        by : {"gap", "margin", "confidence", "votes", "wrong", "index", "pair"}
            ``gap``, ``confidence``, ``votes`` (for the predicted class) and ``wrong`` (members,
            then gap) largest first, ``margin``, ``index`` and ``pair`` smallest first.
        reverse : bool
            The other direction; what is said of equal rows and absent gaps stays.

        Raises
        ------
        PredictionError
            An unknown order; lists the choices.
        """
        if by not in ORDERS:
            raise PredictionError(
                f"sort must be one of {', '.join(ORDERS)}; got {by!r}" + closest(by, ORDERS)
            )
        order = ORDERS[by]
        columns = [getattr(self, name) for name in order.columns]
        return self._take(
            order_rows(columns, self.index, is_descending=order.is_descending is not reverse)
        )

    def head(self, n_rows: int) -> "Catalogue":
        """Return the first rows, all of them if there are fewer.

        Raises
        ------
        PredictionError
            A negative number.
        """
        if n_rows < 0:
            raise PredictionError(f"limit must be 0 or more; got {n_rows}.")
        return self._take(np.arange(min(n_rows, len(self))))

    def pair_counts(self) -> list[tuple[Pair, int]]:
        """Return each confusion pair with its count, most frequent first, then by pair."""
        return count_pairs(self.label, self.predicted)

    def to_rows(self) -> list[Row]:
        """Return the rows in plain Python, as JSON takes them; numbers unrounded."""
        columns = {name.removeprefix("is_"): getattr(self, name) for name in _COLUMNS}
        return plain_rows(columns, self.wrong_members, self.members)

    def to_frame(self) -> "pandas.DataFrame":
        """Return the rows as a table with the columns of `to_rows`; absent numbers are NaN."""
        import pandas

        frame = pandas.DataFrame(self.to_rows(), columns=list(ROW_NAMES))
        # Where every number is absent, or no row is left, pandas has nothing to tell types from.
        types = {name.removeprefix("is_"): getattr(self, name).dtype for name in _COLUMNS}
        return frame.astype(types)

    def with_thumbnails(self, images: Images) -> "Catalogue":
        """Return the catalogue with images of its rows.

        Parameters
        ----------
        images : uint8 (rows, height, width, channels)
            In the rows' order.

        Raises
        ------
        PredictionError
            Another type, other axes, or another number of images.
        """
        return replace(self, thumbnails=images)

    def _take(self, rows: Index) -> "Catalogue":
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        images = None if self.thumbnails is None else self.thumbnails[rows]
        return replace(self, wrong_members=self.wrong_members[rows], thumbnails=images, **columns)


def _check_images(images: Images, n_rows: int) -> None:
    check_axes(images, "rows height width channels", name="thumbnails", rows=n_rows)
    if images.dtype != np.uint8:
        raise PredictionError(f"thumbnails must be uint8; got {images.dtype}.")
