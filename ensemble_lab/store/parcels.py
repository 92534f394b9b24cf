"""Files of a run that travel to another machine and back, where no disk is shared."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.files import replacing
from ensemble_lab.store.run import Run
from ensemble_lab.store.seal import check_seal
from ensemble_lab.store.timings import read_sittings

__all__ = [
    "NOTHING",
    "Parcel",
    "Version",
    "list_versions",
    "pack_changes",
    "pack_member",
    "pack_run",
    "pack_state",
    "place",
    "unpack",
]

Version = tuple[int, int, int]
"""Of a file that is only ever replaced: it changes when the file does."""

_STATE, _TIMINGS = "resume.weights.h5", "timings.json"
_NAME = r"[a-z0-9][a-z0-9-]{0,95}"
_OF_A_MEMBER = re.compile(
    rf"(member|resume)\.weights\.h5|epoch-votes-{_NAME}\.h5|predictions-{_NAME}(\.{_NAME})?\.h5"
    rf"|{re.escape(_TIMINGS)}"
)


@dataclass(frozen=True)
class Parcel:
    """Whole files.

    Attributes
    ----------
    files : tuple of (str, bytes)
        Path in the folder that was packed, with ``/`` between its parts, and what it holds.
    gone : tuple of str
        Files that were there before and are not any more.
    """

    files: tuple[tuple[str, bytes], ...] = ()
    gone: tuple[str, ...] = ()


NOTHING = Parcel()


def pack_run(run: Run) -> Parcel:
    """Return what every member needs of a run: its manifest and splits."""
    found = [run.path / "run.json", *sorted((run.path / "splits").glob("[!.]*.h5"))]
    return Parcel(tuple((path.relative_to(run.path).as_posix(), _read(path)) for path in found))


def pack_member(run: Run, key: str) -> Parcel:
    """Return a member's files: what it has so far, where it stands, and what that took."""
    return pack_changes(run.member_folder(key), {})


def pack_state(folder: Path) -> Parcel:
    """Return where the member of a folder stands, also while its worker goes on; or nothing."""
    path = folder / _STATE
    try:
        return Parcel(((path.name, path.read_bytes()),))
    except FileNotFoundError:
        return NOTHING


def list_versions(folder: Path) -> Mapping[str, Version]:
    """Return the version of each such file of a member's folder, by name and in order."""
    if not folder.is_dir():
        return {}
    found = {}
    for path in sorted(folder.iterdir()):
        if _OF_A_MEMBER.fullmatch(path.name):
            status = path.stat()
            found[path.name] = (status.st_ino, status.st_mtime_ns, status.st_size)
    return found


def pack_changes(folder: Path, known: Mapping[str, Version]) -> Parcel:
    """Return what a member's folder holds that was not known, and what is gone from it."""
    versions = list_versions(folder)
    changed = [name for name, version in versions.items() if known.get(name) != version]
    gone = tuple(name for name in known if name not in versions)
    return Parcel(tuple((name, _read(folder / name)) for name in changed), gone)


def unpack(parcel: Parcel, folder: Path) -> None:
    """Write the files of a parcel under a folder of one's own."""
    for name, content in parcel.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def place(run: Run, key: str, parcel: Parcel) -> None:
    """Put what a member's worker made elsewhere into the run, each file whole or not at all.

    The caller holds the member's lock. What is gone goes last, so that a member that is stopped
    in between lacks nothing.

    Raises
    ------
    DamagedError
        A file is not whole; it and those after it are not written.
    StoreError
        A name that no file of a member has, or a file that cannot be written.
    """
    _check_names([*(name for name, _ in parcel.files), *parcel.gone], key)
    folder = run.member_folder(key)
    for name, content in parcel.files:
        check = read_sittings if name == _TIMINGS else check_seal
        with replacing(folder / name) as partial:
            partial.write_bytes(content)
            try:
                check(partial)
            except DamagedError:
                raise DamagedError(
                    f"{name} of {key} must come back whole; got {len(content):,} damaged bytes."
                ) from None
    for name in parcel.gone:
        (folder / name).unlink(missing_ok=True)


def _check_names(names: Iterable[str], key: str) -> None:
    for name in names:
        if not _OF_A_MEMBER.fullmatch(name):
            raise StoreError(f"file of {key} must have a name of the format; got {name[:100]!r}.")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} must be readable; got {error.strerror}.") from error
