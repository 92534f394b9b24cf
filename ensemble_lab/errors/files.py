"""Catalogues on disk: a question's rows, kept with their decision and pictures."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue
from ensemble_lab.exceptions import DamagedError, PredictionError
from ensemble_lab.store.files import check_field, check_name
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from ensemble_lab.store.run import Run, open_run

__all__ = ["load_catalogue", "save_catalogue"]

_HEADER = ("split", "members", "decision", "parents")
_COLUMNS = tuple(field.name for field in fields(Catalogue) if field.name not in _HEADER)


def save_catalogue(run: Run | Path | str, catalogue: Catalogue, name: str) -> Path:
    """Write a catalogue as ``catalogues/<split>-<decision digest, 8 hex>-<name>.h5``.

    A catalogue of that name is replaced.

    Parameters
    ----------
    run : Run or path
    catalogue : Catalogue
    name : str

    Raises
    ------
    StoreError
        The name is not lower-case letters, digits and hyphens, or it cannot be written.
    """
    check_name(name, what="catalogue name")
    run = open_run(run)
    stem = f"{catalogue.split}-{catalogue.decision.digest[:8]}-{name}"
    path = run.path / "catalogues" / f"{stem}.h5"
    header = {
        "split": catalogue.split,
        "members": list(catalogue.members),
        "decision": catalogue.decision.to_json(),
        "parents": list(catalogue.parents),
    }
    arrays = {column: getattr(catalogue, column) for column in _COLUMNS}
    write_sealed(path, "catalogue", header, {k: v for k, v in arrays.items() if v is not None})
    return path


def load_catalogue(path: Path | str) -> Catalogue:
    """Read a saved catalogue.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        It is damaged or no catalogue.
    """
    with open_sealed(Path(path), "catalogue") as file:
        header = file.header
        return Catalogue(
            split=check_field(header, "split", str, file.path),
            members=_read_texts(header, "members", file.path),
            decision=_read_decision(header, file.path),
            parents=_read_texts(header, "parents", file.path),
            **{column: file.read(column) for column in _COLUMNS if column in file},
        )


def _read_texts(header: dict[str, Any], name: str, path: Path) -> tuple[str, ...]:
    texts = check_field(header, name, list, path)
    for text in texts:
        if not isinstance(text, str):
            raise DamagedError(f"{name} must be texts; got {text!r}, in {path}.")
    return tuple(texts)


def _read_decision(header: dict[str, Any], path: Path) -> Decision:
    try:
        return Decision.from_json(check_field(header, "decision", dict, path))
    except PredictionError as error:
        raise DamagedError(f"{str(error).rstrip('.')}, in {path}.") from None
