"""Which errors runs share, which only one makes, and what one fixes or breaks of another."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Literal

import numpy as np

from ensemble_lab.analysis.significance.families import adjust_holm
from ensemble_lab.analysis.significance.paired import Discordance, mcnemar_exact
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.compare import JointErrors, build_joint_errors
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.ensembles import (
    Asked,
    Ensemble,
    choose_look,
    open_ensembles,
    score_ensembles,
)

__all__ = [
    "Against",
    "ComparedEnsemble",
    "ComparedPair",
    "Comparison",
    "compare_runs",
    "save_comparison",
]

Against = Literal["all", "first"]
_AGAINST: tuple[Against, ...] = ("all", "first")
_MOST_FOR_ALL = 6
"""Ensembles up to which all pairs are tested: 15 of them still make a table to read."""
_MOST_NAMED = 3


@dataclass(frozen=True)
class ComparedEnsemble:
    """One ensemble among those compared.

    Attributes
    ----------
    name, title : str
        As it was asked for, and as short as it can be; no other has its title.
    n_members, errors : int
    only : int
        Examples that it alone gets wrong.
    images_sha256 : str or None
        Of the split's raw images; None where they are unknown.
    decision : Decision
    """

    name: str
    title: str
    n_members: int
    errors: int
    only: int
    images_sha256: str | None
    decision: Decision


@dataclass(frozen=True)
class ComparedPair:
    """Two ensembles on the same examples.

    Attributes
    ----------
    first, second : int
        Their places among the ensembles.
    found : Discordance
    p, p_holm : float
        McNemar's exact, alone and as one of all pairs that are tested.
    """

    first: int
    second: int
    found: Discordance
    p: float
    p_holm: float

    @property
    def fixed(self) -> int:
        """Errors of the first that the second does not make."""
        return self.found.only_first

    @property
    def broken(self) -> int:
        """Errors of the second that the first does not make."""
        return self.found.only_second


@dataclass(frozen=True)
class Comparison:
    """Ensembles side by side.

    Attributes
    ----------
    split : str
    ensembles : tuple of ComparedEnsemble
    errors : JointErrors
        Every example that at least one gets wrong; its ensembles are in the same order.
    against : {"all", "first"}
        Whether all pairs were tested, or those with the first ensemble.
    pairs : tuple of ComparedPair
    images_note : str
        Whose images differ or are unknown; empty where all are known to be the same.
    look : Look or None
        What the ledger did: see `ensemble_lab.workflows.ensembles.choose_look`.
    """

    split: str
    ensembles: tuple[ComparedEnsemble, ...]
    errors: JointErrors
    against: Against
    pairs: tuple[ComparedPair, ...]
    images_note: str
    look: Look | None

    @property
    def titles(self) -> tuple[str, ...]:
        """What the ensembles are called, each otherwise."""
        return tuple(each.title for each in self.ensembles)


def compare_runs(
    names: Sequence[Run | Path | str],
    split: str = "test",
    decisions: Sequence[Decision] = (DEFAULT,),
    *,
    members: tuple[str, ...] = (),
    against: Against | None = None,
) -> Comparison:
    """Compare the errors of runs, of ensembles within a run, or of rules.

    The splits must have the same examples with the same labels; images may differ, as they do
    where one run saw them transformed, and then the comparison says so.

    Parameters
    ----------
    names : sequence of Run, path or str
        Each ``RUN`` or ``RUN:PATTERN``: see `ensemble_lab.workflows.ensembles.open_ensembles`.
    split : str
    decisions : sequence of Decision
        How each votes; with several, every name is there once for each.
    members : tuple of str
        Patterns of keys where a name has none of its own; none for all.
    against : {"all", "first"}, optional
        Which pairs are tested, and adjusted for being several: all, or those with the first. Up to
        six ensembles all, of more those with the first, unless given.

    Returns
    -------
    Comparison
        ``.errors.view("fixed").indices`` are the indices of a view.

    Raises
    ------
    PredictionError
        Fewer than two ensembles, or a rule that members cannot vote by; no labels are read then.
    MismatchError
        Splits that differ in examples or labels.
    MissingError
        No such run, split or member, or predictions are missing.
    """
    if against is not None and against not in _AGAINST:
        raise PredictionError(
            f"against must be all or first; got {against!r}" + closest(against, _AGAINST)
        )
    asked = open_ensembles(names, split, decisions, members=members)
    against = against or ("all" if len(asked) <= _MOST_FOR_ALL else "first")
    found = score_ensembles(asked, command="compare")
    errors = build_joint_errors(
        asked[0].record.index,
        found[0].labels.values,
        np.array([each.predicted for each in found]),
    )
    ensembles = _list_ensembles(asked, found, errors)
    return Comparison(
        split=split,
        ensembles=ensembles,
        errors=errors,
        against=against,
        pairs=_compare_pairs(errors, against),
        images_note=_note_images(ensembles),
        look=choose_look(found),
    )


def save_comparison(
    names: Sequence[Run | Path | str],
    path: Path | str,
    split: str = "test",
    decisions: Sequence[Decision] = (DEFAULT,),
    *,
    members: tuple[str, ...] = (),
) -> Comparison:
    """Draw which ensembles share how many errors to a png, svg or pdf file; return `compare_runs`.

    Raises
    ------
    PredictionError
        The path ends otherwise; no labels are read then.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path
    from ensemble_lab.figures.upset import draw_upset
    from ensemble_lab.workflows.significance_text import number_letters

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    comparison = compare_runs(names, split, decisions, members=members)
    names_in_order = zip(number_letters(len(comparison.titles)), comparison.titles, strict=True)
    draw_upset(
        comparison.errors,
        [f"{letter}  {title}" for letter, title in names_in_order],
        title=comparison.split,
        path=path,
    )
    return comparison


def _list_ensembles(
    asked: Sequence[Asked], found: Sequence[Ensemble], errors: JointErrors
) -> tuple[ComparedEnsemble, ...]:
    titles = _tell_apart(each.title for each in found)
    only = errors.only_wrong.tolist()
    return tuple(
        ComparedEnsemble(
            name=ensemble.name,
            title=title,
            n_members=len(ensemble.members),
            errors=ensemble.errors,
            only=alone,
            images_sha256=each.record.images_sha256,
            decision=ensemble.decision,
        )
        for each, ensemble, title, alone in zip(asked, found, titles, only, strict=True)
    )


def _tell_apart(titles: Iterable[str]) -> list[str]:
    """Return the titles, with a number after one that was there before.

    Examples
    --------
    >>> _tell_apart(["light", "light", "cnn3", "light"])
    ['light', 'light (2)', 'cnn3', 'light (3)']
    """
    seen: Counter[str] = Counter()
    apart = []
    for title in titles:
        seen[title] += 1
        apart.append(title if seen[title] == 1 else f"{title} ({seen[title]})")
    return apart


def _compare_pairs(errors: JointErrors, against: Against) -> tuple[ComparedPair, ...]:
    places = list(combinations(range(errors.n_ensembles), 2))
    if against == "first":
        places = [(a, b) for a, b in places if a == 0]
    both = errors.both_wrong.tolist()
    found = [
        Discordance(
            n_examples=errors.n_examples,
            both=both[a][b],
            only_first=both[a][a] - both[a][b],
            only_second=both[b][b] - both[a][b],
        )
        for a, b in places
    ]
    p_values = [mcnemar_exact(each.only_first, each.only_second) for each in found]
    rows = zip(places, found, p_values, adjust_holm(p_values), strict=True)
    return tuple(ComparedPair(a, b, each, p, p_holm) for (a, b), each, p, p_holm in rows)


def _note_images(ensembles: Sequence[ComparedEnsemble]) -> str:
    """Return whose images differ or are unknown, in a sentence without its end."""
    titles: dict[str | None, list[str]] = {}
    for each in ensembles:
        titles.setdefault(each.images_sha256, []).append(each.title)
    unknown = titles.pop(None, [])
    parts = []
    if len(titles) > 1:
        told = (f"{str(sha256)[:12]} in {_name_few(names)}" for sha256, names in titles.items())
        parts.append(f"images differ: {', '.join(told)}")
    if unknown:
        whose = "all" if len(unknown) == len(ensembles) else _name_few(unknown)
        parts.append(f"images are unknown in {whose}")
    return f"labels are the same, but {'; '.join(parts)}" if parts else ""


def _name_few(names: Sequence[str]) -> str:
    n_more = len(names) - _MOST_NAMED
    # One more takes no more room than saying so.
    if n_more <= 1:
        return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{', '.join(names[:_MOST_NAMED])} and {n_more} more"
