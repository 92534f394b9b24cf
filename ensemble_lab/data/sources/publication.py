"""Files that somebody published: found on this machine, or downloaded and checked.

A source that is a publication says which files it is made of, their checksums and where
they can be had. Where they may lie, and what is said when they do not, is the same for all.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.exceptions import DataError, MissingExtraError

__all__ = [
    "Publication",
    "PublishedFile",
    "check_file",
    "find_anywhere",
    "find_file",
    "find_folder",
]

_HASHES: dict[str, tuple[str, Callable[[], Any]]] = {
    "sha256": ("SHA-256", hashlib.sha256),
    "md5": ("MD5", lambda: hashlib.md5(usedforsecurity=False)),
}


@dataclass(frozen=True)
class PublishedFile:
    """A file as published.

    Attributes
    ----------
    name : str
        As at the publication's address.
    checksum : str
        ``sha256:…`` or ``md5:…`` of its bytes, in hexadecimal.
    """

    name: str
    checksum: str


@dataclass(frozen=True)
class Publication:
    """A set of files, where it can be had and how it may lie in a folder.

    Attributes
    ----------
    title : str
        What messages call it.
    address : str
        What comes before the files' names; ends in a slash.
    files : tuple of PublishedFile
    folders : tuple of str
        Names that a folder of these files may have; the first is its name in our cache.
    has_own_names : bool
        Whether the files' names are used by no other publication, so that they may lie
        in a data folder itself too.
    instead : tuple of str
        Files that together do in the place of the published ones.
    """

    title: str
    address: str
    files: tuple[PublishedFile, ...]
    folders: tuple[str, ...]
    has_own_names: bool = False
    instead: tuple[str, ...] = ()

    def file(self, name: str) -> PublishedFile:
        """Return the published file of that name, which must be one of them."""
        return next(file for file in self.files if file.name == name)


def find_folder(publication: Publication, data_dir: Path | None = None) -> Path:
    """Return the folder that holds the files, packed or unpacked.

    Looks in `data_dir` and nowhere else if it is given; else in the folder named by
    ``ENSEMBLE_LAB_DATA``, in Keras's cache (``KERAS_HOME`` and ``~/.keras``) and in our own
    cache, into which it downloads what is nowhere. In each, a sub-folder named after the
    publication comes first. What is found is found again if it is handed on as `data_dir`.

    Raises
    ------
    DataError
        `data_dir` does not hold the files, or the download failed.
    MissingExtraError
        There is something to download and pooch is not installed.
    """
    if data_dir is not None:
        found = _find_in(data_dir, publication)
        if found is None:
            raise _describe_lack(publication, data_dir)
        return found
    folders = _usual_folders()
    places = (_find_in(folder, publication) for folder in folders)
    return next(filter(None, places), None) or _download(publication, folders)


def find_anywhere(publication: Publication, data_dir: Path | None = None) -> Path:
    """Return the folder that holds the files: `data_dir` is looked at first, not alone.

    For files that go with others and need not lie beside them. Raises what `find_folder`
    raises, but for a `data_dir` without them.
    """
    found = None if data_dir is None else _find_in(data_dir, publication)
    return found or find_folder(publication)


def find_file(folder: Path, name: str) -> Path | None:
    """Return where a file lies in a folder, as published or without its ``.gz``; or None."""
    paths = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in paths if path.is_file()), None)


def check_file(folder: Path, file: PublishedFile) -> Path:
    """Return where a file lies in a folder that `find_folder` found, its checksum compared.

    An unpacked file has no published checksum; whoever reads it must look at its content.

    Raises
    ------
    DataError
        It is not there, not readable, or other content has its name.
    """
    path = find_file(folder, file.name)
    if path is None:
        raise DataError(f"data folder must hold {file.name}; got {folder} without it.")
    if path.name != file.name:
        return path
    kind, _, expected = file.checksum.partition(":")
    title, new = _HASHES[kind]
    try:
        with path.open("rb") as opened:
            digest = hashlib.file_digest(opened, new).hexdigest()
    except OSError as error:
        raise DataError(
            f"{file.name} must be readable; got {error.strerror or error}, in {path}."
        ) from error
    if digest != expected:
        raise DataError(
            f"{file.name} must have {title} {expected[:12]}… as published; got {digest[:12]}…, in "
            f"{path}. Download it again, or use source 'npz' for other data."
        )
    return path


def _usual_folders() -> list[Path]:
    named = os.environ.get("ENSEMBLE_LAB_DATA")
    keras = os.environ.get("KERAS_HOME")
    folders = [Path(named)] if named else []
    folders += [Path(keras) / "datasets"] if keras else []
    return [*folders, Path("~/.keras/datasets").expanduser()]


def _find_in(folder: Path, publication: Publication) -> Path | None:
    places = [folder / name for name in publication.folders]
    is_named = any(folder.absolute().as_posix().endswith(f"/{n}") for n in publication.folders)
    if publication.has_own_names or is_named:
        places.append(folder)
    return next((place for place in places if _holds(place, publication)), None)


def _holds(place: Path, publication: Publication) -> bool:
    sets = (publication.instead, tuple(file.name for file in publication.files))
    return any(names and all(find_file(place, name) for name in names) for names in sets)


def _describe_lack(publication: Publication, data_dir: Path) -> DataError:
    if not data_dir.is_dir():
        return DataError(f"data folder must be a folder; got {data_dir}.")
    places = [data_dir / name for name in publication.folders]
    # The place that holds most of it is the one that was meant.
    place = min(
        [data_dir, *places] if publication.has_own_names else places,
        key=lambda place: len(_lacking(place, publication)),
    )
    lacking = ", ".join(_lacking(place, publication))
    # Several are listed in what must be there; once is enough.
    instead = f"{publication.instead[0]} and " if len(publication.instead) == 1 else ""
    inside = "" if publication.has_own_names else f" in a folder {publication.folders[0]} inside it"
    return DataError(
        f"data folder must hold {_name_files(publication)}{inside}; got {data_dir} without "
        f"{instead}{lacking}."
    )


def _lacking(place: Path, publication: Publication) -> list[str]:
    return [file.name for file in publication.files if find_file(place, file.name) is None]


def _name_files(publication: Publication) -> str:
    """Return in words what a folder must hold."""
    count = len(publication.files)
    files = publication.files[0].name if count == 1 else f"the {count} files of {publication.title}"
    return f"{', '.join(publication.instead)} or {files}" if publication.instead else files


def _list_files(publication: Publication) -> str:
    """Return all that must be laid into a folder, by name."""
    files = ", ".join(file.name for file in publication.files)
    return f"{files} (or {', '.join(publication.instead)})" if publication.instead else files


def _download(publication: Publication, looked_in: list[Path]) -> Path:
    places = ", ".join(map(str, looked_in))
    try:
        import pooch
    except ImportError:
        raise MissingExtraError(
            f"{publication.title} must lie in one of {places}, or pooch be installed to download "
            "it. Install it with: pip install 'ensemble-lab[train]'"
        ) from None
    pooch.get_logger().setLevel("ERROR")
    cache = pooch.create(
        path=pooch.os_cache("ensemble-lab") / publication.folders[0],
        base_url=publication.address,
        registry={file.name: file.checksum for file in publication.files},
    )
    # stream=False: pooch leaves the socket of a refused stream open.
    downloader = pooch.HTTPDownloader(timeout=30, stream=False)
    try:
        for file in publication.files:
            cache.fetch(file.name, downloader=downloader)
    except (OSError, ValueError) as error:
        # An HTTP library's words fill half a screen; what and why stand at their ends.
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        cause = cause if len(cause) <= 200 else f"{cause[:110]} … {cause[-80:]}"
        inside = "a folder" if publication.has_own_names else f"DIR/{publication.folders[0]}"
        named = "it" if publication.has_own_names else "DIR"
        raise DataError(
            f"{publication.title} must be downloaded from {publication.address}, as it is in none "
            f"of {places}; that failed: {cause.rstrip('.')}. Lay {_list_files(publication)} into "
            f"{inside} and name {named} with --data-dir or ENSEMBLE_LAB_DATA."
        ) from error
    return Path(cache.abspath)
