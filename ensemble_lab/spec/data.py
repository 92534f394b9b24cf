"""Where images come from, what is done to them, and how the validation split is cut."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.frozen import FrozenSpec, parse_stored

__all__ = [
    "CanvasSpec",
    "Corruption",
    "DataSpec",
    "Digits",
    "EmnistDigits",
    "FashionMnist",
    "Kaggle",
    "Kmnist",
    "Mnist",
    "Npz",
    "Qmnist",
    "ValidationSpec",
    "parse_data",
    "resolve_path",
]


class ValidationSpec(FrozenSpec):
    """A share of the training split, the same for all members, or all of it in folds.

    Attributes
    ----------
    share : float
        Fraction of the training examples, from 0 (none) to below 1; left out with `folds`.
    by : {"example", "writer"}
        What is kept whole when cutting: an example (classes get equal shares), or all that
        one person wrote (the writers' series get equal shares).
    seed : int
        Decides which examples; independent of the members' seeds.
    folds : int or None
        Cut the training split into this many parts instead, and train every seed once a
        part, which it does not learn from and is validated on.
    """

    share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    by: Literal["example", "writer"] = "example"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    folds: Annotated[int, Field(ge=2, le=1000)] | None = None

    @model_validator(mode="after")
    def _check_one_way(self) -> Self:
        if self.folds is not None and "share" in self.model_fields_set:
            raise ValueError(
                f"validation must have a share or folds; got share = {self.share} and "
                f"folds = {self.folds}. With folds each part is validated on once"
            )
        return self


class CanvasSpec(FrozenSpec):
    """A square of zeros, on which each image lies whole, at a random place of its own.

    Attributes
    ----------
    size : int
        Its side in pixels, at least the images' height and width.
    seed : int
        Decides the places; independent of the other seeds.
    largest_offset : int or None
        No image lies further down or further to the right than this; None for as far as
        the canvas reaches, which is ``size`` less the image's side.
    """

    size: Annotated[int, Field(ge=1, le=4096)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    largest_offset: Annotated[int, Field(ge=0)] | None = None


class Corruption(FrozenSpec):
    """A harm done to every image of all splits, the same each time they are loaded.

    Attributes
    ----------
    name : str
        A row of `ensemble_lab.data.corruptions.CORRUPTIONS`, which says what it does.
    strength : int
        1 (hardly noticed) to 5 (a person still reads most digits).
    seed : int
        Decides what is random of it; independent of the other seeds.
    """

    name: Literal[
        "noise", "blur", "contrast", "occlusion", "thick", "thin", "shift", "rotation", "shear"
    ]
    strength: Annotated[int, Field(ge=1, le=5)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0


class _Data(FrozenSpec):
    validation: ValidationSpec = ValidationSpec()
    canvas: CanvasSpec | None = None
    transforms: Annotated[tuple[Corruption, ...], Field(strict=False, max_length=16)] = ()
    """Done in this order to the images as they lie on the canvas."""


class Digits(_Data):
    """Scikit-learn's 1,797 bundled scans, scaled to 28×28; nothing is downloaded."""

    name: Literal["digits"]


class Mnist(_Data):
    """MNIST from a data folder, Keras's cache, or a checked download."""

    name: Literal["mnist"]


class Qmnist(_Data):
    """MNIST rebuilt from NIST's scans with its 60,000 test images, found as MNIST is."""

    name: Literal["qmnist"]


class FashionMnist(_Data):
    """Zalando's articles in the format of MNIST, found in a folder ``fashion_mnist``."""

    name: Literal["fashion_mnist"]


class Kmnist(_Data):
    """Ten cursive hiragana in the format of MNIST, found in a folder ``kmnist``."""

    name: Literal["kmnist"]


class EmnistDigits(_Data):
    """EMNIST's 280,000 digits, in NIST's archive or unpacked."""

    name: Literal["emnist_digits"]


class _Own(_Data):
    """Data that lie where the user says; a relative `path` is beside the experiment file."""

    path: str


class Npz(_Own):
    """Your own x_train, y_train, x_test, y_test in one npz file.

    A relative `path` is looked up beside the experiment file.
    """

    name: Literal["npz"]


class Kaggle(_Own):
    """Kaggle's train.csv and test.csv in one folder.

    A relative `path` is looked up beside the experiment file.
    """

    name: Literal["kaggle"]


DataSpec = Annotated[
    Digits | Mnist | Qmnist | EmnistDigits | FashionMnist | Kmnist | Npz | Kaggle,
    Field(discriminator="name"),
]

_ADAPTER: TypeAdapter[DataSpec] = TypeAdapter(DataSpec)


def parse_data(values: dict[str, Any]) -> DataSpec:
    """Return the data spec that `FrozenSpec.to_json` wrote.

    Raises
    ------
    SpecError
        It is none; a later version may know it. Or nothing at all: imported examples are from
        no known source.
    """
    if not values:
        raise SpecError(
            "images must come from a known source here; got imported labels, which name none. "
            "Import with --data SOURCE instead of --labels."
        )
    return parse_stored(_ADAPTER, values, what="data source")


def resolve_path(spec: DataSpec, folder: Path) -> DataSpec:
    """Return the spec with its path, if it has one, whole: a relative one begins at `folder`.

    Examples
    --------
    >>> resolve_path(Npz(name="npz", path="/b/x.npz"), Path("/a")).path
    '/b/x.npz'
    """
    if not isinstance(spec, _Own):
        return spec
    return spec.model_copy(update={"path": str((folder / spec.path).resolve())})
