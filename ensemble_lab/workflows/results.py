"""The results of a run as one JSON file: the only source of figures for READMEs and tables."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import ensemble_lab
from ensemble_lab.decision import RULES, Decision
from ensemble_lab.exceptions import MissingError
from ensemble_lab.spec.experiment import ExperimentSpec, parse_experiment
from ensemble_lab.store.files import save_json
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.members import Member, load_member
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.vote import score_vote

__all__ = ["collect_results", "save_results"]


def save_results(run: Run | Path | str, path: Path | str) -> dict[str, Any]:
    """Write `collect_results` to a JSON file and return it."""
    results = collect_results(run)
    save_json(Path(path), results)
    return results


def collect_results(run: Run | Path | str) -> dict[str, Any]:
    """Return what was trained, on what, at what cost, and what came out.

    Every number is counted from the run's files. The votes are of all members, by
    each rule with its default tie policy; nothing was chosen, so `chosen_on` is null.

    Raises
    ------
    MissingError
        A member is not complete.
    """
    run = run if isinstance(run, Run) else open_run(run)
    members = tuple(load_member(run, key) for key in run.keys)
    experiment = _load_experiment(run)
    n_train = len(load_record(run, "train").index)
    macs = sum(member.training_macs * len(member.history) for member in members)
    return {
        "experiment": run.name,
        "spec_digest": None if experiment is None else experiment.digest,
        "commit": _commit(),
        "command": f"ensemble-lab train {run.path}/experiment.toml",
        "versions": _shared(
            members, ("ensemble-lab", "python", "numpy", "keras", "tensorflow", "jax")
        ),
        "hardware": _shared(members, ("backend", "threads", "device", "cpu", "cores", "platform")),
        "minutes": sum(record.seconds for m in members for record in m.history) / 60,
        "tflop": macs * 2 * 3 * n_train / 1e12,
        "splits": {
            name: {
                "n_examples": len(load_record(run, name).index),
                "role": load_record(run, name).role,
            }
            for name in run.splits
        },
        "members": _member_rows(run, members),
        "votes": _vote_rows(run),
        "chosen_on": None,
        "published": [] if experiment is None else [p.model_dump() for p in experiment.published],
    }


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
    labels = load_labels(run, split, command="results")
    votes = load_predictions(run, split).votes
    return [int(count) for count in np.count_nonzero(votes != labels.values, axis=1)]


def _vote_rows(run: Run) -> list[dict[str, Any]]:
    rows = []
    for rule in RULES:
        report = score_vote(run, "test", Decision(rule=rule))
        rows.append(
            {
                "decision": report.decision.text,
                "errors": report.errors,
                "interval": {"low": report.interval[0], "high": report.interval[1]},
                "n_ties": report.n_ties,
            }
        )
    return rows


def _load_experiment(run: Run) -> ExperimentSpec | None:
    path = run.path / "experiment.toml"
    if not path.exists():
        return None
    # As written: resolved paths would make the digest one of this machine.
    return parse_experiment(path.read_text(encoding="utf-8"), source=str(path))


def _shared(members: tuple[Member, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """Return what the members' environments say; a list where they differ."""
    if not members:
        raise MissingError("results need at least one member; got none.")
    found: dict[str, Any] = {}
    for name in names:
        values = list(dict.fromkeys(m.environment[name] for m in members if name in m.environment))
        if values:
            found[name] = values[0] if len(values) == 1 else values
    return found


def _commit() -> str | None:
    """Return the commit of the package's own checkout; None where it is installed otherwise."""
    folder = Path(ensemble_lab.__file__).parent
    try:
        answer = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return answer.stdout.strip() or None
