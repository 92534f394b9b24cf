"""A catalogue's rows in plain Python, as JSON and tables take them."""

from collections.abc import Mapping
from typing import Any, TypedDict, cast

from ensemble_lab.arrays import Array, Booleans
from ensemble_lab.errors.pairs import render_pair

__all__ = ["ROW_NAMES", "Row", "plain_rows"]


class Row(TypedDict):
    """One row; None where only votes are known, never NaN."""

    index: int
    label: int
    predicted: int
    pair: str
    gap: float | None
    margin: float | None
    confidence: float | None
    p_predicted: float | None
    p_label: float | None
    votes_for_predicted: int
    votes_for_label: int
    tied: bool
    wrong_members: list[str]


ROW_NAMES = tuple(Row.__annotations__)
"""Names of a row's values, in order: the header of a table."""


def plain_rows(
    columns: Mapping[str, Array], wrong_members: Booleans, members: tuple[str, ...]
) -> list[Row]:
    """Return one `Row` for each row of the columns; numbers unrounded.

    Parameters
    ----------
    columns : mapping of str to (rows,)
        Each name of `Row` but ``pair`` and ``wrong_members``.
    wrong_members : bool (rows, members)
    members : tuple of str
    """
    # Whole columns to lists: item by item, NumPy would make an object for every number.
    lists = {name: _plain(column) for name, column in columns.items()}
    lists["pair"] = list(map(render_pair, lists["label"], lists["predicted"]))
    lists["wrong_members"] = [
        [key for key, is_wrong in zip(members, row, strict=True) if is_wrong]
        for row in wrong_members.tolist()
    ]
    values = zip(*(lists[name] for name in ROW_NAMES), strict=True)
    return [cast("Row", dict(zip(ROW_NAMES, row, strict=True))) for row in values]


def _plain(column: Array) -> list[Any]:
    # Only NaN differs from itself.
    return [number if number == number else None for number in column.tolist()]
