"""A trained member on disk: weights, a net's as plain Keras loads them, and what made them."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ensemble_lab.arrays import Array
from ensemble_lab.exceptions import DamagedError, MismatchError, MissingError
from ensemble_lab.store.files import check_field, load_json, save_json
from ensemble_lab.store.hdf5 import SealedFile, open_sealed, write_sealed
from ensemble_lab.store.run import Entry, Run, open_run

__all__ = [
    "EpochRecord",
    "Failure",
    "Member",
    "clear_failure",
    "epoch_record",
    "load_failure",
    "load_member",
    "member_path",
    "save_failure",
    "save_member",
]

_DURATIONS = ("seconds",)
# float32, and what HDF5 and Keras put around it, both generously.
_BYTES_A_PARAMETER = 6
_BYTES_AROUND = 1 << 18


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch of training measured.

    Attributes
    ----------
    epoch : int
        From 1.
    loss, accuracy : float
        Means over the training images as they were seen: augmented, with dropout. The loss
        is the recipe's, with smoothing, penalties or whatever else it has.
    validation_loss, validation_accuracy : float or None
        Of the weights that would be kept; None without validation examples. The loss is the
        plain cross-entropy of the probabilities, whatever the recipe's.
    rate : float
        Learning rate at the epoch's last step.
    seconds : float
        Wall time, of members that train together each one's share; outside every digest.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float | None
    validation_accuracy: float | None
    rate: float
    seconds: float


@dataclass(frozen=True)
class Member:
    """A trained member's file without its weights.

    Attributes
    ----------
    key, kind, digest : str
        As in the manifest.
    spec : dict
        JSON of its `MemberSpec`.
    weights_sha256 : str
        Content digest of the file: weights, what made them, history without durations.
        Predictions carry it as their parent.
    architecture_sha256 : str
        Digest of the layers as ensemble_lab describes them.
    history : tuple of EpochRecord
    kept_epoch : int
        The epoch whose weights these are.
    n_parameters : int
    training_macs : int
        Multiply-adds of one image through the net.
    environment : dict
        Versions, backend, threads, device and machine that trained it; ``numerics`` as in
        `ensemble_lab.store.training_state.TrainingState`, ``single`` where it is absent.
    """

    key: str
    kind: str
    digest: str
    spec: dict[str, Any]
    weights_sha256: str
    architecture_sha256: str
    history: tuple[EpochRecord, ...]
    kept_epoch: int
    n_parameters: int
    training_macs: int
    environment: dict[str, str | int]


@dataclass(frozen=True)
class Failure:
    """Why a member's last attempt ended."""

    error: str
    cause: str
    time: str


def member_path(run: Run, key: str) -> Path:
    """Return where a member's weights lie, or would."""
    return run.member_folder(key) / "member.weights.h5"


def save_member(
    run: Run,
    key: str,
    weights: Callable[[Path], None] | Mapping[str, Array],
    *,
    architecture_sha256: str,
    history: tuple[EpochRecord, ...],
    kept_epoch: int,
    n_parameters: int,
    training_macs: int,
    environment: dict[str, str | int],
) -> Member:
    """Write a finished member, whole or not at all.

    Parameters
    ----------
    weights : callable or mapping
        Writes Keras's weights of an uncompiled model (a compiled one adds its optimizer)
        at the path it is given; or arrays by name, of a member that is no Keras model.
    """
    entry = run.member(key)
    header = {
        "key": key,
        "digest": entry.digest,
        "spec": entry.spec,
        "architecture_sha256": architecture_sha256,
        "history": [_without_durations(record) for record in history],
        "kept_epoch": kept_epoch,
        "n_parameters": n_parameters,
        "training_macs": training_macs,
    }
    notes = {
        "environment": environment,
        "durations": [{name: getattr(r, name) for name in _DURATIONS} for r in history],
    }
    write_sealed(
        member_path(run, key),
        "member",
        header,
        {} if callable(weights) else weights,
        notes=notes,
        write_first=weights if callable(weights) else None,
        first_bytes=_BYTES_A_PARAMETER * n_parameters + _BYTES_AROUND,
    )
    return load_member(run, key)


def load_member(run: Run | Path | str, key: str) -> Member:
    """Read a member's file, all but its weights.

    Parameters
    ----------
    run : Run or path
    key : str

    Raises
    ------
    MissingError
        It is not trained yet, or was imported.
    DamagedError
        The file is damaged or another member's.
    MismatchError
        The manifest says that something else made it.
    """
    run = open_run(run)
    entry = run.member(key)
    path = member_path(run, key)
    if not path.exists():
        origin = run.find_origin(entry)
        if entry.kind == "imported":
            raise MissingError(
                f"member {key} must be trained; got one that was imported and has predictions "
                f"alone, in {run.path}."
            )
        where = "Go on with: ensemble-lab train"
        if origin is not None:
            where = f"The member was pooled from {origin}; its weights are there."
        raise MissingError(f"member {key} must be trained; got no file {path}. {where}")
    with open_sealed(path, "member") as file:
        if file.header["key"] != key:
            raise DamagedError(f"member must be {key!r}; got {file.header['key']!r}, in {path}.")
        if file.header["digest"] != entry.digest:
            raise MismatchError(
                f"digest of {key} must be {entry.digest[:12]} as in run.json; got "
                f"{str(file.header['digest'])[:12]}, in {path}."
            )
        return _member(entry, file)


def _member(entry: Entry, file: SealedFile) -> Member:
    header, notes = file.header, file.notes
    records = check_field(header, "history", list, file.path)
    durations = check_field(notes, "durations", list, file.path)
    return Member(
        key=entry.key,
        kind=entry.kind,
        digest=entry.digest,
        spec=check_field(header, "spec", dict, file.path),
        weights_sha256=file.digest,
        architecture_sha256=check_field(header, "architecture_sha256", str, file.path),
        history=tuple(
            epoch_record(record | duration)
            for record, duration in zip(records, durations, strict=True)
        ),
        kept_epoch=check_field(header, "kept_epoch", int, file.path),
        n_parameters=check_field(header, "n_parameters", int, file.path),
        training_macs=check_field(header, "training_macs", int, file.path),
        environment=check_field(notes, "environment", dict, file.path),
    )


def epoch_record(values: dict[str, Any]) -> EpochRecord:
    """Return the record that JSON holds; what a later writer added is passed over.

    Raises
    ------
    TypeError
        Missing keys, or no numbers; `hdf5.open_sealed` says it for the file.
    """
    known = {field.name for field in fields(EpochRecord)}
    record = EpochRecord(**{name: value for name, value in values.items() if name in known})
    for field in fields(record):
        value = getattr(record, field.name)
        may_miss = field.name.startswith("validation_")
        if type(value) not in (int, float) and not (value is None and may_miss):
            raise TypeError(f"{field.name} of an epoch must be a number, not {value!r}")
    return record


def save_failure(run: Run, key: str, failure: Failure) -> None:
    """Keep the cause of a member's failure until it is tried again."""
    save_json(run.member_folder(key) / "failure.json", asdict(failure))


def load_failure(run: Run | Path | str, key: str) -> Failure | None:
    """Return why a member's last attempt ended, or None."""
    run = open_run(run)
    path = run.member_folder(key) / "failure.json"
    if not path.exists():
        return None
    values = load_json(path, what="failure.json")
    return Failure(**{name: str(values.get(name, "")) for name in ("error", "cause", "time")})


def clear_failure(run: Run, key: str) -> None:
    """Forget a failure: the member is tried again, or done."""
    (run.member_folder(key) / "failure.json").unlink(missing_ok=True)


def _without_durations(record: EpochRecord) -> dict[str, Any]:
    return {name: value for name, value in asdict(record).items() if name not in _DURATIONS}
