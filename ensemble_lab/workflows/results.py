"""The results of a run as one JSON file: the only source of figures for READMEs and tables."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.decision import RULES, Decision
from ensemble_lab.exceptions import MissingError
from ensemble_lab.spec.experiment import ExperimentSpec, read_experiment
from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.files import save_json
from ensemble_lab.store.ledger import Recorded
from ensemble_lab.store.members import Member, load_member
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.plan import count_tflop
from ensemble_lab.workflows.vote import VoteReport, score_vote

__all__ = ["Results", "collect_results", "save_results"]

_VERSIONS = ("ensemble-lab", "python", "numpy", "keras", "tensorflow", "jax")
_HARDWARE = ("backend", "threads", "device", "cpu", "cores", "platform")


@dataclass(frozen=True)
class Results:
    """A run's results.

    Attributes
    ----------
    values : dict
        What the JSON file holds; see `collect_results`.
    recorded : {"recorded", "known", "not recorded"} or None
        What the ledger did.
    """

    values: dict[str, Any]
    recorded: Recorded | None


def save_results(run: Run | Path | str, path: Path | str) -> Results:
    """Write `collect_results` to a JSON file and return it."""
    results = collect_results(run)
    save_json(Path(path), results.values)
    return results


def collect_results(run: Run | Path | str) -> Results:
    """Return what was trained, on what, at what cost, and what came out.

    Every number is counted from the run's files. The votes are of all members, by each
    rule with its default tie policy. `command` trains the run again from its own
    experiment file, and `spec_digest` is that file's; both are null where the file is
    not what made the members. `commit` is that of the code that trained. `chosen_on` is
    "validation" where validation chose weights or rates (``keep = "best-validation"``,
    a plateau), else null: nothing is chosen on test.

    Raises
    ------
    MissingError
        A member is not complete.
    """
    run = run if isinstance(run, Run) else open_run(run)
    members = tuple(load_member(run, key) for key in run.keys)
    experiment = _load_experiment(run)
    reports = [score_vote(run, "test", Decision(rule=rule), command="results") for rule in RULES]
    n_train = len(load_record(run, "train").index)
    values = {
        "experiment": run.name,
        "spec_digest": experiment and experiment.digest,
        "commit": _shared(members, ("commit",)).get("commit") or None,
        "command": experiment and f"ensemble-lab train {run.path}/experiment.toml --run {run.path}",
        "versions": _shared(members, _VERSIONS),
        "hardware": _shared(members, _HARDWARE),
        "minutes": sum(record.seconds for m in members for record in m.history) / 60,
        "tflop": sum(count_tflop(m.training_macs, n_train, len(m.history)) for m in members),
        "splits": {name: _describe_split(run, name) for name in run.splits},
        "members": _member_rows(run, members),
        "votes": [_vote_row(report) for report in reports],
        "chosen_on": "validation" if any(map(_is_chosen, members)) else None,
        "published": [] if experiment is None else [p.model_dump() for p in experiment.published],
    }
    return Results(values, reports[0].recorded)


def _is_chosen(member: Member) -> bool:
    training = parse_member(member.spec).training
    return training.keep == "best-validation" or training.schedule.name == "plateau"


def _describe_split(run: Run, name: str) -> dict[str, Any]:
    record = load_record(run, name)
    return {"n_examples": len(record.index), "role": record.role}


def _member_rows(run: Run, members: tuple[Member, ...]) -> list[dict[str, Any]]:
    errors = {
        name: _count_errors(run, name) for name in ("validation", "test") if name in run.splits
    }
    return [
        {
            "key": member.key,
            "group": run.member(member.key).group,
            "seed": member.spec["seed"],
            "epochs": len(member.history),
            "parameters": member.n_parameters,
            "minutes": sum(record.seconds for record in member.history) / 60,
            "validation_errors": errors["validation"][position] if "validation" in errors else None,
            "test_errors": errors["test"][position],
        }
        for position, member in enumerate(members)
    ]


def _count_errors(run: Run, split: str) -> list[int]:
    # By way of a vote, so that the ledger says which predictions were scored.
    return [member.errors for member in score_vote(run, split, command="results").members]


def _vote_row(report: VoteReport) -> dict[str, Any]:
    return {
        "decision": report.decision.text,
        "errors": report.errors,
        "interval": {"low": report.interval[0], "high": report.interval[1]},
        "n_ties": report.n_ties,
    }


def _load_experiment(run: Run) -> ExperimentSpec | None:
    """Return the run's experiment if it describes the run's members, as written.

    With resolved paths its digest would be one of this machine.
    """
    path = run.path / "experiment.toml"
    if not path.exists():
        return None
    experiment = read_experiment(path)
    described = {spec.key: spec.to_json() for spec in experiment.expand()}
    return experiment if described == {entry.key: entry.spec for entry in run.members} else None


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
