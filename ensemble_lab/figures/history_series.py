"""What the lines of a history stand for, and how they are told apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from ensemble_lab.analysis.curves import Curves, build_curves, group_histories
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.histories import MemberHistory

__all__ = ["N_STYLES", "By", "Entry", "Series", "Style", "build_key", "build_series"]

By: TypeAlias = Literal["member", "group"]
Dashes: TypeAlias = Literal["-"] | tuple[float, tuple[float, ...]]

# Okabe and Ito's palette for all kinds of colour vision, without its yellow, too faint for a line.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1A1A1A")
_DASHES: tuple[Dashes, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)), (0, (6, 1.5, 1, 1.5)))
N_STYLES = len(_COLOURS) * len(_DASHES)
"""Styles that differ."""
_GREY = "#8C8C8C"
_MOST_OWN_STYLES = len(_COLOURS)


@dataclass(frozen=True)
class Style:
    """How a line looks.

    Attributes
    ----------
    colour : str
    dashes : "-" or tuple
        As matplotlib's `linestyle`.
    width, alpha : float
    """

    colour: str
    dashes: Dashes
    width: float
    alpha: float


@dataclass(frozen=True, eq=False)
class Series:
    """What one line in every panel stands for.

    Attributes
    ----------
    curves : Curves
    n_members : int
    kept_epoch : int
        The epoch whose weights a member keeps; 0 for a group.
    style : Style
    """

    curves: Curves
    n_members: int
    kept_epoch: int
    style: Style


class Entry(NamedTuple):
    """A line of the key."""

    name: str
    style: Style


def build_series(histories: Sequence[MemberHistory], by: By) -> tuple[Series, ...]:
    """Return a line for each group, or for each member; many members look like their group.

    Raises
    ------
    PredictionError
        No member has an epoch.
    """
    known = [each for each in histories if each.records]
    if not known:
        raise PredictionError("a history must have at least one epoch of one member; got none.")
    groups = group_histories(known)
    if by == "group":
        return tuple(
            Series(build_curves(members), len(members), 0, _choose_style(number))
            for number, (_, members) in enumerate(groups)
        )
    is_many = len(known) > _MOST_OWN_STYLES
    numbers = {name: number for number, (name, _) in enumerate(groups)}
    return tuple(
        Series(
            build_curves([each]),
            1,
            each.kept_epoch,
            _choose_style(numbers[each.group] if is_many else number, is_thin=is_many),
        )
        for number, each in enumerate(known)
    )


def build_key(histories: Sequence[MemberHistory], by: By) -> tuple[Entry, ...]:
    """Return what each style stands for: a member, or a group with the number of its members."""
    known = [each for each in histories if each.records]
    if by == "member" and len(known) <= _MOST_OWN_STYLES:
        return tuple(
            Entry(each.key + " (unfinished)" * _is_going(each), _choose_style(number))
            for number, each in enumerate(known)
        )
    key = []
    for number, (name, members) in enumerate(group_histories(known)):
        n_going = sum(map(_is_going, members))
        more = f", {n_going} unfinished" if n_going else ""
        key.append(Entry(f"{name} ({len(members)}{more})", _choose_style(number)))
    return tuple(key)


def _is_going(history: MemberHistory) -> bool:
    return history.progress == "unfinished"


def _choose_style(number: int, *, is_thin: bool = False) -> Style:
    """Return the style of a line: colours first, then dashes; after `N_STYLES` all are grey."""
    if number >= N_STYLES:
        return Style(_GREY, "-", 0.7, 0.75)
    dashes = _DASHES[number // len(_COLOURS)]
    width, alpha = (0.7, 0.75) if is_thin else (1.3, 1.0)
    return Style(_COLOURS[number % len(_COLOURS)], dashes, width, alpha)
