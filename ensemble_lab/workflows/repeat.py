"""What another training of the same spec gives, and which of its random streams makes how much."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal, get_args

import numpy as np

from ensemble_lab.analysis.diversity.ensemble import measure_diversity
from ensemble_lab.arrays import Index
from ensemble_lab.canonical import digest_of
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.engines import Event, find_engine
from ensemble_lab.exceptions import MissingError, SpecError
from ensemble_lab.spec.experiment import ExperimentSpec, MemberGroup, load_experiment
from ensemble_lab.spec.member import HeldStreams, MemberSpec, Stream
from ensemble_lab.spelling import closest
from ensemble_lab.store.labels import SplitLabels, load_labels
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import Predictions, load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.training.plan import find_streams
from ensemble_lab.workflows.train import train
from ensemble_lab.workflows.workers import ignore

__all__ = ["FEWEST", "RepeatReport", "Twice", "Varied", "compare_repeats", "plan_repeat", "repeat"]

FEWEST = 5
"""Members of a row at least: of fewer a deviation says little."""
ALL: Literal["all"] = "all"


@dataclass(frozen=True, eq=False)
class Twice:
    """One spec trained twice.

    Attributes
    ----------
    digests : tuple of str
        Content digests of the two members' weights.
    flips : int64 (flips,)
        Published positions of the examples on which the two choose differently.
    largest_difference : float or None
        Of two probabilities; None where only votes are known.
    """

    digests: tuple[str, str]
    flips: Index
    largest_difference: float | None

    @property
    def is_equal(self) -> bool:
        """Whether the weights are the same to the bit."""
        return self.digests[0] == self.digests[1]


@dataclass(frozen=True)
class Varied:
    """Members that differ in one stream, or in all.

    Attributes
    ----------
    what : {"all", "init", "order", "augment", "dropout"}
    errors : tuple of int
        Of each member.
    churn : float
        Examples on which two of them choose differently, mean over pairs.
    """

    what: str
    errors: tuple[int, ...]
    churn: float

    @property
    def mean(self) -> float:
        """Mean errors."""
        return fmean(self.errors)

    @property
    def sd(self) -> float:
        """Sample standard deviation (n − 1) of the errors."""
        return stdev(self.errors)


@dataclass(frozen=True, eq=False)
class RepeatReport:
    """What repeating a member gave.

    Attributes
    ----------
    run, again : Run
        The members, and the one that was trained once more.
    split : str
    n_examples : int
    member : str
        Key of the member that was repeated.
    twice : Twice
    varied : tuple of Varied
        All streams first, then those that the member uses.
    unused : tuple of str
        Streams that the member does not draw from.
    look : Look or None
        What the ledger did.
    """

    run: Run
    again: Run
    split: str
    n_examples: int
    member: str
    twice: Twice
    varied: tuple[Varied, ...]
    unused: tuple[str, ...]
    look: Look | None


def repeat(
    experiment: ExperimentSpec | Path | str,
    *,
    member: str | None = None,
    times: int = FEWEST,
    split: str = "validation",
    run: Path | str | None = None,
    engine: str = "process",
    workers: int | None = None,
    data_dir: Path | str | None = None,
    report: Callable[[Event], None] = ignore,
) -> RepeatReport:
    """Train a member twice, then again with one random stream varied at a time; compare them.

    What an earlier call trained is not trained again.

    Parameters
    ----------
    experiment : ExperimentSpec or path of a TOML file
    member : str, optional
        Key of the member to repeat; the first unless given.
    times : int
        Members for each stream, 5 or more; their seeds follow the member's.
    split : str
        What they are compared on. A test split is a look.
    run : path, optional
        Run folder; ``checkpoints/<name>-repeat`` unless given. The second training has a folder
        of its own beside it, whose name ends in ``-again``.
    engine : {"process", "serial", "ray"}
        Not ``stacked``: a member may have other bits beside others than alone.
    workers, data_dir, report
        As in `ensemble_lab.workflows.train.train`.

    Raises
    ------
    SpecError
        As `plan_repeat`, or another engine.
    DataError, MismatchError, TrainingError, InterruptedTraining
        As `ensemble_lab.workflows.train.train`; the same call continues.
    """
    find_engine(engine, to="repeat")
    spec = experiment if isinstance(experiment, ExperimentSpec) else load_experiment(experiment)
    planned, base = plan_repeat(spec, member=member, times=times)
    path = Path("checkpoints") / planned.name if run is None else Path(run)
    _check_split(planned, split, data_dir)
    named = {"engine": engine, "workers": workers, "data_dir": data_dir, "report": report}
    opened = train(planned, run=path, **named)  # type: ignore[arg-type]
    alone = planned.model_copy(update={"members": planned.members[:1]})
    again = train(alone, run=path.with_name(f"{path.name}-again"), **named)  # type: ignore[arg-type]
    return compare_repeats(opened, again, base, split)


def _check_split(experiment: ExperimentSpec, split: str, data_dir: Path | str | None) -> None:
    """Refuse a split that there will not be, before hours of training."""
    dataset = load_dataset(experiment.data, None if data_dir is None else Path(data_dir))
    predicted = [each.name for each in dataset.splits if each.name != "train"]
    if split not in predicted:
        raise SpecError(
            f"split must be one that members predict, {' or '.join(predicted)}; got {split!r}"
            + closest(split, predicted)
        )


def plan_repeat(
    experiment: ExperimentSpec, *, member: str | None = None, times: int = FEWEST
) -> tuple[ExperimentSpec, MemberSpec]:
    """Return what is to be trained, and the member that is repeated.

    Its own group comes first, alone; then a group ``<group>-all`` of other seeds, and for each
    stream that it uses a group ``<group>-<stream>`` of the same seeds with all others held.

    Raises
    ------
    SpecError
        No such member, fewer than five times, a member whose streams are held already, one
        that is trained in folds, or a classic model, which has no such streams.
    """
    if times < FEWEST:
        raise SpecError(f"times must be {FEWEST} or more, to tell a spread; got {times}.")
    if experiment.data.validation.folds is not None:
        raise SpecError("repeat must be of a member with one validation split; got folds.")
    members = {each.key: each for each in experiment.expand()}
    key = next(iter(members)) if member is None else member
    if key not in members:
        raise SpecError(
            f"member must be one of the experiment's; got {key!r}" + closest(key, members)
        )
    base = members[key]
    if not base.architecture.has_recipe or base.held is not None:
        got = "held streams" if base.held is not None else f"a {base.architecture.name} model"
        raise SpecError(f"repeat must be of a net whose seed draws all streams; got {got}.")
    group = next(each for each in experiment.members if each.group == base.group)
    seeds = tuple(base.seed + 1 + number for number in range(times))
    alone = group.model_copy(update={"seeds": (base.seed,)})
    groups = [alone, _vary(alone, ALL, seeds, None)]
    for stream in find_streams(base):
        held = HeldStreams(varies=stream, seed=base.seed)
        groups.append(_vary(alone, stream, seeds, held))
    planned = ExperimentSpec(
        name=f"{experiment.name}-repeat", data=experiment.data, members=tuple(groups)
    )
    return planned, base


def compare_repeats(run: Run, again: Run, member: MemberSpec, split: str) -> RepeatReport:
    """Return how far the trainings of a member differ (see `repeat`).

    Raises
    ------
    MissingError
        A run is not trained to its end, or has no such split.
    """
    run, again = open_run(run.path), open_run(again.path)
    streams = find_streams(member)
    names: dict[str, str] = {what: f"{member.group}-{what}" for what in (ALL, *streams)}
    lacking = [name for name in names.values() if name not in {e.group for e in run.members}]
    if lacking:
        raise MissingError(f"a repeat must have the group {lacking[0]}; got none, in {run.path}.")
    first, second = (load_predictions(each, split, members=(member.key,)) for each in (run, again))
    groups = {
        what: load_predictions(run, split, members=_keys(run, name)) for what, name in names.items()
    }
    labels = _read_labels(run, split, member, groups)
    return RepeatReport(
        run=run,
        again=again,
        split=split,
        n_examples=len(labels.values),
        member=member.key,
        twice=_compare_twice((run, again), (first, second)),
        varied=tuple(_measure(what, each, labels) for what, each in groups.items()),
        unused=tuple(stream for stream in get_args(Stream) if stream not in streams),
        look=labels.look,
    )


def _vary(
    group: MemberGroup, what: str, seeds: tuple[int, ...], held: HeldStreams | None
) -> MemberGroup:
    return group.model_copy(update={"group": f"{group.group}-{what}", "seeds": seeds, "held": held})


def _keys(run: Run, group: str) -> tuple[str, ...]:
    return tuple(entry.key for entry in run.members if entry.group == group)


def _read_labels(
    run: Run, split: str, member: MemberSpec, groups: dict[str, Predictions]
) -> SplitLabels:
    digests = [each.digest for each in groups.values()]
    return load_labels(
        run,
        split,
        command="repeat",
        decision=digest_of({"repeat": member.key, "varied": list(groups)}),
        members=digest_of(digests),
        words=f"{member.key} repeated",
    )


def _compare_twice(runs: tuple[Run, Run], both: tuple[Predictions, Predictions]) -> Twice:
    first, second = both
    digests = [
        load_member(run, each.members[0]).weights_sha256
        for run, each in zip(runs, both, strict=True)
    ]
    difference = None
    if first.probabilities is not None and second.probabilities is not None:
        difference = float(np.abs(first.probabilities - second.probabilities).max())
    return Twice(
        digests=(digests[0], digests[1]),
        flips=first.index[(first.votes != second.votes)[0]],
        largest_difference=difference,
    )


def _measure(what: str, predictions: Predictions, labels: SplitLabels) -> Varied:
    found = measure_diversity(predictions.votes, labels.values)
    share = found.means["class-disagreement"]
    assert share is not None, "two members always disagree on some share of the examples"
    return Varied(what, tuple(found.errors.tolist()), share * found.n_examples)
