"""Train the members of an experiment that are missing.

Complete members are left alone, unfinished ones go on after their last epoch, failed ones are
tried again. Adding seeds or groups to the file trains only those. No test figures are printed:
see ensemble-lab vote. Without a file, --preset NAME trains one model of the zoo; see
ensemble-lab presets.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import (
    Address,
    DataDir,
    Fetch,
    Gpus,
    Members,
    Workers,
)
from ensemble_lab.cli.output import note, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.engines.clusters import Cluster
    from ensemble_lab.spec.experiment import ExperimentSpec
    from ensemble_lab.store.run import Run

__all__ = ["command"]

PresetName = Annotated[
    str | None,
    Option("--preset", metavar="NAME", help="Train this preset; no file is needed."),
]
PresetData = Annotated[
    str | None,
    Option(
        "--data",
        metavar="SOURCE",
        help="With --preset: mnist, qmnist, emnist_digits, fashion_mnist, kmnist, digits, a "
        "file.npz or the train.csv of kaggle; default mnist.",
    ),
]
TrainingEngine = Annotated[
    Literal["process", "serial", "ray", "stacked"],
    Option(
        "--engine",
        help="Workers side by side, one by one, or on the machines of a Ray cluster; or members "
        "that differ in nothing but seeds, rates and schedules together in one program, for a "
        "GPU (backend jax), one such program at a time unless --workers says more.",
    ),
]
PresetSeeds = Annotated[
    str | None,
    Option("--seeds", metavar="A:B", help="With --preset: seeds A to B-1, or A,B,C; default 0:1."),
]
ExperimentFile = Annotated[
    Path | None,
    Argument(metavar="EXPERIMENT.toml", help="Experiment file.", show_default=False),
]
NewRun = Annotated[
    Path | None, Option("--run", metavar="DIR", help="Run folder; default checkpoints/<name>.")
]


def command(
    experiment: ExperimentFile = None,
    preset: PresetName = None,
    data: PresetData = None,
    seeds: PresetSeeds = None,
    run: NewRun = None,
    engine: TrainingEngine = "process",
    workers: Workers = None,
    address: Address = None,
    fetch: Fetch = False,
    gpus: Gpus = None,
    members: Members = [],  # noqa: B006 - read, never written
    shard: Annotated[
        str | None,
        Option("--shard", metavar="I/N", help="Every N-th member from the I-th on."),
    ] = None,
    data_dir: DataDir = None,
    backend: Annotated[
        Literal["tensorflow", "jax"] | None,
        Option("--backend", help="Train all nets with this backend, whatever the file says."),
    ] = None,
    dry_run: Annotated[
        bool, Option("--dry-run", help="Print the plan and what is left to train; stop.")
    ] = False,
    profile: Annotated[
        bool, Option("--profile", help="Print where the time of these members went.")
    ] = False,
) -> None:
    """Train the members of an experiment that are missing."""
    asked = _choose_experiment(experiment, preset, data, seeds)
    choice: dict[str, Any] = {
        "members": members,
        "shard": shard,
        "data_dir": data_dir,
        "backend": backend,
    }
    from ensemble_lab.engines.clusters import Cluster

    cluster = Cluster(address=address, fetch=fetch, gpus=gpus)
    if dry_run:
        _print_plan(asked, run, choice, engine, cluster)
        return
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.train import train

    with Progress() as progress:
        opened = train(
            asked,
            run=run,
            engine=engine,
            workers=workers,
            profile=profile,
            cluster=cluster,
            report=progress.report,
            **choice,
        )
    for line in progress.summary():
        note(line)
    print(opened.path)
    if profile:
        _print_profile(opened, progress.keys or tuple(members))


def _print_profile(run: "Run", members: tuple[str, ...]) -> None:
    from ensemble_lab.workflows.profile import profile_run

    profile = profile_run(run, members=members)
    rows = [
        {
            "part": part.name.replace("_", "-"),
            "seconds": "" if part.seconds is None else f"{part.seconds:.1f}",
            "share": "not measured" if part.share is None else f"{part.share:.1%}",
        }
        for part in profile.parts
    ]
    print(render_table(rows, ["part", "seconds", "share"], to_right=["seconds", "share"]))
    told = render_count(len(profile.members), "member")
    print(f"{profile.timings.total:,.1f} s of workers for {told}; augmentation is part of steps")
    if profile.unknown:
        note(f"nobody timed {', '.join(profile.unknown)}")


def _choose_experiment(
    experiment: Path | None, preset: str | None, data: str | None, seeds: str | None
) -> "ExperimentSpec | Path":
    """Return the file, or the experiment that --preset, --data and --seeds describe."""
    if preset is None:
        if experiment is None:
            raise UsageError("name an EXPERIMENT.toml, or a model with --preset")
        if data is not None or seeds is not None:
            raise UsageError("--data and --seeds go with --preset; the file says both")
        return experiment
    if experiment is not None:
        raise UsageError("name an EXPERIMENT.toml or a --preset, not both")
    from ensemble_lab.exceptions import SpecError
    from ensemble_lab.spelling import parse_seeds
    from ensemble_lab.workflows.presets import build_experiment

    chosen = parse_seeds("0:1" if seeds is None else seeds, error=SpecError)
    return build_experiment(preset, data="mnist" if data is None else data, seeds=chosen)


def _print_plan(
    experiment: "ExperimentSpec | Path",
    run: Path | None,
    choice: dict[str, Any],
    engine: str,
    cluster: "Cluster",
) -> None:
    from ensemble_lab.workflows.planning import plan_experiment
    from ensemble_lab.workflows.train import find_lacking, find_untrained
    from ensemble_lab.workflows.workers import check_engine

    plan = plan_experiment(experiment, **choice)
    lacking = find_lacking(plan, run)
    check_engine((member.spec for member in lacking), engine, cluster)
    untrained = find_untrained(plan, lacking, run)
    to_do = {member.spec.key: "predict" for member in lacking}
    to_do |= {member.spec.key: "train" for member in untrained}
    rows = [
        {
            "member": member.spec.key,
            "net": member.spec.architecture.name,
            "backend": member.spec.backend,
            "parameters": member.plan.parameters,
            "epochs": member.plan.epochs,
            "TFLOP": member.plan.tflop,
            "to do": to_do.get(member.spec.key, "complete"),
        }
        for member in plan.chosen_members
    ]
    print(render_table(rows, list(rows[0]) if rows else ["member"]))
    splits = ", ".join(f"{split.n_examples:,} {split.name}" for split in plan.dataset.splits)
    total = sum(member.plan.tflop for member in untrained)
    print(f"{render_count(len(untrained), 'member')} to train, {total:.3g} TFLOP")
    if n_trained := len(lacking) - len(untrained):
        print(f"{render_count(n_trained, 'member')} to predict only")
    print(f"{plan.dataset.name}: {splits} images")
