"""Which module trains the members of a backend, and what all such modules offer."""

import importlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ensemble_lab.arrays import Array, Images, Index, Probabilities, Votes
from ensemble_lab.data.dataset import Dataset
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.variant import CopiesSpec
from ensemble_lab.store.members import EpochRecord
from ensemble_lab.store.run import Run
from ensemble_lab.training.reporter import Reporter

__all__ = [
    "TRAINERS",
    "Answers",
    "CopiesResponder",
    "Responder",
    "Trained",
    "Trainer",
    "TrainerRow",
    "load_trainer",
]


@dataclass(frozen=True)
class TrainerRow:
    """A registry row.

    Attributes
    ----------
    module : str
        With the functions that `Trainer` lists.
    extra : str
        The part of the installation that brings the packages.
    packages : tuple of str
        That training imports.
    predicting_packages : tuple of str
        That predicting with a stored member imports.
    """

    module: str
    extra: str
    packages: tuple[str, ...]
    predicting_packages: tuple[str, ...]


_NETS = "ensemble_lab.training.nets"

TRAINERS: dict[str, TrainerRow] = {
    "tensorflow": TrainerRow(_NETS, "train", ("tensorflow", "keras"), ("tensorflow", "keras")),
    "jax": TrainerRow(_NETS, "jax", ("jax", "keras"), ("jax", "keras")),
    "scikit-learn": TrainerRow("ensemble_lab.training.classic", "train", ("sklearn",), ()),
}
"""A row for each `backend` of `ensemble_lab.spec.member`."""


@dataclass(frozen=True, eq=False)
class Answers:
    """What a member says of images.

    Attributes
    ----------
    votes : unsigned (examples,)
    probabilities : float32 (examples, classes) or None
        None where it gives votes only.
    """

    votes: Votes
    probabilities: Probabilities | None


class Responder(Protocol):
    """A member that can be asked."""

    def __call__(self, images: Images, *, name: str, on_batch: Callable[[], None] = ...) -> Answers:
        """Return its answers, called `name` in messages; `on_batch` may raise to stop."""


class CopiesResponder(Protocol):
    """A member that can be asked about copies of each image."""

    def __call__(
        self, images: Images, index: Index, *, name: str, on_batch: Callable[[], None] = ...
    ) -> Answers:
        """Return its answers about images at those places of the published split."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A member that was trained a moment ago.

    Attributes
    ----------
    weights : callable or mapping
        As `ensemble_lab.store.members.save_member` takes them.
    history : tuple of EpochRecord
    kept_epoch : int
    responder : Responder
    stack : int or None
        Members that the program on one device was made for; None where for one alone.
    """

    weights: Callable[[Path], None] | Mapping[str, Array]
    history: tuple[EpochRecord, ...]
    kept_epoch: int
    responder: Responder
    stack: int | None = None


class Trainer(Protocol):
    """What the module of a row offers."""

    def open_libraries(self, spec: MemberSpec) -> AbstractContextManager[Any]:
        """Set the process up for the member; all else happens inside."""

    def train(self, run: Run, spec: MemberSpec, dataset: Dataset, reporter: Reporter) -> Trained:
        """Train a member, from the start or from where it was left."""

    def load(self, run: Run, spec: MemberSpec) -> Responder:
        """Return a stored member, whose layers are those that would be built now."""

    def load_copies(self, run: Run, spec: MemberSpec, copies: CopiesSpec) -> CopiesResponder:
        """Return a stored member that is asked about copies, written out for it."""

    def describe_libraries(self, spec: MemberSpec) -> Mapping[str, str]:
        """Return versions of the libraries, and the device's name."""


def load_trainer(backend: str) -> Trainer:
    """Return the module that trains the members of a backend."""
    trainer: Any = importlib.import_module(TRAINERS[backend].module)
    return trainer
