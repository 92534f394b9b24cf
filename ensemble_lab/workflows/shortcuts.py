"""Shortcuts of the literature: a row for each way to pick on test that an audit re-enacts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean
from types import MappingProxyType

import numpy as np

from ensemble_lab.analysis.selection.candidates import (
    MAX_SUBSET_MEMBERS,
    Candidates,
    list_singles,
    list_subsets,
    list_triples,
    name_subset,
    name_triple,
)
from ensemble_lab.analysis.selection.picking import Picking, Shortcut, weigh_picking
from ensemble_lab.analysis.subsets.curve import chances_of_error
from ensemble_lab.arrays import Booleans, Labels, Votes
from ensemble_lab.exceptions import MissingError
from ensemble_lab.store.epoch_votes import load_epoch_votes
from ensemble_lab.store.labels import load_validation_labels
from ensemble_lab.store.predictions import Predictions, has_predictions, load_predictions
from ensemble_lab.store.run import Run

__all__ = [
    "SHORTCUTS",
    "Audit",
    "Judges",
    "count_candidates",
    "find_obstacles",
    "load_judges",
]


@dataclass(frozen=True, eq=False)
class Judges:
    """What the same choice could be made by without the test set.

    Attributes
    ----------
    split : str
    votes : unsigned (members, examples)
    labels : int64 (examples,)
    """

    split: str
    votes: Votes
    labels: Labels


@dataclass(frozen=True, eq=False)
class Audit:
    """What every shortcut looks at.

    Attributes
    ----------
    run : Run
    test : Predictions
    labels : int64 (examples,)
    validation : Judges or None
    halves : bool (examples, halves)
    """

    run: Run
    test: Predictions
    labels: Labels
    validation: Judges | None
    halves: Booleans


def load_judges(run: Run, members: tuple[str, ...]) -> Judges | None:
    """Return what members say of the run's validation split, if all say something of all of it."""
    name = "validation"
    if name not in run.splits or not all(has_predictions(run, key, name) for key in members):
        return None
    predictions = load_predictions(run, name, members=members)
    return Judges(name, predictions.votes, load_validation_labels(run, name).values)


def find_obstacles(run: Run, test: Predictions) -> Mapping[str, str]:
    """Return why some shortcuts cannot be taken, by their name."""
    n_members = len(test.members)
    obstacles = {}
    try:
        for key in test.members:
            load_epoch_votes(run, key, test.split)
    except MissingError:
        obstacles["best epoch"] = (
            "needs votes after every epoch; a pool copies none"
            if run.origins
            else "needs epoch_votes = true in the experiment file"
        )
    if n_members < 2:
        obstacles["best member"] = "needs 2 members or more"
    if n_members < 3:
        obstacles["best triple"] = "needs 3 members or more"
    if not 2 <= n_members <= MAX_SUBSET_MEMBERS:
        obstacles["best subset"] = (
            f"needs 2 to {MAX_SUBSET_MEMBERS} members; choose some with --members"
        )
    return MappingProxyType(obstacles)


def count_candidates(name: str, run: Run, test: Predictions) -> int:
    """Return how many things a shortcut picks among, of all members together."""
    n = len(test.members)
    if name == "best epoch":
        return sum(len(load_epoch_votes(run, key, test.split)) for key in test.members)
    counts = {
        "best member": n,
        "best triple": n * (n - 1) * (n - 2) // 6,
        "best subset": int(2**n - 1),
    }
    return counts[name]


def _pick_epoch(audit: Audit) -> Shortcut:
    own = audit.validation
    found = []
    for key, votes in zip(audit.test.members, audit.test.votes, strict=True):
        judges = None
        if own is not None:
            judges = list_singles(load_epoch_votes(audit.run, key, own.split), own.labels)
        epochs = load_epoch_votes(audit.run, key, audit.test.split)
        found.append(
            weigh_picking(
                list_singles(epochs, audit.labels),
                audit.halves,
                unpicked=votes != audit.labels,
                validation=judges,
            )
        )
    by_validation = [each.by_validation for each in found if each.by_validation is not None]
    return Shortcut(
        name="best epoch",
        members=(),
        n_candidates=max(each.n_candidates for each in found),
        picked=fmean(each.picked for each in found),
        by_validation=fmean(by_validation) if by_validation else None,
        unpicked=fmean(each.unpicked for each in found),
        gained=fmean(each.gained for each in found),
        kept=fmean(each.kept for each in found),
        kept_sd=fmean(each.kept_sd for each in found),
    )


def _pick_member(audit: Audit) -> Shortcut:
    found = _weigh(audit, list_singles)
    return _tell("best member", (audit.test.members[found.first],), found)


def _pick_triple(audit: Audit) -> Shortcut:
    found = _weigh(audit, list_triples)
    return _tell("best triple", name_triple(found.first, audit.test.members), found)


def _pick_subset(audit: Audit) -> Shortcut:
    everyone = chances_of_error(
        audit.test.votes, audit.labels, audit.test.n_classes, k=len(audit.test.members)
    )
    found = _weigh(audit, list_subsets, everyone)
    return _tell("best subset", name_subset(found.first, audit.test.members), found)


def _weigh(
    audit: Audit,
    build: Callable[[Votes, Labels], Candidates],
    unpicked: np.ndarray | None = None,
) -> Picking:
    own = audit.validation
    return weigh_picking(
        build(audit.test.votes, audit.labels),
        audit.halves,
        unpicked=unpicked,
        validation=None if own is None else build(own.votes, own.labels),
    )


def _tell(name: str, members: tuple[str, ...], found: Picking) -> Shortcut:
    return Shortcut(
        name=name,
        members=members,
        n_candidates=found.n_candidates,
        picked=found.picked,
        by_validation=found.by_validation,
        unpicked=found.unpicked,
        gained=found.gained,
        kept=found.kept,
        kept_sd=found.kept_sd,
    )


SHORTCUTS: Mapping[str, Callable[[Audit], Shortcut]] = MappingProxyType(
    {
        "best epoch": _pick_epoch,
        "best member": _pick_member,
        "best triple": _pick_triple,
        "best subset": _pick_subset,
    }
)
"""What to do for each."""
