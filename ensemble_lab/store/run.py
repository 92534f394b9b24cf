"""A run: one folder, its manifest, and what the manifest lists."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ensemble_lab.arrays import closest
from ensemble_lab.exceptions import DamagedError, MissingError
from ensemble_lab.store.files import FORMAT_VERSION, check_name, check_version, load_json, save_json

__all__ = ["Entry", "Run", "find_runs", "open_run", "save_run"]

_FORMAT = "ensemble-lab/run"


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
    """

    key: str
    group: str
    kind: str
    digest: str
    spec: dict[str, Any] | None


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
        (height, width, channels).
    data : dict
        JSON of the `DataSpec` that members learn from.
    splits : tuple of str
        Names of the splits whose files lie under ``splits/``.
    members : tuple of Entry
        In order.
    """

    path: Path
    name: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, ...]
    data: dict[str, Any]
    splits: tuple[str, ...]
    members: tuple[Entry, ...]

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the members in order."""
        return tuple(entry.key for entry in self.members)

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
        for pattern in patterns:
            if not any(fnmatchcase(key, pattern) for key in self.keys):
                raise MissingError(
                    f"members must match a key of this run; got {pattern!r}, in {self.path}"
                    + closest(pattern, self.keys)
                )
        return tuple(
            entry
            for entry in self.members
            if not patterns or any(fnmatchcase(entry.key, pattern) for pattern in patterns)
        )

    def member_folder(self, key: str) -> Path:
        """Return the folder of a member's files."""
        return self.path / "members" / check_name(key, what="member key")

    def check_split(self, split: str) -> None:
        """Refuse a split that the run does not hold."""
        if split not in self.splits:
            raise MissingError(
                f"split must be one of {', '.join(self.splits)}; got {split!r}, in {self.path}"
                + closest(split, self.splits)
            )

    def with_split(self, split: str) -> "Run":
        """Return the run with one more split in its manifest."""
        return self if split in self.splits else replace(self, splits=(*self.splits, split))


def save_run(run: Run) -> None:
    """Write the manifest, whole or not at all. The caller holds `lock.lock_run`."""
    save_json(
        run.path / "run.json",
        {
            "format": _FORMAT,
            "version": FORMAT_VERSION,
            "name": run.name,
            "class_names": list(run.class_names),
            "image_shape": list(run.image_shape),
            "data": run.data,
            "splits": list(run.splits),
            "members": [
                {
                    "key": entry.key,
                    "group": entry.group,
                    "kind": entry.kind,
                    "digest": entry.digest,
                    "spec": entry.spec,
                }
                for entry in run.members
            ],
        },
    )


def open_run(path: Path | str) -> Run:
    """Read a run's manifest.

    Raises
    ------
    MissingError
        There is no run at `path`.
    DamagedError
        The manifest is damaged or not ours.
    NewerFormatError
        A later version wrote it.
    """
    path = Path(path)
    manifest = path / "run.json"
    if not manifest.is_file():
        raise MissingError(
            f"a run is a folder with a run.json; got {path}. List runs with: ensemble-lab runs"
        )
    values = load_json(manifest, what="run.json")
    if values.get("format") != _FORMAT:
        raise DamagedError(
            f"format must be {_FORMAT!r}; got {values.get('format')!r}, in {manifest}."
        )
    check_version(values.get("version"), manifest)
    try:
        return Run(
            path=path,
            name=str(values["name"]),
            class_names=tuple(str(name) for name in values["class_names"]),
            image_shape=tuple(int(length) for length in values["image_shape"]),
            data=dict(values["data"]),
            splits=tuple(check_name(name, what="split") for name in values["splits"]),
            members=tuple(_entry(row) for row in values["members"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(
            f"run.json must hold a run's keys; got {error!r}, in {manifest}."
        ) from None


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        key=check_name(row["key"], what="member key"),
        group=str(row["group"]),
        kind=str(row["kind"]),
        digest=str(row["digest"]),
        spec=row["spec"],
    )


def find_runs(folder: Path | str) -> Iterator[Path]:
    """Yield the folders below `folder` (itself, its children, theirs) that are runs, by name."""
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingError(f"a folder of runs must exist; got {folder}.")
    for pattern in ("run.json", "*/run.json", "*/*/run.json"):
        yield from sorted(manifest.parent for manifest in folder.glob(pattern))
