"""Variants of predictions: what their files are called, who has some, and how they were made."""

from typing import TYPE_CHECKING

from ensemble_lab.exceptions import DamagedError, MissingError
from ensemble_lab.spelling import closest
from ensemble_lab.store.files import check_field, check_name, is_name
from ensemble_lab.store.hdf5 import SealedFile, open_sealed
from ensemble_lab.store.run import Run

if TYPE_CHECKING:
    from ensemble_lab.spec.variant import VariantSpec

__all__ = ["check_variant", "find_variants", "load_variant", "name_file", "refuse_variant"]


def name_file(split: str, variant: str | None) -> str:
    """Return the name of a file of predictions, without its folder.

    Examples
    --------
    >>> name_file("test", None), name_file("test", "tta-8")
    ('predictions-test.h5', 'predictions-test.tta-8.h5')
    """
    name = f"predictions-{check_name(split, what='split')}"
    if variant is not None:
        # A point, which no name may hold: "test-flip" may be a split of its own.
        name += f".{check_name(variant, what='variant')}"
    return f"{name}.h5"


def find_variants(run: Run, split: str) -> tuple[str, ...]:
    """Return the names of the variants in which some member has predictions on a split, sorted."""
    start, end = f"predictions-{check_name(split, what='split')}.", ".h5"
    found = {
        path.name.removeprefix(start).removesuffix(end)
        for key in run.keys
        for path in run.member_folder(key).glob(f"{start}*{end}")
    }
    # A copy that somebody keeps beside a file (test.h5.old.h5) is none.
    return tuple(sorted(filter(is_name, found)))


def load_variant(run: Run, key: str, split: str) -> "VariantSpec":
    """Return how the variant that a run is asked in was made of a member's predictions on a split.

    Raises
    ------
    MissingError
        The member has no such predictions.
    DamagedError
        The file is damaged, or of another variant.
    SpecError
        A later version made it.
    """
    # Only who asks how a variant was made needs pydantic.
    from ensemble_lab.spec.variant import parse_variant

    path = run.member_folder(key) / name_file(split, run.variant)
    with open_sealed(path, "predictions") as file:
        check_variant(run, file)
        values = check_field(file.header, "variant", dict, path)
    return parse_variant(values)


def check_variant(run: Run, file: SealedFile) -> None:
    """Refuse predictions of another variant than the one that a run is asked in."""
    about = file.header.get("variant")
    name = about.get("name") if isinstance(about, dict) else about
    if name != run.variant:
        raise DamagedError(
            f"variant must be {run.variant or 'none'}, as in the file's name; got "
            f"{'none' if name is None else repr(name)}, in {file.path}."
        )


def refuse_variant(run: Run, split: str) -> MissingError:
    """Return the refusal of a variant that no member has on a split: it names those there are."""
    found = find_variants(run, split)
    choices = f"one of {', '.join(found)}" if found else "one that is there, and there is none"
    return MissingError(
        f"variant on {split!r} must be {choices}; got {run.variant!r}, in {run.path}"
        + closest(str(run.variant), found)
    )
