"""Sealed HDF5 files: the one place that imports h5py.

A file holds datasets, and a group ``ensemble_lab`` with a `header` (what the file
says; part of the content digest) and `notes` (times, hosts, durations; outside it),
both JSON text in uint8 datasets, because attributes end at 64 KB (h5py#1053).
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.canonical import canonical_json
from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import FORMAT_VERSION, check_version, replacing
from ensemble_lab.store.seal import check_seal, seal

__all__ = ["SealedFile", "check_structure", "content_sha256", "open_sealed", "write_sealed"]

_OURS = "ensemble_lab"
_BLOCK_BYTES = 1 << 22
_MAX_OBJECTS = 100_000
_MAX_DEPTH = 32


@dataclass(frozen=True)
class SealedFile:
    """A checked file that is open for reading.

    Attributes
    ----------
    path : Path
    header, notes : dict
        See the module.
    digest : str
        Content digest.
    """

    path: Path
    header: dict[str, Any]
    notes: dict[str, Any]
    digest: str
    _file: h5py.File

    def read(self, name: str, rows: slice = slice(None)) -> Array:
        """Return a dataset's values, or some of its rows.

        Raises
        ------
        DamagedError
            The file has no such dataset.
        """
        if name not in self:
            raise DamagedError(f"dataset {name!r} must be there; got none, in {self.path}.")
        return np.asarray(self._file[name][rows])

    def __contains__(self, name: str) -> bool:
        return isinstance(self._file.get(name), h5py.Dataset)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a dataset's shape."""
        return tuple(self._file[name].shape)

    def names(self, group: str) -> tuple[str, ...]:
        """Return the names in a group, in order; none where there is no such group."""
        return tuple(sorted(self._file[group])) if group in self._file else ()


def write_sealed(
    path: Path,
    kind: str,
    header: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    notes: Mapping[str, Any] | None = None,
    write_first: Callable[[Path], None] | None = None,
) -> str:
    """Write a sealed file, whole or not at all, and return its content digest.

    Parameters
    ----------
    path : Path
    kind : str
        What sort of file it is, such as ``predictions``; checked on opening.
    header, notes : mapping
        JSON-like values, inside and outside the content digest.
    arrays : mapping
        Datasets by name; ``a/b`` makes a group.
    write_first : callable, optional
        Writes an HDF5 file at the path it is given, to which all this is added: so
        Keras's own weights file becomes a member.
    """
    with replacing(path) as partial:
        if write_first is not None:
            write_first(partial)
        with h5py.File(partial, "r+" if write_first else "w", locking=False) as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array)
            full_header = dict(header) | {"kind": kind, "version": FORMAT_VERSION}
            ours = file.create_group(_OURS)
            ours.create_dataset("header", data=_as_bytes(full_header))
            ours.create_dataset("notes", data=_as_bytes(dict(notes or {})))
            digest = _content_digest(file, full_header)
        seal(partial, digest)
    return digest


@contextmanager
def open_sealed(path: Path, kind: str) -> Iterator[SealedFile]:
    """Open a sealed file after checking its seal, its structure, its kind and version.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        Truncated, altered, not ours, of another kind, or built to mislead.
    NewerFormatError
        A later version wrote it.
    """
    digest = check_seal(path)
    try:
        file = h5py.File(path, "r", locking=False)
    except OSError as error:
        raise DamagedError(f"{path} must be an HDF5 file; got {error}.") from None
    with file:
        check_structure(file, path)
        header, notes = (_read_json(file, name, path) for name in ("header", "notes"))
        check_version(header.get("version"), path)
        if header.get("kind") != kind:
            raise DamagedError(
                f"file must be of kind {kind!r}; got {header.get('kind')!r}, in {path}."
            )
        yield SealedFile(path, header, notes, digest, file)


def content_sha256(path: Path) -> str:
    """Compute a sealed file's content digest from its contents, not from its seal."""
    check_seal(path)
    with h5py.File(path, "r", locking=False) as file:
        check_structure(file, path)
        return _content_digest(file, _read_json(file, "header", path))


def check_structure(file: h5py.File, path: Path) -> None:
    """Refuse links out of the file, virtual or external data, and absurd sizes.

    h5py follows all of these without a word, and a file of 6 kB can declare 8 TB.

    Raises
    ------
    DamagedError
        Names the first such object.
    """
    declared = 0
    size = path.stat().st_size
    for count, (name, dataset) in enumerate(_walk(file, "", 0, path)):
        if count > _MAX_OBJECTS:
            raise DamagedError(
                f"a file must hold at most {_MAX_OBJECTS} objects; got more, in {path}."
            )
        if dataset.is_virtual or dataset.external:
            raise DamagedError(
                f"dataset {name!r} must lie inside its file; got a link out, in {path}."
            )
        if dataset.dtype.kind not in "buif":
            raise DamagedError(f"dataset {name!r} must be numeric; got {dataset.dtype}, in {path}.")
        declared += dataset.size * dataset.dtype.itemsize
        if declared > size:
            raise DamagedError(
                f"datasets must fit in their file of {size} bytes; got {declared} declared "
                f"up to {name!r}, in {path}."
            )


def _walk(
    group: h5py.Group, prefix: str, depth: int, path: Path
) -> Iterator[tuple[str, h5py.Dataset]]:
    if depth > _MAX_DEPTH:
        raise DamagedError(f"groups must nest at most {_MAX_DEPTH} deep; got more, in {path}.")
    for name in group:
        full = f"{prefix}{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise DamagedError(f"{full!r} must lie inside its file; got a link, in {path}.")
        item = group[name]
        if isinstance(item, h5py.Dataset):
            yield full, item
        elif isinstance(item, h5py.Group):
            yield from _walk(item, f"{full}/", depth + 1, path)
        else:
            raise DamagedError(f"{full!r} must be a group or a dataset; got neither, in {path}.")


def _content_digest(file: h5py.File, header: dict[str, Any]) -> str:
    digest = hashlib.sha256(canonical_json(header).encode())
    for name, dataset in sorted(_walk(file, "", 0, Path(file.filename))):
        if name.startswith(f"{_OURS}/"):
            continue
        little = dataset.dtype.newbyteorder("<")
        shape = list(dataset.shape)
        digest.update(canonical_json([name, little.str, shape]).encode())
        values = hashlib.sha256()
        for rows in _row_blocks(dataset):
            values.update(np.ascontiguousarray(dataset[rows], dtype=little).tobytes())
        digest.update(values.digest())
    return digest.hexdigest()


def _row_blocks(dataset: h5py.Dataset) -> Iterator[Any]:
    if dataset.ndim == 0:
        yield ()
        return
    row = max(dataset.dtype.itemsize * int(np.prod(dataset.shape[1:], dtype=np.int64)), 1)
    step = max(_BLOCK_BYTES // row, 1)
    for start in range(0, dataset.shape[0], step):
        yield slice(start, start + step)


def _as_bytes(values: dict[str, Any]) -> Array:
    return np.frombuffer(canonical_json(values).encode(), np.uint8)


def _read_json(file: h5py.File, name: str, path: Path) -> dict[str, Any]:
    item = file.get(f"{_OURS}/{name}")
    if not isinstance(item, h5py.Dataset):
        raise DamagedError(
            f"{name} must be there; got none, in {path}. It is not one of our files."
        )
    try:
        values = json.loads(item[()].tobytes())
    except ValueError as error:
        raise DamagedError(f"{name} must be JSON; got {error}, in {path}.") from None
    if not isinstance(values, dict):
        raise StoreError(f"{name} must be a JSON object; got {type(values).__name__}, in {path}.")
    return values
