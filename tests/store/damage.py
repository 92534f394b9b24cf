"""Ways to spoil a sealed file, each of which must be refused in one line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ensemble_lab.store.seal import seal

SEAL_BYTES = 80
TERABYTE = 2**40

Spoiler = Callable[[Path], None]


def edit_hdf5(path: Path, change: Callable[[h5py.File], None]) -> None:
    """Change a sealed file inside and seal it again, as only an attacker would."""
    path.write_bytes(path.read_bytes()[:-SEAL_BYTES])
    with h5py.File(path, "r+") as file:
        change(file)
    seal(path, "ab" * 32)


def edit_header(path: Path, change: Callable[[dict[str, Any]], None], name: str = "header") -> None:
    def rewrite(file: h5py.File) -> None:
        values = json.loads(file[f"ensemble_lab/{name}"][()].tobytes())
        change(values)
        write_header(file, json.dumps(values).encode(), name)

    edit_hdf5(path, rewrite)


def write_header(file: h5py.File, text: bytes, name: str = "header") -> None:
    del file[f"ensemble_lab/{name}"]
    file[f"ensemble_lab/{name}"] = np.frombuffer(text, np.uint8)


def replace_dataset(path: Path, name: str, values: Any) -> None:
    def rewrite(file: h5py.File) -> None:
        del file[name]
        file[name] = values

    edit_hdf5(path, rewrite)


def _inside(change: Callable[[h5py.File], None]) -> Spoiler:
    return lambda path: edit_hdf5(path, change)


def _header(text: bytes) -> Spoiler:
    return _inside(lambda file: write_header(file, text))


def _field(name: str, value: Any) -> Spoiler:
    return lambda path: edit_header(path, lambda values: values.update({name: value}))


def _other_hdf5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["data"] = np.arange(100)


def _sealed_other_hdf5(path: Path) -> None:
    _other_hdf5(path)
    seal(path, "ab" * 32)


def _sealed_text(path: Path) -> None:
    path.write_text("all is well\n")
    seal(path, "ab" * 32)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "data", (3,))
    file.create_virtual_dataset("aside", layout)


def _cycle(file: h5py.File) -> None:
    group = file.create_group("aside")
    group["again"] = group


def _maze(file: h5py.File) -> None:
    group = file.create_group("aside")
    for number in range(30):
        below = group.create_group(f"g{number}")
        group["other"] = below
        group = below


def _deep(file: h5py.File) -> None:
    file.create_group("/".join(["aside"] * 500))


def _bad_name(file: h5py.File) -> None:
    h5py.h5g.create(file.id, b"\xff\xfe")


def _compound(file: h5py.File) -> None:
    file["aside"] = np.zeros(2, [("a", "f4"), ("b", "i4")])


def _named_type(file: h5py.File) -> None:
    file["aside"] = np.dtype("f4")


def _lose_header(file: h5py.File) -> None:
    del file["ensemble_lab/header"]


def _header_group(file: h5py.File) -> None:
    _lose_header(file)
    file.create_group("ensemble_lab/header")


SPOILERS: dict[str, tuple[Spoiler, str]] = {
    "empty": (lambda path: path.write_bytes(b""), "seal"),
    "text": (lambda path: path.write_text("all is well\n"), "seal"),
    "other hdf5": (_other_hdf5, "seal"),
    "sealed other hdf5": (_sealed_other_hdf5, "header"),
    "sealed text": (_sealed_text, "OSError"),
    "only a seal": (lambda path: path.write_bytes(path.read_bytes()[-SEAL_BYTES:]), "SHA-256"),
    "no seal": (lambda path: path.write_bytes(path.read_bytes()[:-SEAL_BYTES]), "seal"),
    "two seals": (lambda path: path.write_bytes(path.read_bytes() * 2), "SHA-256"),
    "a folder": (_folder, "folder"),
    "a pipe": (_pipe, "device"),
    "external link": (
        _inside(lambda file: file.update({"aside": h5py.ExternalLink("/etc/passwd", "/")})),
        "link",
    ),
    "soft link": (_inside(lambda file: file.update({"aside": h5py.SoftLink("/votes")})), "link"),
    "virtual dataset": (_inside(_virtual), "link out"),
    "external storage": (
        _inside(
            lambda file: file.create_dataset("aside", (8,), "u1", external=[("/etc/passwd", 0, 8)])
        ),
        "link out",
    ),
    "eight terabytes": (
        _inside(lambda file: file.create_dataset("aside", (8 * TERABYTE,), "u1", chunks=(1024,))),
        "must fit",
    ),
    "a size that wraps around": (
        _inside(lambda file: file.create_dataset("aside", (2**32, 2**32), "u1", chunks=(1, 1))),
        "must fit",
    ),
    "cycle": (_inside(_cycle), "linked once"),
    "maze of 2**30 ways": (_inside(_maze), "linked once"),
    "second link to a dataset": (
        _inside(lambda file: file.update({"aside": file["ensemble_lab/notes"]})),
        "linked once",
    ),
    "deep nesting": (_inside(_deep), "deep"),
    "text dataset": (
        _inside(lambda file: file.create_dataset("aside", data=["a"], dtype=h5py.string_dtype())),
        "numeric",
    ),
    "fixed text dataset": (
        _inside(lambda file: file.create_dataset("aside", data=np.array([b"a"]))),
        "numeric",
    ),
    "references": (
        _inside(lambda file: file.create_dataset("aside", (1,), h5py.ref_dtype)),
        "numeric",
    ),
    "compound": (_inside(_compound), "numeric"),
    "no values": (_inside(lambda file: file.update({"aside": h5py.Empty("f4")})), "no values"),
    "compressed": (
        _inside(lambda file: file.create_dataset("aside", data=np.zeros(9), compression="gzip")),
        "filter",
    ),
    "a type": (_inside(_named_type), "neither"),
    "a name that is no text": (_inside(_bad_name), "UnicodeDecodeError"),
    "no header": (_inside(_lose_header), "header"),
    "a group for a header": (_inside(_header_group), "header"),
    "header of half a text": (_header(b'{"kind": '), "header"),
    "header of bytes": (_header(b"\xff\xfe\x00"), "header"),
    "header of brackets": (_header(b"[" * 100_000), "header"),
    "header of a list": (_header(b"[]"), "list"),
    "header with NaN": (_header(b'{"version": NaN}'), "header"),
    "header with half a character": (_header(b'{"version": 1, "key": "\\ud800"}'), "header"),
    "header without version": (_header(b"{}"), "version"),
    "version true": (_field("version", True), "version"),
    "version 0": (_field("version", 0), "version"),
    "version text": (_field("version", "1"), "version"),
    "newer version": (_field("version", 2), "newer ensemble-lab"),
    "another kind": (_field("kind", "cake"), "cake"),
}
"""Name: what spoils a file, and a fact that the message must hold."""
