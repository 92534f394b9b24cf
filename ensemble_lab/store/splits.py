"""What a run knows of a split: which examples, in which role, and the hashes of both halves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from ensemble_lab.arrays import Array, Index, Labels, check_axes
from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import DamagedError, MismatchError
from ensemble_lab.roles import Role
from ensemble_lab.store.files import check_field, check_name
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.run import Run

__all__ = ["SplitRecord", "load_record", "save_split", "split_path"]


@dataclass(frozen=True, eq=False)
class SplitRecord:
    """A split without its images and labels.

    Attributes
    ----------
    name : str
    role : {"choose", "report", "none"}
        What its labels may be used for: choosing (validation), reporting (test), neither.
    index : int64 (examples,)
        Positions in the split as published.
    images_sha256 : str or None
        None where the images are not known: labels came without them.
    labels_sha256 : str or None
        None when the split has no labels.
    source : dict
        ``data``: JSON of the `DataSpec`; ``split``: the published split cut from. Empty where
        the examples are from no known source.
    fold : int64 (examples,) or None
        The fold of each example, from 0: members of a fold predict its examples alone.
    """

    name: str
    role: Role
    index: Index
    images_sha256: str | None
    labels_sha256: str | None
    source: dict[str, Any]
    fold: Index | None = None
    _hashes: dict[int | None, tuple[int, str]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def n_folds(self) -> int:
        """How many folds there are; 0 where every member predicts all examples."""
        return 0 if self.fold is None else int(self.fold.max()) + 1

    def rows_of(self, fold: int | None) -> Index:
        """Return the positions of the examples that a member of that fold predicts: int64.

        All where the split is not in folds.
        """
        is_whole = self.fold is None
        return np.arange(len(self.index)) if is_whole else np.flatnonzero(self.fold == fold)

    def hash_index(self, fold: int | None) -> tuple[int, str]:
        """Return how many examples a member of that fold predicts, and the hash of their index.

        Computed once a fold: of a million examples it takes as long as a member's votes.
        """
        key = None if self.fold is None else fold
        if key not in self._hashes:
            index = self.index if self.fold is None else self.index[self.rows_of(fold)]
            self._hashes[key] = (len(index), array_sha256(index))
        return self._hashes[key]


def split_path(run: Run, split: str) -> Path:
    """Return where a split's file lies, or would."""
    return run.path / "splits" / f"{check_name(split, what='split')}.h5"


def save_split(run: Run, record: SplitRecord, labels: Labels | None) -> None:
    """Write a split's file, or agree with the one that is there.

    Where that one did not know the images and `record` does, it learns of them, and where they
    come from; nothing else of it changes.

    Raises
    ------
    MismatchError
        The run holds a split of this name with another role, other images or labels.
    """
    path = split_path(run, record.name)
    if path.exists():
        known = load_record(run, record.name)
        is_news = known.images_sha256 is None and record.images_sha256 is not None
        for what in ("role", "images_sha256", "labels_sha256"):
            ours, theirs = getattr(known, what), getattr(record, what)
            if ours != theirs and not (what == "images_sha256" and is_news):
                raise MismatchError(
                    f"{what} of split {record.name!r} must stay {_short(ours)}; "
                    f"got {_short(theirs)}, in {path}. Use another --run (or --as) for other data."
                )
        if not _same_folds(known.fold, record.fold):
            raise MismatchError(
                f"folds of split {record.name!r} must stay as they were cut, in {path}; got "
                f"{record.n_folds or 'none'} that are cut otherwise. Use another --run."
            )
        if is_news:
            _learn_images(path, record)
        return
    check_axes(record.index, "examples", name="index")
    arrays = {"index": record.index}
    if record.fold is not None:
        check_axes(record.fold, "examples", name="fold", examples=len(record.index))
        arrays["fold"] = record.fold
    if labels is not None:
        check_axes(labels, "examples", name="labels", examples=len(record.index))
        arrays["labels"] = labels
    header = {
        "name": record.name,
        "role": record.role,
        "images_sha256": record.images_sha256,
        "labels_sha256": record.labels_sha256,
        "source": record.source,
    }
    write_sealed(path, "split", header, arrays)


def _learn_images(path: Path, record: SplitRecord) -> None:
    with open_sealed(path, "split") as file:
        # Its labels go with it and are not looked at.
        arrays = {name: file.read(name) for name in file.names("/") if name in file}
        header = file.header
    news = {"images_sha256": record.images_sha256, "source": record.source}
    write_sealed(path, "split", header | news, arrays)


def load_record(run: Run, split: str) -> SplitRecord:
    """Read a split's record; its labels are behind `ensemble_lab.store.labels`.

    Raises
    ------
    MissingError
        The run has no such split.
    DamagedError
        Its file is damaged.
    """
    run.check_split(split)
    path = split_path(run, split)
    with open_sealed(path, "split") as file:
        header = file.header
        if header.get("name") != split:
            raise DamagedError(f"split must be {split!r}; got {header.get('name')!r}, in {path}.")
        role, index = header["role"], file.read("index")
        if role not in get_args(Role):
            raise DamagedError(
                f"role must be one of {', '.join(get_args(Role))}; got {role!r}, in {path}."
            )
        if index.ndim != 1 or index.dtype != np.int64 or index.size == 0 or index.min() < 0:
            raise DamagedError(
                f"index must be int64 (examples,) from 0; got {index.dtype} {index.shape}, "
                f"in {path}."
            )
        fold = file.read("fold") if "fold" in file else None
        if fold is not None and not _is_fold(fold, index):
            raise DamagedError(
                f"fold must be int64, one for each example, from 0 without gaps; got {fold.dtype} "
                f"{fold.shape}, in {path}."
            )
        for what in ("images_sha256", "labels_sha256"):
            if header[what] is not None:
                check_field(header, what, str, path)
        return SplitRecord(
            name=split,
            role=role,
            index=index,
            images_sha256=header["images_sha256"],
            labels_sha256=header["labels_sha256"],
            source=check_field(header, "source", dict, path),
            fold=fold,
        )


def _same_folds(known: Index | None, other: Index | None) -> bool:
    if known is None or other is None:
        return known is other
    return np.array_equal(known, other)


def _is_fold(fold: Array, index: Index) -> bool:
    is_number = fold.dtype == np.int64 and fold.shape == index.shape and fold.min() >= 0
    return bool(is_number and fold.max() < len(fold) and np.bincount(fold).min() > 0)


def _short(digest: str | None) -> str:
    return "none" if digest is None else digest[:12]
