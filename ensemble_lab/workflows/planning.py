"""From an experiment and its data to the members that a run must hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.canonical import digest_of
from ensemble_lab.data.dataset import Dataset, missing_classes, number_classes
from ensemble_lab.data.folds import take_fold
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.exceptions import DataError, SpecError
from ensemble_lab.spec.experiment import ExperimentSpec, load_experiment
from ensemble_lab.spec.member import Backend, MemberSpec
from ensemble_lab.spelling import match_keys, parse_whole
from ensemble_lab.store.run import Entry
from ensemble_lab.training.plan import MemberPlan, describe_plan, find_streams, hash_examples

__all__ = ["Plan", "PlannedMember", "choose_keys", "plan_experiment"]


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
        What the run records; `ensemble_lab.data.folds.take_fold` gives what a member sees.
    class_names : tuple of str
        One for each output of the members.
    members : tuple of PlannedMember
        All, in the order of the experiment file.
    chosen : tuple of str
        Keys of those that are asked for.
    """

    experiment: ExperimentSpec
    dataset: Dataset
    class_names: tuple[str, ...]
    members: tuple[PlannedMember, ...]
    chosen: tuple[str, ...]

    @property
    def chosen_members(self) -> tuple[PlannedMember, ...]:
        """The members that are asked for."""
        return tuple(member for member in self.members if member.spec.key in self.chosen)


def plan_experiment(
    experiment: ExperimentSpec | Path | str,
    *,
    members: Sequence[str] = (),
    shard: str | None = None,
    data_dir: Path | str | None = None,
    backend: Backend | None = None,
) -> Plan:
    """Load an experiment and its data, and resolve each member against them.

    Parameters
    ----------
    experiment : ExperimentSpec or path
    members : sequence of str
        Patterns of the keys that are chosen (``bn-elu-*``); all unless given.
    shard : str, optional
        ``I/N``: of those, every N-th from the I-th on.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.
    backend : {"tensorflow", "jax"}, optional
        For the chosen members that it can train, whatever the file says.

    Raises
    ------
    SpecError
        The file is wrong, or asks for what the data cannot give; no such member or shard.
    DataError
        The data are not there, damaged, or lack training images of a class.
    """
    if not isinstance(experiment, ExperimentSpec):
        experiment = load_experiment(experiment)
    specs = experiment.expand()
    chosen = choose_keys(tuple(spec.key for spec in specs), members, shard)
    if backend is not None:
        specs = tuple(spec.on_backend(backend) if spec.key in chosen else spec for spec in specs)
    dataset = load_dataset(experiment.data, Path(data_dir) if data_dir else None)
    class_names = _name_outputs(experiment, dataset)
    planned = _plan_members(specs, dataset, len(class_names))
    _check_different(planned)
    return Plan(experiment, dataset, class_names, planned, chosen)


def _plan_members(
    specs: tuple[MemberSpec, ...], dataset: Dataset, n_classes: int
) -> tuple[PlannedMember, ...]:
    # Each fold is cut and hashed once, and let go before the next.
    seen = {
        fold: (hash_examples(part), part.split("train").n_examples)
        for fold in {spec.fold for spec in specs}
        for part in (take_fold(dataset, fold),)
    }
    return tuple(
        PlannedMember(
            spec=spec,
            plan=describe_plan(spec, dataset.image_shape, n_classes, n_train),
            entry=Entry(spec.key, spec.group, "trained", spec.identity(examples), spec.to_json()),
        )
        for spec in specs
        for examples, n_train in (seen[spec.fold],)
    )


def _check_different(members: tuple[PlannedMember, ...]) -> None:
    """Refuse two members that would be one net: it would vote twice."""
    keys: dict[str, str] = {}
    for member in members:
        twin = keys.setdefault(_identify_net(member.spec), member.spec.key)
        if twin != member.spec.key:
            raise SpecError(
                f"members must differ; {twin} and {member.spec.key} have the same recipe and seed "
                "of all that they draw. Give one group other seeds."
            )


def _identify_net(spec: MemberSpec) -> str:
    """Return what a member's weights follow from, among members of one data set.

    Its digest has more: what is written down beside, and seeds of what it never draws.
    """
    values = spec.model_dump(mode="json", exclude={"key", "group", "seed", "held"})
    del values["training"]["epoch_votes"]
    if spec.training.keep != "average":
        del values["training"]["average_decay"]
    seeds = {"seed": spec.seed}
    if spec.architecture.has_recipe:
        seeds = {stream: spec.seed_of(stream) for stream in find_streams(spec)}
    return digest_of(values | {"seeds": seeds})


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


def choose_keys(
    keys: tuple[str, ...], patterns: Sequence[str], shard: str | None
) -> tuple[str, ...]:
    """Return the keys that match a pattern and fall in the shard ``I/N`` (I from 1 to N).

    Raises
    ------
    SpecError
        A pattern that matches none, or a shard that is none.

    Examples
    --------
    >>> choose_keys(("a-0000", "a-0001", "b-0000"), ["a-*"], "2/2")
    ('a-0001',)
    """
    chosen = match_keys(keys, patterns, where="the experiment", error=SpecError)
    if shard is None:
        return chosen
    number, _, count = shard.partition("/")
    try:
        first, step = (parse_whole(each, name="", error=SpecError) for each in (number, count))
    except SpecError:
        first, step = 0, 0
    if not 1 <= first <= step:
        raise SpecError(
            f"shard must be I/N with I from 1 to N; got {shard[:40]!r}. Write 1/4, say."
        )
    return chosen[first - 1 :: step]
