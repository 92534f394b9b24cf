"""Groups of members, told by their keys, and how much a member weighs in one."""

import math
import re

import numpy as np

from ensemble_lab.arrays import Array, Floats, Index

__all__ = ["has_levels", "number_groups", "weigh_members"]

_KEY = re.compile(r"(.+)-(?:\d{4}|[1-9]\d{4,})(?:-fold-\d+)?", re.ASCII)


def number_groups(members: tuple[str, ...]) -> Index:
    """Return the number of the group that each member belongs to, from 0 by the groups' names.

    A member's key is ``<group>-<seed, four digits>``, with ``-fold-<number>`` behind it where
    seeds are trained once a fold; any other key, such as one given at import, is a group of its
    own. So a decision that names its members names their groups, and votes by different
    groupings never share a digest.

    Parameters
    ----------
    members : tuple of str
        Keys.

    Returns
    -------
    groups : int64 (members,)

    Examples
    --------
    >>> number_groups(("m5-0000", "m3-0000", "m5-0001", "theirs")).tolist()
    [1, 0, 1, 2]
    """
    matches = [(key, _KEY.fullmatch(key)) for key in members]
    # A key of its own sorts after the group of that name, and never is that group.
    names = [(match[1], 0) if match else (key, 1) for key, match in matches]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([numbers[name] for name in names], np.int64)


def has_levels(members: tuple[str, ...]) -> bool:
    """Return whether there are several groups, one of them of several members.

    Else rules by group equal those by member.

    Examples
    --------
    >>> has_levels(("m3-0000", "m3-0001", "m5-0000")), has_levels(("m3-0000", "m5-0000"))
    (True, False)
    """
    return 1 < len(set(number_groups(members).tolist())) < len(members)


def weigh_members(groups: Array) -> Floats:
    """Return how much each member weighs so that all groups weigh the same.

    Whole numbers, the least common multiple of the groups' sizes over the size of the member's
    own: products with float32 probabilities are exact (below 2**29), so that equal sums stay
    equal. Groups of one size weigh 1 a member.

    Parameters
    ----------
    groups : int (members,)
        Number of each member's group, from 0 without gaps.

    Returns
    -------
    weights : float64 (members,)

    Examples
    --------
    >>> weigh_members(np.array([0, 0, 0, 1, 1])).tolist()
    [2.0, 2.0, 2.0, 3.0, 3.0]
    """
    sizes = np.bincount(groups).tolist()
    multiple = math.lcm(*sizes)
    return np.array([multiple / sizes[group] for group in groups.tolist()])
