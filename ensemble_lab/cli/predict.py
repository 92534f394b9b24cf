"""Predict with all members of a run on another data set.

SOURCE is digits, mnist or an npz file with x_test (and y_test, if labelled); SPLIT is train or
test. Where the run's data have a canvas, the images are placed on it like the run's. With
--transform they are corrupted as well; ensemble-lab corruptions lists how. Afterwards --split NAME
works in vote, errors and gallery, if there are labels.
"""

from typing import Annotated

import typer

from ensemble_lab.cli.options import DataDir, EngineName, RunFolder, Workers
from ensemble_lab.cli.output import note

__all__ = ["command"]


def command(
    run: RunFolder,
    data: Annotated[
        str,
        typer.Option("--data", metavar="SOURCE[:SPLIT]", help="What to predict."),
    ],
    name: Annotated[
        str, typer.Option("--as", metavar="NAME", help="What the split is called in this run.")
    ],
    transforms: Annotated[
        list[str],
        typer.Option(
            "--transform",
            metavar="NAME:STRENGTH",
            help="Corrupt the images, such as blur:3; repeat for more, in that order.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer reads it, nobody writes it
    engine: EngineName = "process",
    workers: Workers = None,
    data_dir: DataDir = None,
) -> None:
    """Predict with all members of a run on another data set."""
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.store.predictions import has_predictions
    from ensemble_lab.store.splits import load_record
    from ensemble_lab.workflows.predict import predict

    with Progress() as progress:
        opened = predict(
            run,
            data,
            name,
            transforms=tuple(transforms),
            engine=engine,
            workers=workers,
            data_dir=data_dir,
            report=progress.report,
        )
    for line in progress.summary():
        note(line)
    missing = [key for key in opened.keys if not has_predictions(opened, key, name)]
    n_predicted = len(opened.keys) - len(missing)
    print(f"{n_predicted} of {len(opened.keys)} members have predictions on {name}")
    if missing:
        print(f"not trained yet: {', '.join(missing)}; train, then predict again")
    if load_record(opened, name).labels_sha256 is None:
        print(f"it has no labels; read it in Python: lab.load_predictions(run, {name!r})")
    else:
        print(f"ask with --split {name}")
