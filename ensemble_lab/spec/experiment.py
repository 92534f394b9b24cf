"""The experiment file: TOML in, one frozen value out, with errors that name the key."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from ensemble_lab.exceptions import SpecError
from ensemble_lab.precision import FloatName
from ensemble_lab.spec.architecture import ArchitectureSpec
from ensemble_lab.spec.data import DataSpec, resolve_path
from ensemble_lab.spec.frozen import FrozenSpec
from ensemble_lab.spec.groups import merge_groups
from ensemble_lab.spec.member import (
    Backend,
    HeldStreams,
    MemberSpec,
    check_loss,
    check_trainer,
)
from ensemble_lab.spec.messages import describe_first
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import TrainingSpec

__all__ = [
    "ExperimentSpec",
    "MemberGroup",
    "Seeds",
    "load_experiment",
    "parse_experiment",
    "read_experiment",
    "render_experiment",
]

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=64)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Seeds(FrozenSpec):
    """The seeds first, first + 1, … (`count` of them)."""

    first: Seed = 0
    count: Annotated[int, Field(ge=1, le=100_000)]

    @model_validator(mode="after")
    def _check_last(self) -> Self:
        if self.first + self.count > 2**63:
            raise ValueError(f"seeds must stay below 2**63; got {self.count} from {self.first}")
        return self


class MemberGroup(TrainingSpec):
    """Members that differ in nothing but the seed."""

    group: Name
    architecture: ArchitectureSpec
    seeds: Annotated[tuple[Seed, ...], Field(strict=False, min_length=1)] | Seeds
    threads: Annotated[int, Field(ge=1, le=1024)] = 1
    backend: Backend = "tensorflow"
    held: HeldStreams | None = None

    @model_validator(mode="after")
    def _check_loss(self) -> Self:
        # Here too: an error of a member would not know where in the file its group stands.
        check_loss(self.architecture, self.loss)
        return self

    @model_validator(mode="after")
    def _check_trainer(self) -> Self:
        check_trainer(self.architecture, self, threads=self.threads, backend=self.backend)
        return self

    @property
    def seed_list(self) -> tuple[int, ...]:
        """The seeds in order."""
        if isinstance(self.seeds, Seeds):
            return tuple(range(self.seeds.first, self.seeds.first + self.seeds.count))
        return self.seeds

    def expand(self, n_folds: int | None = None) -> tuple[MemberSpec, ...]:
        """Return one member a seed, keyed ``<group>-<seed, four digits>``.

        With `n_folds` it is one a seed and fold: ``-fold-0``, ``-fold-1`` … end the key.
        """
        recipe = {field: getattr(self, field) for field in TrainingSpec.model_fields}
        folds = (None,) if n_folds is None else tuple(range(n_folds))
        return tuple(
            MemberSpec(
                key=f"{self.group}-{seed:04d}" + ("" if fold is None else f"-fold-{fold}"),
                group=self.group,
                architecture=self.architecture,
                training=TrainingSpec(**recipe),
                seed=seed,
                fold=fold,
                held=self.held,
                threads=self.threads,
                backend=self.backend,
            )
            for seed in self.seed_list
            for fold in folds
        )


class ExperimentSpec(FrozenSpec):
    """A named set of member groups on one data source.

    `probabilities` is what the run stores them as. It is no part of a member, whose digest stays.
    """

    name: Name
    data: DataSpec
    members: Annotated[tuple[MemberGroup, ...], Field(strict=False, min_length=1)]
    published: Annotated[tuple[Published, ...], Field(strict=False)] = ()
    probabilities: FloatName = "float32"

    @model_validator(mode="after")
    def _check_members(self) -> Self:
        keys = sorted(member.key for member in self.expand())
        twice = [key for key, following in pairwise(keys) if key == following]
        if twice:
            raise ValueError(f"member keys must differ; {twice[0]!r} comes twice")
        self._check_groups()
        for group in self.members:
            needs = [
                what
                for what, used in (
                    ("schedule 'plateau'", group.schedule.name == "plateau"),
                    ("keep 'best-validation'", group.keep == "best-validation"),
                )
                if used
            ]
            if needs and self.data.validation.share == 0:
                raise ValueError(
                    f"{needs[0]} of group {group.group!r} needs validation examples; "
                    "data.validation.share is 0"
                )
        return self

    def _check_groups(self) -> None:
        recipes: dict[str, MemberGroup] = {}
        for group in self.members:
            plain = group.model_copy(update={"seeds": (0,)})
            if recipes.setdefault(group.group, plain) != plain:
                raise ValueError(
                    f"members of one group must differ in nothing but the seed; group "
                    f"{group.group!r} has two recipes. Give one of them another group"
                )

    def expand(self) -> tuple[MemberSpec, ...]:
        """Return all members in the order of the file, a seed's folds one after another."""
        n_folds = self.data.validation.folds
        return tuple(member for group in self.members for member in group.expand(n_folds))


def load_experiment(path: Path | str) -> ExperimentSpec:
    """Read an experiment file.

    Parameters
    ----------
    path : path
        A TOML file. A relative path inside it is taken from its folder.

    Raises
    ------
    SpecError
        No such file, no TOML, or a wrong key, type or value; names file and key.
    """
    path = Path(path)
    experiment = read_experiment(path)
    return experiment.model_copy(update={"data": resolve_path(experiment.data, path.parent)})


def read_experiment(path: Path) -> ExperimentSpec:
    """Read an experiment file as it is written: relative paths in it stay relative.

    Raises
    ------
    SpecError
        As `load_experiment`.
    """
    try:
        if path.exists() and not path.is_file():
            raise SpecError(f"experiment file must be a file; got a folder or a device, {path}.")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(
            f"experiment file must exist; got {path}. Write one with: ensemble-lab new {path}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError(
            f"experiment file must be readable UTF-8 text; got {error}, in {path}."
        ) from None
    return parse_experiment(text, source=str(path))


def parse_experiment(text: str, *, source: str = "experiment") -> ExperimentSpec:
    """Return the experiment that TOML text describes; `source` names it in messages."""
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Not only TOMLDecodeError: 5,000 digits or 5,000 brackets end in these.
        raise SpecError(f"experiment file must be TOML; got {error}, in {source}.") from None
    merged = merge_groups(values, source)
    try:
        return ExperimentSpec.model_validate(merged)
    except ValidationError as error:
        raise SpecError(
            describe_first(error, ExperimentSpec, merged, values, source, also=("defaults",))
        ) from None


def render_experiment(experiment: ExperimentSpec) -> str:
    """Return the TOML text of an experiment file that describes just this.

    What has its default value is left out, so the digest of what is read again is the same.
    """
    import tomli_w

    return tomli_w.dumps(experiment.to_json())
