"""The results.json files of experiments, read as frozen values and checked key by key."""

from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ensemble_lab.exceptions import DamagedError, MissingError
from ensemble_lab.spec.messages import describe_first
from ensemble_lab.spec.published import Published
from ensemble_lab.store.files import load_json

__all__ = [
    "DataNote",
    "ErrorCounts",
    "ExperimentResults",
    "GroupResults",
    "Hardware",
    "VoteResults",
    "find_results",
    "load_results",
]

Value = TypeVar("Value")
Many = Annotated[tuple[Value, ...], Field(strict=False)]
Count = Annotated[int, Field(ge=0)]
Amount = Annotated[float, Field(ge=0)]
Counts = Count | Annotated[tuple[Count, ...], Field(strict=False)]
Texts = str | Annotated[tuple[str, ...], Field(strict=False)]
"""A value that all members share, or one for each that differs."""


class _Stored(BaseModel):
    # What a later version added is passed over.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)


class Interval(_Stored):
    """Ends of a 95 % interval, in errors."""

    low: Amount
    high: Amount


class ErrorCounts(Interval):
    """Test errors of a group: mean and sample standard deviation over members, Wilson interval.

    `sd` is None for one member.
    """

    mean: Amount
    sd: Amount | None


class GroupResults(_Stored):
    """A group of members: what each is, what it cost, and how it did on average.

    `epochs` and `tflop` are None where training has no epochs.
    """

    group: str
    preset: str | None
    parameters: Counts
    epochs: Counts | None
    n_members: Annotated[int, Field(ge=1)]
    seeds: Many[Count]
    tflop: Amount | None
    test_errors: ErrorCounts


class VoteResults(_Stored):
    """The vote of all members of an experiment by one rule."""

    decision: str
    errors: Count
    interval: Interval
    n_ties: Count


class Hardware(_Stored):
    """What the members were trained on."""

    cpu: Texts = ""
    cores: Counts = 0
    device: Texts = "CPU"
    backend: Texts = ""


class Canvas(_Stored):
    """The empty square on which images lie."""

    size: Count


class Transform(_Stored):
    """A corruption of all images."""

    name: str
    strength: Count


class DataNote(_Stored):
    """Where images come from, what is done to them, and their shape (height, width, channels)."""

    name: str
    image_shape: Many[Count]
    canvas: Canvas | None = None
    transforms: Many[Transform] = ()


class SplitSize(_Stored):
    """How many examples a split has."""

    n_examples: Annotated[int, Field(ge=1)]


class FoldedSize(SplitSize):
    """How many examples a split has, and in how many folds."""

    n_folds: Annotated[int, Field(ge=2)]


class SplitSizes(_Stored):
    """The splits of an experiment: a share of train was validated on, or all of it in folds."""

    train: SplitSize
    validation: SplitSize | None = None
    out_of_fold: FoldedSize | None = Field(default=None, alias="train-oof")
    test: SplitSize


class ExperimentResults(_Stored):
    """What `ensemble-lab results` wrote of a run, but for what no table shows.

    Attributes
    ----------
    folder : Path
        Holds the file.
    experiment : str
        Name of the run.
    minutes, tflop : float
        Of all members together.
    """

    folder: Path
    experiment: str
    minutes: Amount
    tflop: Amount
    data: DataNote
    splits: SplitSizes
    hardware: Hardware
    groups: Annotated[tuple[GroupResults, ...], Field(strict=False, min_length=1)]
    votes: Many[VoteResults]
    chosen_on: str | None
    published: Many[Published]

    @property
    def n_members(self) -> int:
        """Members of all groups."""
        return sum(group.n_members for group in self.groups)


def find_results(folder: Path | str) -> tuple[ExperimentResults, ...]:
    """Read every ``<folder>/*/results.json``, in the order of the folders' names.

    Raises
    ------
    MissingError
        There is no such folder, or no results.json in it.
    DamagedError
        As `load_results`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingError(f"experiments must be a folder; got none at {folder}.")
    paths = sorted(folder.glob("*/results.json"))
    if not paths:
        raise MissingError(
            f"experiments must hold a results.json in a folder each; got none in {folder}. "
            "Write one with: ensemble-lab results"
        )
    return tuple(load_results(path) for path in paths)


def load_results(path: Path | str) -> ExperimentResults:
    """Read a results.json.

    Raises
    ------
    MissingError
        There is no such file.
    DamagedError
        It is no JSON, or a key is missing or holds something else; names file and key.
    """
    path = Path(path)
    values: dict[str, Any] = load_json(path, what="results.json")
    try:
        return ExperimentResults.model_validate(values | {"folder": path.parent})
    except ValidationError as error:
        found = describe_first(error, ExperimentResults, values, values, str(path))
        raise DamagedError(f"{found} Write it again with: ensemble-lab results") from None
