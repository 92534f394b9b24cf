"""Where an unfinished member stands after an epoch: all that is needed to go on, nothing random."""

import reprlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from ensemble_lab.arrays import Array
from ensemble_lab.exceptions import DamagedError, MismatchError
from ensemble_lab.store.files import check_field
from ensemble_lab.store.hdf5 import SealedFile, open_sealed, write_sealed
from ensemble_lab.store.members import EpochRecord, epoch_record
from ensemble_lab.store.run import Run

__all__ = [
    "Numerics",
    "TrainingState",
    "load_state",
    "remove_state",
    "resume_state",
    "save_state",
    "state_path",
]

Numerics = Literal["single", "stacked"]
"""Whose bits a training has: of a program for one member, or of one for many at once."""

_TUPLES = ("weights", "optimizer", "kept")


@dataclass(frozen=True, eq=False)
class TrainingState:
    """A member between two epochs.

    Attributes
    ----------
    epoch : int
        Epochs done.
    weights, optimizer : tuple of ndarray
        Variables in the order of the model and of the optimizer.
    kept : tuple of ndarray
        Running averages or best weights so far; empty where the last weights are kept.
    kept_epoch : int
        The epoch of `kept`.
    history : tuple of EpochRecord
    epoch_votes : tuple of (str, ndarray)
        Split name and votes (epochs, examples) so far.
    numerics : {"single", "stacked"}
        What its steps were taken by. The two round differently: a member that went from
        one to the other would be neither's.
    """

    epoch: int
    weights: tuple[Array, ...]
    optimizer: tuple[Array, ...]
    kept: tuple[Array, ...]
    kept_epoch: int
    history: tuple[EpochRecord, ...]
    epoch_votes: tuple[tuple[str, Array], ...] = ()
    numerics: Numerics = "single"


def state_path(run: Run, key: str) -> Path:
    """Return where an unfinished member's state lies, or would."""
    return run.member_folder(key) / "resume.weights.h5"


def save_state(run: Run, key: str, state: TrainingState) -> None:
    """Replace a member's state, whole or not at all."""
    arrays = {
        f"{group}/{number:04d}": array
        for group in _TUPLES
        for number, array in enumerate(getattr(state, group))
    }
    arrays |= {f"epoch_votes/{split}": votes for split, votes in state.epoch_votes}
    header = {
        "key": key,
        "digest": run.member(key).digest,
        "spec": run.member(key).spec,
        "epoch": state.epoch,
        "kept_epoch": state.kept_epoch,
        "history": [asdict(record) for record in state.history],
    }
    if state.numerics != "single":
        header["numerics"] = state.numerics
    write_sealed(state_path(run, key), "training-state", header, arrays)


def load_state(run: Run, key: str) -> TrainingState | None:
    """Return a member's state, or None where it has none.

    Raises
    ------
    DamagedError
        The file is damaged.
    MismatchError
        It belongs to another spec or other examples than the manifest's.
    """
    path = state_path(run, key)
    if not path.exists():
        return None
    with open_sealed(path, "training-state") as file:
        header = file.header
        digest = check_field(header, "digest", str, path)
        if digest != run.member(key).digest:
            raise MismatchError(
                f"digest of {key} must be {run.member(key).digest[:12]} as in run.json; got "
                f"{digest[:12]}, in {path}. Remove that file to start the member anew."
            )
        return TrainingState(
            epoch=check_field(header, "epoch", int, path),
            kept_epoch=check_field(header, "kept_epoch", int, path),
            history=tuple(map(epoch_record, check_field(header, "history", list, path))),
            epoch_votes=tuple(
                (split, file.read(f"epoch_votes/{split}")) for split in file.names("epoch_votes")
            ),
            numerics=_read_numerics(file),
            **{group: _read_tuple(file, group) for group in _TUPLES},
        )


def resume_state(run: Run, key: str, numerics: Numerics) -> TrainingState | None:
    """Return the state from which steps of these numerics may go on, or None where there is none.

    Raises
    ------
    DamagedError
        The file is damaged.
    MismatchError
        It belongs to another spec or other examples, or steps of other numerics left it.
    """
    state = load_state(run, key)
    if state is not None and state.numerics != numerics:
        stacked = "--engine stacked" if state.numerics == "stacked" else "another --engine"
        raise MismatchError(
            f"numerics of {key} must be {numerics!r} for this engine to go on with it; got "
            f"{state.numerics!r}, in {state_path(run, key)}. Go on with {stacked}, or remove "
            "that file to start the member anew."
        )
    return state


def remove_state(run: Run, key: str) -> None:
    """Forget a member's state: it is finished."""
    state_path(run, key).unlink(missing_ok=True)


def _read_numerics(file: SealedFile) -> Numerics:
    """Return what took the steps; a file that does not say is of a single member's."""
    value = file.header.get("numerics", "single")
    if value not in get_args(Numerics):
        raise DamagedError(
            f"numerics must be {' or '.join(map(repr, get_args(Numerics)))}; got "
            f"{reprlib.repr(value)}, in {file.path}."
        )
    found: Numerics = value
    return found


def _read_tuple(file: SealedFile, group: str) -> tuple[Array, ...]:
    return tuple(file.read(f"{group}/{name}") for name in file.names(group))
