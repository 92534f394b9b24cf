"""Orders that the rows of a catalogue come in: a row for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from ensemble_lab.arrays import Array, Index

__all__ = ["ORDERS", "Order", "OrderName", "order_rows"]

OrderName: TypeAlias = Literal["gap", "margin", "confidence", "votes", "wrong", "index", "pair"]


@dataclass(frozen=True)
class Order:
    """A registry row.

    Attributes
    ----------
    columns : tuple of str
        Columns of the catalogue to order by, the first one first.
    is_descending : bool
        Whether the largest comes first.
    """

    columns: tuple[str, ...]
    is_descending: bool


ORDERS: Mapping[OrderName, Order] = MappingProxyType(
    {
        "gap": Order(("gap",), is_descending=True),
        "margin": Order(("margin",), is_descending=False),
        "confidence": Order(("confidence",), is_descending=True),
        "votes": Order(("votes_for_predicted",), is_descending=True),
        "wrong": Order(("n_wrong", "gap"), is_descending=True),
        "index": Order(("index",), is_descending=False),
        "pair": Order(("label", "predicted"), is_descending=False),
    }
)
"""By the name that `Catalogue.sort` takes."""


def order_rows(columns: Sequence[Array], index: Index, *, is_descending: bool) -> Index:
    """Return the rows in order of the columns; equal rows by ascending index, NaN last.

    Both hold in either direction.

    Parameters
    ----------
    columns : sequence of number (rows,)
        The first one first.
    index : int64 (rows,)
    is_descending : bool

    Returns
    -------
    rows : int64 (rows,)

    Examples
    --------
    >>> gap, index = np.array([0.5, np.nan, 0.9, 0.5]), np.array([8, 1, 5, 3])
    >>> order_rows([gap], index, is_descending=True).tolist()
    [2, 3, 0, 1]
    """
    keys = [-column if is_descending else column for column in columns]
    # lexsort takes its last key first, and puts NaN last.
    return np.lexsort((index, *reversed(keys))).astype(np.int64)
