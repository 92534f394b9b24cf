"""Predict with all members of a run on another data set.

SOURCE is digits, mnist, qmnist, emnist_digits, fashion_mnist, kmnist, an npz file with x_test
(and y_test, if labelled), or a csv file like those of Kaggle's digits; SPLIT is train or test, of
qmnist also test50k. Where the run's data have a canvas, the images are placed on it like the
run's. With --transform they are corrupted as well; ensemble-lab corruptions lists how. Afterwards
--split NAME works in vote, errors and gallery, if there are labels; if there are none, --kaggle
writes the vote in the form that Kaggle scores.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ensemble_lab.cli.options import (
    Address,
    DataDir,
    EngineName,
    Fetch,
    Gpus,
    Rule,
    RunFolder,
    Ties,
    Workers,
    build_decision,
)
from ensemble_lab.cli.output import note

if TYPE_CHECKING:
    from ensemble_lab.decision import Decision
    from ensemble_lab.store.run import Run

__all__ = ["command"]


NewSplit = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="What the split is called in this run; default the source or file, and the split.",
    ),
]
Submission = Annotated[
    Path | None,
    typer.Option(
        "--kaggle", metavar="FILE", help="Write the vote to this csv file: ImageId,Label."
    ),
]


def command(
    run: RunFolder,
    data: Annotated[
        str,
        typer.Option("--data", metavar="SOURCE[:SPLIT]", help="What to predict."),
    ],
    name: NewSplit = None,
    transforms: Annotated[
        list[str],
        typer.Option(
            "--transform",
            metavar="NAME:STRENGTH",
            help="Corrupt the images, such as blur:3; repeat for more, in that order.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    kaggle: Submission = None,
    rule: Rule = "majority",
    ties: Ties = "mean-probability",
    engine: EngineName = "process",
    workers: Workers = None,
    address: Address = None,
    fetch: Fetch = False,
    gpus: Gpus = None,
    data_dir: DataDir = None,
) -> None:
    """Predict with all members of a run on another data set."""
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.decision import DEFAULT
    from ensemble_lab.engines.clusters import Cluster
    from ensemble_lab.workflows.predict import name_split, predict

    decision = build_decision(rule, ties)
    if kaggle is None and decision != DEFAULT:
        raise typer.BadParameter("--rule and --ties say how votes combine for --kaggle")
    name = name_split(data, transforms) if name is None else name
    cluster = Cluster(address=address, fetch=fetch, gpus=gpus)
    with Progress() as progress:
        opened = predict(
            run,
            data,
            name,
            transforms=tuple(transforms),
            engine=engine,
            workers=workers,
            cluster=cluster,
            data_dir=data_dir,
            report=progress.report,
        )
    for line in progress.summary():
        note(line)
    predicted = _print_members(opened, name)
    if kaggle is None:
        _print_next(opened, name)
    else:
        _submit(opened, name, kaggle, decision, predicted)


def _print_members(run: "Run", split: str) -> tuple[str, ...]:
    """Say how many members have predicted; return their keys."""
    from ensemble_lab.store.predictions import has_predictions

    missing = [key for key in run.keys if not has_predictions(run, key, split)]
    n_predicted = len(run.keys) - len(missing)
    print(f"{n_predicted} of {len(run.keys)} members have predictions on {split}")
    if missing:
        print(f"not trained yet: {', '.join(missing)}; train, then predict again")
    return tuple(key for key in run.keys if key not in missing)


def _print_next(run: "Run", split: str) -> None:
    from ensemble_lab.store.splits import load_record

    if load_record(run, split).labels_sha256 is None:
        print(
            f"it has no labels; read it in Python: lab.load_predictions(run, {split!r}), or write "
            "the vote with --kaggle FILE"
        )
    else:
        print(f"ask with --split {split}")


def _submit(
    run: "Run", split: str, path: Path, decision: "Decision", members: tuple[str, ...]
) -> None:
    from ensemble_lab.workflows.submission import save_submission

    written = save_submission(run, split, path, decision, members=members)
    print(
        f"{written.path}: {written.n_examples:,} rows, vote of {written.n_members}, "
        f"{written.decision.text}"
    )
    if written.is_seen:
        note(
            "Kaggle's rows are a reshuffle of MNIST's 70,000 images: this run was trained on "
            f"{run.data['name']} and has seen most of them, so Kaggle's score is no test"
        )
