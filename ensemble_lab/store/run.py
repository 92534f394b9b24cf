"""A run: one folder, its manifest, and what the manifest lists."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from ensemble_lab.exceptions import DamagedError, MissingError, StoreError
from ensemble_lab.precision import FloatName
from ensemble_lab.spelling import closest, match_keys
from ensemble_lab.store.files import (
    FORMAT_VERSION,
    check_field,
    check_name,
    check_version,
    load_json,
    one_line,
    save_json,
)

__all__ = ["OWN_SPLITS", "Entry", "Run", "open_run", "open_whole", "save_run"]

_FORMAT = "ensemble-lab/run"
_DEFAULT_FLOAT: FloatName = "float32"
OWN_SPLITS = ("validation", "train-oof", "test")
"""What members predict as soon as they are trained, of those that the data have."""
_MOST_LISTED = 8
"""Splits in a message: a run has one for each corruption and strength."""


@dataclass(frozen=True)
class Entry:
    """A member as the manifest lists it.

    Attributes
    ----------
    key, group : str
    kind : {"trained", "imported"}
    digest : str
        Identity of what makes it: its spec, its examples, threads and backend.
    spec : dict or None
        JSON of its `MemberSpec`; None when imported.
    origin : str or None
        Path, from this run's folder, of the run that it was pooled from; None where it was made
        here. Told in messages and never opened.
    """

    key: str
    group: str
    kind: str
    digest: str
    spec: dict[str, Any] | None
    origin: str | None = None

    @property
    def seed(self) -> int | None:
        """The seed that trained it; None when imported."""
        return None if self.spec is None else int(self.spec["seed"])

    @property
    def fold(self) -> int | None:
        """The part of the training split that it did not learn from; None without folds."""
        return None if self.spec is None else self.spec.get("fold")


@dataclass(frozen=True)
class Run:
    """A run's folder and manifest; it opens things and computes nothing.

    Attributes
    ----------
    path : Path
    name : str
    class_names : tuple of str
        One for each class that the members can name.
    image_shape : tuple of int
        (height, width, channels); empty where no images are known.
    data : dict
        JSON of the `DataSpec` that members learn from; empty where the examples are from no
        known source.
    splits : tuple of str
        Names of the splits whose files lie under ``splits/``.
    members : tuple of Entry
        In order.
    probabilities : {"float32", "float16"}
        What probabilities are stored as from now on; each file says of itself what it holds.
    variant : str or None
        Which of their members' predictions are asked for; None for the plain ones. It is in no
        file: a run is opened so, as ``RUN@VARIANT``.
    """

    path: Path
    name: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...]
    data: dict[str, Any]
    splits: tuple[str, ...]
    members: tuple[Entry, ...]
    probabilities: FloatName = "float32"
    variant: str | None = None

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def address(self) -> str:
        """What opens the run as it is: its folder, and its variant behind an ``@``."""
        return str(self.path) if self.variant is None else f"{self.path}@{self.variant}"

    @property
    def title(self) -> str:
        """Its name, with its variant behind an ``@``."""
        return self.name if self.variant is None else f"{self.name}@{self.variant}"

    @property
    def own_splits(self) -> tuple[str, ...]:
        """The splits that members predict as soon as they are trained."""
        return tuple(name for name in self.splits if name in OWN_SPLITS)

    @property
    def validation_split(self) -> str:
        """The split to choose on: ``validation``, or ``train-oof`` where it is in folds.

        Raises
        ------
        MissingError
            The run has neither.
        """
        for name in OWN_SPLITS[:-1]:
            if name in self.splits:
                return name
        raise MissingError(
            f"a run must have a validation split to choose on; got {', '.join(self.splits)}, in "
            f"{self.path}."
        )

    def choose_split(self, split: str | None) -> str:
        """Return the split that was asked for; the one to choose on where none was.

        Raises
        ------
        MissingError
            None was, and the run has none to choose on.
        """
        if split is not None:
            return split
        try:
            return self.validation_split
        except MissingError as error:
            raise MissingError(f"{error} Name a split with --split.") from None

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the members in order."""
        return tuple(entry.key for entry in self.members)

    @property
    def origins(self) -> tuple[Path, ...]:
        """The runs that members were pooled from; they may have moved, and nothing opens them."""
        found = dict.fromkeys(self.find_origin(entry) for entry in self.members)
        return tuple(path for path in found if path is not None)

    def find_origin(self, entry: Entry) -> Path | None:
        """Return the run that a member was pooled from, as seen from here; None if made here."""
        return None if entry.origin is None else Path(os.path.normpath(self.path / entry.origin))

    def tell_origins(self, what: str) -> str:
        """Return where what a message misses has stayed: `` Weights are in …``; empty if here."""
        return f" {what} in {', '.join(map(str, self.origins))}." if self.origins else ""

    def member(self, key: str) -> Entry:
        """Return the entry of a member.

        Raises
        ------
        MissingError
            The run has no such member; names the closest.
        """
        for entry in self.members:
            if entry.key == key:
                return entry
        raise MissingError(
            f"member must be one of this run's; got {key!r}, in {self.path}"
            + closest(key, self.keys)
        )

    def matching(self, patterns: tuple[str, ...]) -> tuple[Entry, ...]:
        """Return the members whose key matches a pattern (``bn-elu-*``), in the run's order.

        Raises
        ------
        MissingError
            A pattern matches no member.
        """
        keys = match_keys(self.keys, patterns, where=str(self.path), error=MissingError)
        return tuple(entry for entry in self.members if entry.key in keys)

    def member_folder(self, key: str) -> Path:
        """Return the folder of a member's files."""
        return self.path / "members" / check_name(key, what="member key")

    def check_split(self, split: str) -> None:
        """Refuse a split that the run does not hold."""
        if split not in self.splits:
            listed = ", ".join(self.splits[:_MOST_LISTED]) or "(this run has none)"
            n_more = len(self.splits) - _MOST_LISTED
            more = f" and {n_more} more" if n_more > 0 else ""
            raise MissingError(
                f"split must be one of {listed}{more}; "
                f"got {split!r}, in {self.path}" + closest(split, self.splits)
            )

    def with_variant(self, variant: str | None) -> "Run":
        """Return the run, asked in a variant of its members' predictions.

        Raises
        ------
        StoreError
            What is no name.
        """
        if variant is not None:
            check_name(variant, what="variant")
        return replace(self, variant=variant)

    def with_split(self, split: str) -> "Run":
        """Return the run with one more split in its manifest."""
        return self if split in self.splits else replace(self, splits=(*self.splits, split))


def save_run(run: Run) -> None:
    """Write the manifest, whole or not at all. The caller holds `lock.lock_run`."""
    values = {
        "format": _FORMAT,
        "version": FORMAT_VERSION,
        "name": run.name,
        "class_names": list(run.class_names),
        "image_shape": list(run.image_shape),
        "data": run.data,
        "splits": list(run.splits),
        "members": [_describe(entry) for entry in run.members],
    }
    if run.probabilities != _DEFAULT_FLOAT:
        values["probabilities"] = run.probabilities
    save_json(run.path / "run.json", values)


def _describe(entry: Entry) -> dict[str, Any]:
    values = {
        "key": entry.key,
        "group": entry.group,
        "kind": entry.kind,
        "digest": entry.digest,
        "spec": entry.spec,
    }
    return values if entry.origin is None else values | {"origin": entry.origin}


def open_run(run: Run | Path | str) -> Run:
    """Read a run's manifest.

    Parameters
    ----------
    run : Run or path
        A `Run` is open already and is returned as it is. A path is ``RUN``, or ``RUN@VARIANT``
        for the run asked in a variant of its members' predictions, which need not be there. A
        folder with such a name is a run all the same.

    Raises
    ------
    MissingError
        There is no run at that path.
    DamagedError
        The manifest is damaged or not ours.
    NewerFormatError
        A later version wrote it.
    """
    if isinstance(run, Run):
        return run
    path, variant = _divide(Path(run))
    manifest = path / "run.json"
    values = load_json(manifest, what="run.json")
    if values.get("format") != _FORMAT:
        raise DamagedError(
            f"format must be {_FORMAT!r}; got {values.get('format')!r}, in {manifest}."
        )
    check_version(values.get("version"), manifest)
    run = Run(
        path=path,
        name=check_field(values, "name", str, manifest),
        class_names=_texts(values, "class_names", manifest),
        image_shape=_shape(values, manifest),
        data=check_field(values, "data", dict, manifest),
        splits=tuple(_name(n, "split", manifest) for n in _texts(values, "splits", manifest)),
        members=tuple(_entry(r, manifest) for r in check_field(values, "members", list, manifest)),
        probabilities=_float_name(values, manifest),
    ).with_variant(variant)
    for what, names in (("member", run.keys), ("split", run.splits)):
        if len(set(names)) < len(names):
            raise DamagedError(f"{what} names must differ; got one twice, in {manifest}.")
    return run


def open_whole(run: Run | Path | str, *, to: str) -> Run:
    """Return a run, opened if need be, for what is not asked in a variant.

    Raises
    ------
    MissingError
        It is asked in a variant; `to` says what was to be done. Also as `open_run`.
    """
    run = open_run(run)
    if run.variant is not None:
        raise MissingError(
            f"a run must be named whole to {to}, which no variant changes; got {run.address}. "
            f"Leave out @{run.variant}."
        )
    return run


def _divide(path: Path) -> tuple[Path, str | None]:
    """Return a run's folder, and the variant behind the last ``@`` of what is none itself."""
    folder, at, variant = path.name.rpartition("@")
    named = path.parent / folder
    try:
        if (path / "run.json").is_file():
            return path, None
        if at and (named / "run.json").is_file():
            return named, variant
    except OSError as error:
        raise MissingError(
            f"a run must be a folder that can be read; got {one_line(error)}."
        ) from None
    raise MissingError(
        f"a run is a folder with a run.json; got {path}. List runs with: ensemble-lab runs"
    )


def _entry(row: Any, manifest: Path) -> Entry:
    if not isinstance(row, dict):
        raise DamagedError(f"members must be objects; got {row!r:.80}, in {manifest}.")
    kind = check_field(row, "kind", str, manifest)
    if kind not in ("trained", "imported"):
        raise DamagedError(f"kind must be trained or imported; got {kind!r}, in {manifest}.")
    if row.get("spec") is not None or kind == "trained":
        check_field(row, "spec", dict, manifest)
    if row.get("origin") is not None:
        check_field(row, "origin", str, manifest)
    return Entry(
        key=_name(check_field(row, "key", str, manifest), "member key", manifest),
        group=check_field(row, "group", str, manifest),
        kind=kind,
        digest=check_field(row, "digest", str, manifest),
        spec=row.get("spec"),
        origin=row.get("origin"),
    )


def _name(name: str, what: str, manifest: Path) -> str:
    try:
        return check_name(name, what=what)
    except StoreError as error:
        raise DamagedError(f"{str(error).removesuffix('.')}, in {manifest}.") from None


def _float_name(values: dict[str, Any], manifest: Path) -> FloatName:
    found: FloatName = values.get("probabilities", _DEFAULT_FLOAT)
    if found not in get_args(FloatName):
        raise DamagedError(
            f"probabilities must be one of {', '.join(get_args(FloatName))}; got {found!r}, in "
            f"{manifest}."
        )
    return found


def _texts(values: dict[str, Any], name: str, manifest: Path) -> tuple[str, ...]:
    texts = check_field(values, name, list, manifest)
    if not all(isinstance(text, str) for text in texts):
        raise DamagedError(f"{name} must be texts; got {texts!r:.80}, in {manifest}.")
    return tuple(texts)


def _shape(values: dict[str, Any], manifest: Path) -> tuple[int, ...]:
    shape = check_field(values, "image_shape", list, manifest)
    if len(shape) not in (0, 3) or not all(type(length) is int and length > 0 for length in shape):
        raise DamagedError(
            f"image_shape must be height, width and channels, or empty; got {shape!r:.80}, in "
            f"{manifest}."
        )
    return tuple(shape)
