"""Sealed HDF5 files: the one place that imports h5py.

A file holds datasets, and a group ``ensemble_lab`` with a `header` (what the file
says; part of the content digest) and `notes` (times, hosts, durations; outside it),
both JSON text in uint8 datasets, because attributes end at 64 KB (h5py#1053).
"""

import hashlib
import io
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.canonical import canonical_json
from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import (
    FORMAT_VERSION,
    check_version,
    one_line,
    parse_json,
    replacing,
    reserve,
)
from ensemble_lab.store.seal import check_seal, seal
from ensemble_lab.store.stored_array import StoredArray, identify

__all__ = ["SealedFile", "check_structure", "content_sha256", "open_sealed", "write_sealed"]

_OURS = "ensemble_lab"
_BLOCK_BYTES = 1 << 22
_MAX_OBJECTS = 100_000
_MAX_DEPTH = 32
_NUMERIC = {h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.BITFIELD, h5py.h5t.ENUM}
"""Classes that are whole numbers, floats and booleans to NumPy; h5py stores these as an ENUM."""
_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What h5py and a header of other keys or types raise on a file that was made to mislead."""


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
    _identity: tuple[int, ...]
    _datasets: Mapping[str, h5py.h5d.DatasetID]

    def read(self, name: str, rows: slice = slice(None)) -> Array:
        """Return a dataset's values, or some of its rows.

        Raises
        ------
        DamagedError
            The file has no such dataset.
        """
        dataset = self._find(name)
        return np.asarray(dataset[rows] if dataset.ndim else dataset[()])

    def locate(self, name: str) -> StoredArray:
        """Return a dataset that can be read by rows when the file is closed again.

        Raises
        ------
        DamagedError
            The file has no such dataset.
        """
        dataset = self._find(name)
        # None where it is in chunks, or nothing of it was ever written.
        offset = dataset.id.get_offset() if dataset.dtype.isnative else None
        return StoredArray(
            path=self.path,
            shape=tuple(dataset.shape),
            dtype=dataset.dtype,
            offset=offset,
            identity=self._identity,
            read_chunks=partial(_read_rows, self.path, name),
        )

    def _find(self, name: str) -> h5py.Dataset:
        if name not in self:
            raise DamagedError(f"dataset {name!r} must be there; got none, in {self.path}.")
        return h5py.Dataset(self._datasets[name])

    def __contains__(self, name: str) -> bool:
        return name in self._datasets

    def shape(self, name: str) -> tuple[int, ...]:
        """Return a dataset's shape."""
        return tuple(self._find(name).shape)

    def names(self, group: str) -> tuple[str, ...]:
        """Return the names in a group, in order; none where there is no such group."""
        item = self._file.get(group)
        return tuple(sorted(item)) if isinstance(item, h5py.Group) else ()


def write_sealed(
    path: Path,
    kind: str,
    header: Mapping[str, Any],
    arrays: Mapping[str, Array],
    *,
    notes: Mapping[str, Any] | None = None,
    write_first: Callable[[Path], None] | None = None,
    first_bytes: int = 0,
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
    first_bytes : int
        What `write_first` will write at most; refused at once where there is no room.
    """
    with replacing(path) as partial:
        # HDF5 that meets a full disk while it closes a file takes the interpreter with it
        # (h5py 3.14). So it works in memory and plain writes meet the disk; Keras can only
        # write a file, and is let do so where room was found for it.
        content = io.BytesIO()
        if write_first is not None:
            reserve(partial, first_bytes)
            write_first(partial)
            content.write(partial.read_bytes())
        full_header = dict(header) | {"kind": kind, "version": FORMAT_VERSION}
        with h5py.File(content, "r+" if write_first else "w") as file:
            for name, array in arrays.items():
                file.create_dataset(name, data=array)
            for name, values in (("header", full_header), ("notes", dict(notes or {}))):
                file.create_dataset(f"{_OURS}/{name}", data=_as_bytes(values, path))
            digest = _content_digest(file, full_header, path)
        with partial.open("wb") as disk:
            disk.write(content.getbuffer())
        seal(partial, digest)
    return digest


@contextmanager
def open_sealed(path: Path, kind: str) -> Iterator[SealedFile]:
    """Open a sealed file after checking its seal, its structure, its kind and version.

    The body reads and does nothing else: whatever it stumbles over (a header without a
    key, values of another type) is the file's fault, and raised as DamagedError.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        Truncated, altered, not ours, of another kind, or built to mislead.
    NewerFormatError
        A later version wrote it.
    """
    identity = identify(path)
    digest = check_seal(path)
    with _readable(path), h5py.File(path, "r", locking=False) as file:
        datasets = check_structure(file, path)
        header, notes = (_read_json(datasets, name, path) for name in ("header", "notes"))
        check_version(header.get("version"), path)
        if header.get("kind") != kind:
            raise DamagedError(
                f"file must be of kind {kind!r}; got {header.get('kind')!r}, in {path}."
            )
        yield SealedFile(path, header, notes, digest, file, identity, datasets)


def _read_rows(path: Path, name: str, rows: slice) -> Array:
    with _readable(path), h5py.File(path, "r", locking=False) as file:
        return np.asarray(file[name][rows])


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNREADABLE as error:
        raise DamagedError(
            f"a file must hold what its kind holds; got {type(error).__name__}: "
            f"{one_line(error)}, in {path}."
        ) from error


def content_sha256(path: Path) -> str:
    """Compute a sealed file's content digest from its contents, not from its seal."""
    check_seal(path)
    with _readable(path), h5py.File(path, "r", locking=False) as file:
        datasets = check_structure(file, path)
        return _content_digest(file, _read_json(datasets, "header", path), path)


def check_structure(file: h5py.File, path: Path) -> Mapping[str, h5py.h5d.DatasetID]:
    """Refuse links out of the file, virtual, external or filtered data, and absurd sizes.

    h5py follows all of these without a word, and a file of 6 kB can declare 8 TB.

    Returns
    -------
    mapping of str to DatasetID
        The datasets by name, open: what was checked is what is read.

    Raises
    ------
    DamagedError
        Names the first such object.
    """
    datasets = {}
    declared = 0
    size = path.stat().st_size
    for name, dataset in _walk(file, path):
        made = dataset.get_create_plist()
        if made.get_layout() == h5py.h5d.VIRTUAL or made.get_external_count():
            raise DamagedError(
                f"dataset {name!r} must lie inside its file; got a link out, in {path}."
            )
        space, kind = dataset.get_space(), dataset.get_type()
        is_empty = space.get_simple_extent_type() == h5py.h5s.NULL
        if is_empty or kind.get_class() not in _NUMERIC:
            got = "no values" if is_empty else dataset.dtype
            raise DamagedError(f"dataset {name!r} must be numeric; got {got}, in {path}.")
        if made.get_nfilters():
            raise DamagedError(f"dataset {name!r} must be stored plain; got a filter, in {path}.")
        # In Python's integers: HDF5's own size wraps around at 2**63.
        declared += math.prod(space.get_simple_extent_dims()) * kind.get_size()
        if declared > size:
            raise DamagedError(
                f"datasets must fit in their file of {size} bytes; got {declared} declared "
                f"up to {name!r}, in {path}."
            )
        datasets[name] = dataset
    return datasets


def _walk(file: h5py.File, path: Path) -> Iterator[tuple[str, h5py.h5d.DatasetID]]:
    """Yield every dataset with its name; an object is reached by one hard link or refused.

    Two links to one group make a maze: n of them hold 2**n ways. HDF5's own handles are used:
    h5py's objects take three times as long, and a query walks a file for each member.
    """
    root = h5py.h5o.open(file.id, b"/")
    seen = {_address(root)}
    waiting: list[tuple[str, h5py.h5g.GroupID]] = [("", root)]
    while waiting:
        prefix, group = waiting.pop()
        if prefix.count("/") > _MAX_DEPTH:
            raise DamagedError(f"groups must nest at most {_MAX_DEPTH} deep; got more, in {path}.")
        for name, link in _list_links(group):
            full = prefix + name.decode()
            if link != h5py.h5l.TYPE_HARD:
                raise DamagedError(f"{full!r} must lie inside its file; got a link, in {path}.")
            item = h5py.h5o.open(group, name)
            if not isinstance(item, h5py.h5d.DatasetID | h5py.h5g.GroupID):
                raise DamagedError(
                    f"{full!r} must be a group or a dataset; got neither, in {path}."
                )
            address = _address(item)
            if address in seen:
                raise DamagedError(f"{full!r} must be linked once; got a second link, in {path}.")
            seen.add(address)
            if len(seen) > _MAX_OBJECTS:
                raise DamagedError(
                    f"a file must hold at most {_MAX_OBJECTS} objects; got more, in {path}."
                )
            if isinstance(item, h5py.h5g.GroupID):
                waiting.append((f"{full}/", item))
            else:
                yield full, item


def _list_links(group: h5py.h5g.GroupID) -> list[tuple[bytes, int]]:
    """Return the name and kind of each link in a group, in one pass over it."""
    links: list[tuple[bytes, int]] = []
    group.links.iterate(lambda name, info: links.append((name, info.type)), info=True)
    return links


def _address(item: h5py.h5g.GroupID | h5py.h5d.DatasetID) -> int:
    return int(h5py.h5o.get_info(item).addr)


def _content_digest(file: h5py.File, header: dict[str, Any], path: Path) -> str:
    digest = hashlib.sha256(canonical_json(header).encode())
    for name, handle in sorted(_walk(file, path), key=itemgetter(0)):
        if name.startswith(f"{_OURS}/"):
            continue
        dataset = h5py.Dataset(handle)
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


def _as_bytes(values: dict[str, Any], path: Path) -> Array:
    try:
        return np.frombuffer(canonical_json(values).encode(), np.uint8)
    except ValueError as error:
        raise StoreError(
            f"a header must hold text and finite numbers; got {error}, for {path}."
        ) from None


def _read_json(datasets: Mapping[str, h5py.h5d.DatasetID], name: str, path: Path) -> dict[str, Any]:
    item = datasets.get(f"{_OURS}/{name}")
    if item is None:
        raise DamagedError(
            f"{name} must be there; got none, in {path}. It is not one of our files."
        )
    return parse_json(h5py.Dataset(item)[()].tobytes(), what=name, path=path)
