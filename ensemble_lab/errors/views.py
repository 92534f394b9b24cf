"""Views: which examples a question is about, and in which order they come; a row for each."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, Index
from ensemble_lab.errors.orders import OrderName
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

__all__ = ["DEFAULT_SHARE", "VIEWS", "Evidence", "Need", "View", "count_least", "find_view"]

DEFAULT_SHARE = 0.5

Need: TypeAlias = Literal["probabilities", "best", "rules"]
"""What a view may ask for beside the vote and its members."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Evidence:
    """Who is wrong, example by example.

    Attributes
    ----------
    wrong : bool (examples,)
        Whether the vote is.
    tied : bool (examples,)
        Whether a tie policy decided it.
    n_members : int
    n_wrong : int64 (examples,)
        How many of the members are.
    p_predicted : float64 (examples,) or None
        Mean probability of the class that the vote chose; None where only votes are known.
    best : str
        The member that was best on validation; empty where no view asks.
    wrong_best : bool (examples,) or None
        Whether that member is wrong.
    rules : tuple of str
        Rules that could be computed; empty where no view asks.
    wrong_rules : bool (rules, examples) or None
        Whether the same members are wrong by each of those rules.
    """

    wrong: Booleans
    tied: Booleans
    n_members: int
    n_wrong: Index
    p_predicted: Floats | None = None
    best: str = ""
    wrong_best: Booleans | None = None
    rules: tuple[str, ...] = ()
    wrong_rules: Booleans | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """A registry row.

    Attributes
    ----------
    help : str
        One line.
    holds : callable
        From `Evidence` and a share to whether the view holds each example: bool (examples,).
    order : str
        The natural order of its rows, a name of `ensemble_lab.errors.orders.ORDERS`.
    noun : str
        What one row is: ``error``, ``example``.
    clause : callable
        From `Evidence` and a share to what is so of the rows, behind the noun; may be empty.
    need : {None, "probabilities", "best", "rules"}
    has_share : bool
        Whether the share means anything.
    """

    help: str
    holds: Callable[[Evidence, float], Booleans]
    order: OrderName
    noun: str = "example"
    clause: Callable[[Evidence, float], str] = lambda seen, share: ""
    need: Need | None = None
    has_share: bool = False


def find_view(name: str, share: float | None = None) -> View:
    """Return the row of a view, and refuse a share that means nothing to it.

    Raises
    ------
    PredictionError
        An unknown name, a share outside of (0, 1], or a share for a view that has none.
    """
    if name not in VIEWS:
        raise PredictionError(
            f"view must be one of {', '.join(VIEWS)}; got {name!r}" + closest(name, VIEWS)
        )
    if share is not None and not VIEWS[name].has_share:
        having = [other for other, view in VIEWS.items() if view.has_share]
        raise PredictionError(
            f"share must come with the view {', '.join(having[:-1])} or {having[-1]}; got the "
            f"view {name!r}. Leave the share out."
        )
    if share is not None and not 0 < share <= 1:
        raise PredictionError(f"share must be above 0 and at most 1; got {share}.")
    return VIEWS[name]


def count_least(share: float, number: int) -> int:
    """Return the least count that is a share of a number, at least 1.

    Examples
    --------
    >>> count_least(0.5, 15), count_least(0.55, 20), count_least(1.0, 3), count_least(0.01, 5)
    (8, 11, 3, 1)
    """
    # 0.55 * 20 is a little above 11.
    return max(1, math.ceil(share * number - 1e-9))


def _hold_persistent(seen: Evidence, share: float) -> Booleans:
    return _are_enough(seen.n_wrong, share, seen.n_members)


def _hold_persistent_rules(seen: Evidence, share: float) -> Booleans:
    assert seen.wrong_rules is not None, "the view says that it needs them"
    return _are_enough(seen.wrong_rules.sum(axis=0), share, len(seen.rules))


def _are_enough(n_wrong: Index, share: float, number: int) -> Booleans:
    enough: Booleans = n_wrong >= count_least(share, number)
    return enough


def _hold_rescued(seen: Evidence, share: float) -> Booleans:
    assert seen.wrong_best is not None, "the view says that it needs it"
    return seen.wrong_best & ~seen.wrong


def _hold_broken(seen: Evidence, share: float) -> Booleans:
    assert seen.wrong_best is not None, "the view says that it needs it"
    return ~seen.wrong_best & seen.wrong


def _hold_confident(seen: Evidence, share: float) -> Booleans:
    assert seen.p_predicted is not None, "the view says that it needs it"
    return seen.wrong & (seen.p_predicted >= share)


def _count(share: float, number: int, noun: str) -> str:
    least = count_least(share, number)
    return f"{least}{' or more' if least < number else ''} of {number} {noun}s"


VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "errors": View(
            help="what the vote gets wrong",
            holds=lambda seen, share: seen.wrong,
            order="gap",
            noun="error",
        ),
        "all": View(
            help="every example, right or wrong",
            holds=lambda seen, share: np.ones_like(seen.wrong),
            order="index",
        ),
        "oracle": View(
            help="what no member gets right",
            holds=lambda seen, share: seen.n_wrong == seen.n_members,
            order="gap",
            clause=lambda seen, share: " that no member gets right",
        ),
        "rescued": View(
            help="what the best member gets wrong, the vote right",
            holds=_hold_rescued,
            order="margin",
            clause=lambda seen, share: (
                f" that {seen.best}, best on validation, gets wrong and the vote right"
            ),
            need="best",
        ),
        "broken": View(
            help="what the best member gets right, the vote wrong",
            holds=_hold_broken,
            order="gap",
            clause=lambda seen, share: (
                f" that {seen.best}, best on validation, gets right and the vote wrong"
            ),
            need="best",
        ),
        "contested": View(
            help="what at least one member gets wrong",
            holds=lambda seen, share: seen.n_wrong > 0,
            order="wrong",
            clause=lambda seen, share: " that at least one member gets wrong",
        ),
        "persistent": View(
            help="what --share of the members or more get wrong",
            holds=_hold_persistent,
            order="wrong",
            clause=lambda seen, share: f" that {_count(share, seen.n_members, 'member')} get wrong",
            has_share=True,
        ),
        "persistent-rules": View(
            help="what --share of all rules or more get wrong",
            holds=_hold_persistent_rules,
            order="gap",
            clause=lambda seen, share: (
                f" that {_count(share, len(seen.rules), 'rule')} get wrong "
                f"({', '.join(seen.rules)})"
            ),
            need="rules",
            has_share=True,
        ),
        "ties": View(
            help="what a tie policy decided, right or wrong",
            holds=lambda seen, share: seen.tied,
            order="margin",
            noun="tie",
        ),
        "near-misses": View(
            help="what the vote gets right, smallest margin first",
            holds=lambda seen, share: ~seen.wrong,
            order="margin",
            noun="right example",
            need="probabilities",
        ),
        "confident": View(
            help="errors with --share of the probability or more",
            holds=_hold_confident,
            order="confidence",
            noun="error",
            clause=lambda seen, share: (
                f" with {share:g} or more of the probability on the wrong class"
            ),
            need="probabilities",
            has_share=True,
        ),
    }
)
"""By the name that a question takes."""
