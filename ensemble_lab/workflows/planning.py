"""From an experiment and its data to the members that a run must hold."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ensemble_lab.arrays import closest
from ensemble_lab.data.dataset import Dataset, missing_classes, number_classes
from ensemble_lab.data.sources import load_dataset
from ensemble_lab.exceptions import DataError, SpecError
from ensemble_lab.spec.experiment import ExperimentSpec, load_experiment
from ensemble_lab.spec.member import Backend, MemberSpec
from ensemble_lab.store.run import Entry
from ensemble_lab.training.plan import MemberPlan, describe_plan, hash_examples

__all__ = ["Plan", "PlannedMember", "plan_experiment", "select_members"]


@dataclass(frozen=True)
class PlannedMember:
    """A member, its size and its entry in the manifest."""

    spec: MemberSpec
    plan: MemberPlan
    entry: Entry


@dataclass(frozen=True)
class Plan:
    """What training an experiment means.

    Attributes
    ----------
    experiment : ExperimentSpec
    dataset : Dataset
    class_names : tuple of str
        One for each output of the members.
    members : tuple of PlannedMember
        In the order of the experiment file.
    """

    experiment: ExperimentSpec
    dataset: Dataset
    class_names: tuple[str, ...]
    members: tuple[PlannedMember, ...]

    @property
    def tflop(self) -> float:
        """Training of all members in 10**12 floating-point operations."""
        return sum(member.plan.tflop for member in self.members)


def plan_experiment(
    experiment: ExperimentSpec | Path | str,
    *,
    data_dir: Path | str | None = None,
    backend: Backend | None = None,
) -> Plan:
    """Load an experiment and its data, and resolve each member against them.

    Parameters
    ----------
    experiment : ExperimentSpec or path
    data_dir : path, optional
        Where to look for data first.
    backend : {"tensorflow", "jax"}, optional
        For all members, whatever the file says.

    Raises
    ------
    SpecError
        The file is wrong, or asks for what the data cannot give.
    DataError
        The data are not there, damaged, or lack training images of a class.
    """
    if not isinstance(experiment, ExperimentSpec):
        experiment = load_experiment(experiment)
    dataset = load_dataset(experiment.data, Path(data_dir) if data_dir else None)
    specs = experiment.expand()
    if backend is not None:
        specs = tuple(
            MemberSpec.model_validate(spec.model_dump() | {"backend": backend}) for spec in specs
        )
    class_names = _name_outputs(experiment, dataset)
    examples = hash_examples(dataset)
    n_train = dataset.split("train").n_examples
    return Plan(
        experiment=experiment,
        dataset=dataset,
        class_names=class_names,
        members=tuple(
            PlannedMember(
                spec=spec,
                plan=describe_plan(spec, dataset.image_shape, len(class_names), n_train),
                entry=Entry(
                    spec.key, spec.group, "trained", spec.identity(examples), spec.to_json()
                ),
            )
            for spec in specs
        ),
    )


def _name_outputs(experiment: ExperimentSpec, dataset: Dataset) -> tuple[str, ...]:
    """Return a name for each class that the members can name; all members must agree."""
    asked = {group.architecture.outputs for group in experiment.members}
    sizes = {outputs or dataset.n_classes for outputs in asked}
    if len(sizes) > 1:
        raise SpecError(
            f"outputs must be the same for all members; got {', '.join(map(str, sorted(sizes)))}, "
            f"in experiment {experiment.name}."
        )
    n_outputs = sizes.pop()
    if n_outputs < dataset.n_classes:
        raise SpecError(
            f"outputs must be at least the {dataset.n_classes} classes of {dataset.name}; got "
            f"{n_outputs}, in experiment {experiment.name}."
        )
    absent = missing_classes(dataset.split("train"), dataset.n_classes)
    if absent and None in asked:
        listed = ", ".join(dataset.class_names[label] for label in absent[:5])
        raise DataError(
            f"every class must have training images; got none of {listed} in {dataset.name}. "
            f"Say outputs = {dataset.n_classes} in each architecture to train all the same."
        )
    return (*dataset.class_names, *number_classes(n_outputs)[dataset.n_classes :])


def select_members(
    members: tuple[PlannedMember, ...], patterns: tuple[str, ...], shard: str | None
) -> tuple[PlannedMember, ...]:
    """Return the members that match a pattern and fall in the shard ``I/N`` (I from 1 to N).

    Raises
    ------
    SpecError
        A pattern that matches none, or a shard that is none.
    """
    keys = [member.spec.key for member in members]
    for pattern in patterns:
        if not any(fnmatchcase(key, pattern) for key in keys):
            raise SpecError(
                f"members must match a key of the experiment; got {pattern!r}"
                + closest(pattern, keys)
            )
    chosen = [
        member
        for member in members
        if not patterns or any(fnmatchcase(member.spec.key, pattern) for pattern in patterns)
    ]
    if shard is None:
        return tuple(chosen)
    number, slash, count = shard.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count)):
        raise SpecError(f"shard must be I/N with I from 1 to N; got {shard!r}. Write 1/4, say.")
    return tuple(chosen[int(number) - 1 :: int(count)])
