"""A variant of predictions: several copies of each image are asked, and their answers averaged."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.architecture import SgdLinear
from ensemble_lab.spec.augmentation import Augmentation, Fill
from ensemble_lab.spec.frozen import FrozenSpec, describe_spec, parse_stored
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spelling import closest, parse_whole

__all__ = [
    "AugmentedCopies",
    "CopiesSpec",
    "ShiftedCopies",
    "VariantSpec",
    "name_variant",
    "parse_copies",
    "parse_variant",
    "resolve_copies",
]

_MOST = 1000
_SHIFTS = "shifts"


class AugmentedCopies(FrozenSpec):
    """The image as it is, and copies of it that an augmentation draws.

    Attributes
    ----------
    n_copies : int
        The image as it is counts as one.
    augmentation : Augmentation or None
        What draws the others; None for that which each member was trained with.
    seed : int
        Root seed of the draws. They depend on it, the example's index and the number of the
        copy alone: whatever is asked beside it, and whichever member is asked.
    """

    name: Literal["augmented"]
    n_copies: Annotated[int, Field(ge=2, le=_MOST)] = 8
    augmentation: Augmentation | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0

    @property
    def text(self) -> str:
        """The copies in words."""
        entries = self.augmentation or ()
        by = ", ".join(map(describe_spec, entries)) or "their training's augmentation"
        return f"{self.n_copies} copies by {by}, seed {self.seed}"


class ShiftedCopies(FrozenSpec):
    """The image as it is, and moved by whole pixels along each axis and both.

    Attributes
    ----------
    pixels : int
        How far.
    fill : {"nearest", "constant"}
        What is seen beyond the border: the nearest pixel, or zero.
    """

    name: Literal["shifted"]
    pixels: Annotated[int, Field(ge=1, le=_MOST)] = 1
    fill: Fill = "nearest"

    @property
    def offsets(self) -> tuple[tuple[int, int], ...]:
        """How far each copy moves (down, right), the one that does not first.

        Examples
        --------
        >>> ShiftedCopies(name="shifted").offsets[:4]
        ((0, 0), (-1, -1), (-1, 0), (-1, 1))
        """
        steps = (-self.pixels, 0, self.pixels)
        moved = [(down, right) for down in steps for right in steps]
        return tuple(sorted(moved, key=lambda offset: offset != (0, 0)))

    @property
    def n_copies(self) -> int:
        """Nine: the image as it is counts as one."""
        return len(self.offsets)

    @property
    def text(self) -> str:
        """The copies in words."""
        return f"{self.n_copies} copies by shifts of {self.pixels} px, fill {self.fill}"


CopiesSpec = Annotated[AugmentedCopies | ShiftedCopies, Field(discriminator="name")]


class VariantSpec(FrozenSpec):
    """What members say when they are asked otherwise than plainly.

    Attributes
    ----------
    name : str
        Part of the file's name, as a split's is.
    copies : CopiesSpec
        Of each image. The probabilities are the mean of those of all copies: float64 sums in
        the order of the copies, stored as float32.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,95}$")]
    copies: CopiesSpec


_ADAPTER: TypeAdapter[VariantSpec] = TypeAdapter(VariantSpec)


def parse_variant(values: object) -> VariantSpec:
    """Return the variant that `FrozenSpec.to_json` wrote.

    Raises
    ------
    SpecError
        It is none; a later version may know it.
    """
    return parse_stored(_ADAPTER, values, what="variant")


def parse_copies(text: str) -> AugmentedCopies | ShiftedCopies:
    """Return the copies that ``N[:SEED]`` or ``shifts[:PIXELS]`` says.

    Raises
    ------
    SpecError
        It says none, or too few or many.

    Examples
    --------
    >>> parse_copies("8:3").n_copies, parse_copies("8:3").seed
    (8, 3)
    >>> parse_copies("shifts").n_copies
    9
    """
    word, colon, number = text.strip().partition(":")
    if word == _SHIFTS:
        pixels = parse_whole(number, name="pixels of shifts", error=SpecError) if colon else 1
        _check_range(pixels, "pixels of shifts", 1)
        return ShiftedCopies(name="shifted", pixels=pixels)
    if not word.isdecimal():
        raise SpecError(
            f"copies must be N, N:SEED, shifts or shifts:PIXELS; got {text[:40]!r}"
            + closest(word[:40], [_SHIFTS])
        )
    n_copies = parse_whole(word, name="copies", error=SpecError)
    _check_range(n_copies, "copies", 2)
    seed = parse_whole(number, name="seed of copies", error=SpecError) if colon else 0
    if seed >= 2**63:
        raise SpecError(f"seed of copies must be below 2**63; got {seed}.")
    return AugmentedCopies(name="augmented", n_copies=n_copies, seed=seed)


def _check_range(number: int, name: str, least: int) -> None:
    if not least <= number <= _MOST:
        raise SpecError(f"{name} must be from {least} to {_MOST}; got {number}.")


def name_variant(copies: AugmentedCopies | ShiftedCopies) -> str:
    """Return what a variant is called, unless its user says.

    Examples
    --------
    >>> name_variant(parse_copies("8")), name_variant(parse_copies("8:3"))
    ('tta-8', 'tta-8-seed-3')
    >>> name_variant(parse_copies("shifts"))
    'tta-shifts-1'
    """
    if isinstance(copies, ShiftedCopies):
        return f"tta-shifts-{copies.pixels}"
    return f"tta-{copies.n_copies}" + (f"-seed-{copies.seed}" if copies.seed else "")


def resolve_copies(
    copies: AugmentedCopies | ShiftedCopies, member: MemberSpec
) -> AugmentedCopies | ShiftedCopies:
    """Return the copies that a member is asked about, all of it written out.

    Raises
    ------
    SpecError
        The member was trained without augmentation and none is named, cannot be asked about
        warped images, or gives votes alone, which have no mean.
    """
    architecture, instead = member.architecture, "Ask about others with --members"
    if isinstance(architecture, SgdLinear) and architecture.loss == "hinge":
        raise SpecError(
            f"members that are asked about copies must give probabilities; {member.key} gives "
            f"votes alone. {instead}."
        )
    if isinstance(copies, ShiftedCopies):
        return copies
    if not architecture.has_recipe:
        raise SpecError(
            f"augmented copies must be of a net, which warps them; {member.key} is "
            f"{architecture.name!r}. {instead}, or about shifts."
        )
    augmentation = member.training.augmentation
    augmentation = augmentation if copies.augmentation is None else copies.augmentation
    if not augmentation:
        raise SpecError(
            f"augmented copies must have an augmentation; {member.key} was trained without. "
            f"{instead}, or about shifts."
        )
    return copies.model_copy(update={"augmentation": augmentation})
