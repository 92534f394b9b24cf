"""A commented experiment file to start from."""

import re
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ensemble_lab.exceptions import SpecError, StoreError

__all__ = ["locate_template", "read_template", "write_template"]


def locate_template(name: str) -> Traversable:
    """Return where a packaged experiment file lies: ``experiment`` or ``demo``."""
    return files("ensemble_lab.workflows") / "templates" / f"{name}.toml"


def read_template(name: str) -> str:
    """Return the text of a packaged experiment file."""
    return locate_template(name).read_text("utf-8")


def write_template(path: Path | str) -> Path:
    """Write a commented experiment file, named after the file it goes to.

    Raises
    ------
    SpecError
        The file is there already.
    StoreError
        It cannot be written.
    """
    path = Path(path)
    name = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "my-experiment"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(read_template("experiment").replace('"my-experiment"', f'"{name}"'))
    except FileExistsError:
        if path.is_file():
            raise SpecError(f"a new experiment file must not exist yet; got {path}.") from None
        raise StoreError(
            f"{path} could not be written: a file stands where a folder must."
        ) from None
    except OSError as error:
        raise StoreError(f"{path} could not be written: {error.strerror}.") from None
    return path
