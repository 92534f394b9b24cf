"""Decisions in files of their own, so that what was selected can be scored, listed and drawn."""

from pathlib import Path

from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import DamagedError, MissingError, PredictionError
from ensemble_lab.store.files import (
    FORMAT_VERSION,
    check_field,
    check_version,
    load_json,
    save_json,
)

__all__ = ["load_decision", "save_decision"]

_FORMAT = "ensemble-lab/decision"


def save_decision(path: Path | str, decision: Decision) -> None:
    """Write a decision with what it was chosen on, whole or not at all.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {"format": _FORMAT, "version": FORMAT_VERSION, "text": decision.text}
    save_json(path, values | {"decision": decision.to_json()})


def load_decision(path: Path | str) -> Decision:
    """Read a decision that `save_decision` wrote.

    Raises
    ------
    MissingError
        No such file.
    DamagedError
        It is no decision, or not one that can be.
    NewerFormatError
        A later version wrote it.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingError(f"a decision must be a file that select wrote; got no {path}.")
    values = load_json(path, what="a decision")
    if values.get("format") != _FORMAT:
        raise DamagedError(f"format must be {_FORMAT!r}; got {values.get('format')!r}, in {path}.")
    check_version(values.get("version"), path)
    fields = check_field(values, "decision", dict, path)
    try:
        return Decision.from_json(fields)
    except (PredictionError, TypeError) as error:
        raise DamagedError(
            f"a decision must be one that can be made; {error}, in {path}."
        ) from None
