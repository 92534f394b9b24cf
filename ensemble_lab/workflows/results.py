"""The results of a run as one JSON file: the only source of figures for READMEs and tables."""

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, get_args

import numpy as np

from ensemble_lab.analysis.significance.intervals import wilson
from ensemble_lab.analysis.votes.rules import RULES, rules_for
from ensemble_lab.data.folds import OUT_OF_FOLD
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import MissingError, StoreError
from ensemble_lab.spec.data import parse_data, resolve_path
from ensemble_lab.spec.experiment import ExperimentSpec, read_experiment
from ensemble_lab.spec.member import Backend, MemberSpec, parse_member
from ensemble_lab.spec.presets import find_preset
from ensemble_lab.store.files import check_target, save_json
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.members import Member, load_member
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_whole
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.training.plan import count_tflop, describe_plan
from ensemble_lab.workflows.scoring import score
from ensemble_lab.workflows.vote import VoteReport, score_vote

__all__ = ["Results", "collect_results", "save_results"]

_VERSIONS = ("ensemble-lab", "python", "numpy", "keras", "tensorflow", "jax", "scikit-learn")
_HARDWARE = ("backend", "threads", "numerics", "stack", "device", "cpu", "cores", "platform")


@dataclass(frozen=True)
class Results:
    """A run's results.

    Attributes
    ----------
    values : dict
        What the JSON file holds; see `collect_results`.
    look : Look or None
        What the ledger did.
    """

    values: dict[str, Any]
    look: Look | None


@dataclass(frozen=True)
class _Measured:
    """A member, what it cost and what it got wrong.

    `tflop` is None where training has no epochs to count, `validation_errors` without a
    validation split.
    """

    member: Member
    spec: MemberSpec
    group: str
    trainable: int
    minutes: float
    tflop: float | None
    validation_errors: int | None
    test_errors: int


def save_results(run: Run | Path | str, path: Path | str) -> Results:
    """Write `collect_results` to a JSON file and return it.

    Raises
    ------
    StoreError
        The path does not end in ``.json``, or cannot be written.
    """
    # Counting is a look, and a file that cannot be written must cost none.
    check_target(Path(path))
    if Path(path).suffix.lower() != ".json":
        raise StoreError(f"path of results must end in .json; got {str(path)!r}.")
    results = collect_results(run)
    save_json(Path(path), results.values)
    return results


def collect_results(run: Run | Path | str) -> Results:
    """Return what was trained, on what, at what cost, and what came out.

    Every number is counted from the run's files. The votes are of all members, by each
    rule of `rules_for` with its default tie policy; a rule that needs probabilities is left
    out where some member has votes alone. `command` trains the run again from its own
    experiment file, with ``--backend`` where that is not the file's, and `spec_digest` is that
    file's; both are null where the file is not what made the members, and `command` where some
    were stacked and some were not, or where data lie beside the file by a relative path: no
    single command does that.
    `commit` is that of the code that trained. `chosen_on` is
    "validation" where validation chose weights or rates (``keep = "best-validation"``,
    a plateau), else null: nothing is chosen on test. `data` says where the images come
    from, but for the path of a file, and their shape.

    `groups` has a row for each group of members: the preset that made them, or null, and
    means over them. A value that is not the same for all of a group is a list, a value
    a member. Classic models have no epochs: their `epochs` and `tflop` are null, and add
    nothing to the sum. Where every seed was trained once a fold, the members of all folds
    count, validated on their own fold each, and ``splits["train-oof"]`` says how many folds
    there are. `sd` is the sample standard deviation (n − 1) over the members, null for one.
    `low` and `high` are the Wilson 95 % interval of the mean number of errors, as one net's
    on the test examples: it covers the errors to expect on such examples, not new seeds.

    Where people reviewed test labels, each vote has `reviewed`: its errors once more, and beside
    them those without the examples that are judged mislabelled (`ReviewRange`).

    Raises
    ------
    MissingError
        A member is not complete.
    """
    run = open_whole(run, to="write results")
    members = tuple(load_member(run, key) for key in run.keys)
    experiment, backend = _load_experiment(run)
    reports = _score_votes(run)
    measured = _measure(run, members)
    values = {
        "experiment": run.name,
        "spec_digest": experiment and experiment.digest,
        "commit": _shared(members, ("commit",)).get("commit") or None,
        "command": experiment and _name_command(run, experiment, backend, members),
        "versions": _shared(members, _VERSIONS),
        "hardware": _shared(members, _HARDWARE),
        "minutes": sum(each.minutes for each in measured),
        "tflop": sum(each.tflop or 0.0 for each in measured),
        "data": {name: value for name, value in run.data.items() if name != "path"}
        | {"image_shape": list(run.image_shape)},
        "splits": {name: _describe_split(run, name) for name in run.splits},
        "members": [_member_row(each) for each in measured],
        "groups": _group_rows(run, measured),
        "votes": [_vote_row(report) for report in reports],
        "chosen_on": "validation" if any(_is_chosen(each.spec) for each in measured) else None,
        "published": [] if experiment is None else [p.model_dump() for p in experiment.published],
    }
    return Results(values, reports[-1].look)


def _is_chosen(spec: MemberSpec) -> bool:
    return spec.training.keep == "best-validation" or spec.training.schedule.name == "plateau"


def _describe_split(run: Run, name: str) -> dict[str, Any]:
    record = load_record(run, name)
    sizes = {"n_examples": len(record.index), "role": record.role}
    return sizes if record.fold is None else sizes | {"n_folds": record.n_folds}


def _score_votes(run: Run) -> list[VoteReport]:
    has_probabilities = load_predictions(run, "test").probabilities is not None
    return [
        score_vote(run, "test", Decision(rule=name), command="results")
        for name in rules_for(run.keys)
        if has_probabilities or not RULES[name].uses_probabilities
    ]


def _measure(run: Run, members: tuple[Member, ...]) -> tuple[_Measured, ...]:
    errors = {name: _count_errors(run, name) for name in run.own_splits}
    validation = next((counts for name, counts in errors.items() if name != "test"), None)
    specs = [parse_member(member.spec) for member in members]
    sizes = {fold: _count_training(run, fold) for fold in {spec.fold for spec in specs}}
    return tuple(
        _Measured(
            member=member,
            spec=spec,
            group=run.member(member.key).group,
            trainable=describe_plan(
                spec, run.image_shape, run.n_classes, sizes[spec.fold]
            ).trainable,
            minutes=sum(record.seconds for record in member.history) / 60,
            # A classic model is not trained by passes of a net over the images.
            tflop=count_tflop(member.training_macs, sizes[spec.fold], len(member.history))
            if spec.architecture.has_recipe
            else None,
            validation_errors=None if validation is None else validation[member.key],
            test_errors=errors["test"][member.key],
        )
        for member, spec in zip(members, specs, strict=True)
    )


def _count_training(run: Run, fold: int | None) -> int:
    """Return how many examples the members of a fold learn from."""
    n_train = len(load_record(run, "train").index)
    return n_train if fold is None else n_train - len(load_record(run, OUT_OF_FOLD).rows_of(fold))


def _count_errors(run: Run, split: str) -> dict[str, int]:
    """Return the errors of each member, by key, on the examples that it predicts."""
    # By way of a vote, so that the ledger says which predictions were scored.
    scored = score(run, split, DEFAULT, (), command="results")
    record = load_record(run, split)
    votes = scored.predictions.without_probabilities().load().votes
    is_wrong = votes != scored.labels.values
    return {
        entry.key: int(np.count_nonzero(wrong[record.rows_of(entry.fold)]))
        for voter, wrong in zip(find_voters(run, record), is_wrong, strict=True)
        for entry in voter.parts
    }


def _member_row(each: _Measured) -> dict[str, Any]:
    return {
        "key": each.member.key,
        "group": each.group,
        "seed": each.spec.seed,
        "epochs": len(each.member.history),
        "parameters": each.member.n_parameters,
        "minutes": each.minutes,
        "validation_errors": each.validation_errors,
        "test_errors": each.test_errors,
    }


def _group_rows(run: Run, measured: tuple[_Measured, ...]) -> list[dict[str, Any]]:
    groups = dict.fromkeys(each.group for each in measured)
    return [_group_row(run, g, [each for each in measured if each.group == g]) for g in groups]


def _group_row(run: Run, group: str, measured: list[_Measured]) -> dict[str, Any]:
    validation = [e.validation_errors for e in measured if e.validation_errors is not None]
    test = [each.test_errors for each in measured]
    low, high = wilson(fmean(test), len(load_record(run, "test").index))
    presets = {_name_preset(run, each.spec) for each in measured}
    tflop = [each.tflop for each in measured if each.tflop is not None]
    return {
        "group": group,
        "preset": presets.pop() if len(presets) == 1 else None,
        "architecture": _one_or_each(each.spec.architecture.name for each in measured),
        "parameters": _one_or_each(each.member.n_parameters for each in measured),
        "trainable": _one_or_each(each.trainable for each in measured),
        "macs": _one_or_each(each.member.training_macs for each in measured),
        "epochs": _one_or_each(len(each.member.history) for each in measured) if tflop else None,
        "n_members": len(measured),
        "seeds": list(dict.fromkeys(each.spec.seed for each in measured)),
        "tflop": fmean(tflop) if tflop else None,
        "minutes": fmean(each.minutes for each in measured),
        "validation_errors": _spread(validation) if validation else None,
        "test_errors": _spread(test) | {"low": low, "high": high},
    }


def _name_preset(run: Run, spec: MemberSpec) -> str | None:
    data = parse_data(run.data)
    # What presets quote is about MNIST: elsewhere the same net and recipe are no measure of it.
    is_mnist = data.name == "mnist" and not data.transforms
    preset = find_preset(spec, data.canvas) if is_mnist else None
    return None if preset is None else preset.name


def _one_or_each(values: Iterable[Any]) -> Any:
    found = list(values)
    return found[0] if len(set(found)) == 1 else found


def _spread(errors: Sequence[int]) -> dict[str, float | None]:
    return {"mean": fmean(errors), "sd": stdev(errors) if len(errors) > 1 else None}


def _vote_row(report: VoteReport) -> dict[str, Any]:
    return {
        "decision": report.decision.text,
        "errors": report.errors,
        "interval": {"low": report.interval[0], "high": report.interval[1]},
        "n_ties": report.n_ties,
    } | ({} if report.reviewed is None else {"reviewed": asdict(report.reviewed)})


def _load_experiment(run: Run) -> tuple[ExperimentSpec | None, Backend | None]:
    """Return the run's experiment if it describes the run's members, as written.

    And the backend that all its nets were trained with instead of the file's, if one was. With
    resolved paths its digest would be one of this machine.
    """
    path = run.path / "experiment.toml"
    if not path.exists():
        return None, None
    experiment = read_experiment(path)
    specs, entries = experiment.expand(), {entry.key: entry.spec for entry in run.members}
    for backend in (None, *get_args(Backend)):
        asked = specs if backend is None else [spec.on_backend(backend) for spec in specs]
        if entries == {spec.key: spec.to_json() for spec in asked}:
            return experiment, backend
    return None, None


def _name_command(
    run: Run, experiment: ExperimentSpec, backend: Backend | None, members: tuple[Member, ...]
) -> str | None:
    """Return what trains all members as they were.

    None where some were stacked only, or where the data lie beside another file than the run's:
    then no command does.
    """
    if resolve_path(experiment.data, run.path) != experiment.data:
        return None
    file = run.path / "experiment.toml"
    words = ["ensemble-lab", "train", str(file), "--run", str(run.path)]
    is_stacked = [each.environment.get("numerics") == "stacked" for each in members]
    if any(is_stacked) and not all(is_stacked):
        return None
    words += ["--engine", "stacked"] if all(is_stacked) else []
    words += [] if backend is None else ["--backend", backend]
    return shlex.join(words)


def _shared(members: tuple[Member, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the members' environments say, a list where they differ."""
    if not members:
        raise MissingError("results need at least one member; got none.")
    found: dict[str, Any] = {}
    for name in names:
        values = list(dict.fromkeys(m.environment[name] for m in members if name in m.environment))
        if values:
            found[name] = values[0] if len(values) == 1 else values
    return found
