r"""Predict on another data set, or on copies of a run's images.

SOURCE is digits, mnist, qmnist, emnist_digits, fashion_mnist, kmnist, an npz file with x_test
(and y_test, if labelled), or a csv file like those of Kaggle's digits; SPLIT is train or test, of
qmnist also test50k. Where the run's data have a canvas, the images are placed on it like the
run's. With --transform they are corrupted as well; ensemble-lab corruptions lists how. Afterwards
--split NAME works in vote, errors and gallery, if there are labels; if there are none, --kaggle
writes the vote in the form that Kaggle scores.

--tta asks about several copies of each image of the run's validation and test (or of --split), and
keeps the mean of the probabilities as a variant, which RUN@VARIANT asks afterwards. 8 is the image
as it is and seven that the augmentation of the member's training draws, 8:3 with another seed;
shifts are the nine of a grid, one pixel apart, or so many. No labels are read. Examples:

\b
  ensemble-lab predict RUN --data qmnist:test50k
  ensemble-lab predict RUN --tta 8
  ensemble-lab vote RUN@tta-8 --split validation
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import (
    Address,
    DataDir,
    EngineName,
    Fetch,
    Gpus,
    Members,
    Rule,
    Ties,
    WholeRun,
    Workers,
    build_decision,
)
from ensemble_lab.cli.output import note

if TYPE_CHECKING:
    from ensemble_lab.decision import Decision
    from ensemble_lab.store.run import Run

__all__ = ["command"]


Data = Annotated[
    str | None,
    Option("--data", metavar="SOURCE[:SPLIT]", help="What to predict.", show_default=False),
]
NewName = Annotated[
    str | None,
    Option(
        "--as",
        metavar="NAME",
        help="What the split, or the variant, is called in this run; default the source or file, "
        "and the split, or tta and the copies.",
    ),
]
Submission = Annotated[
    Path | None,
    Option("--kaggle", metavar="FILE", help="Write the vote to this csv file: ImageId,Label."),
]
Transforms = Annotated[
    list[str],
    Option(
        "--transform",
        metavar="NAME:STRENGTH",
        help="Corrupt the images, such as blur:3; repeat for more, in that order.",
        show_default=False,
    ),
]
Copies = Annotated[
    str | None,
    Option(
        "--tta",
        metavar="COPIES",
        help="Average over copies: N[:SEED], or shifts[:PIXELS].",
        show_default=False,
    ),
]
CopiedSplits = Annotated[
    list[str],
    Option(
        "--split",
        metavar="NAME",
        help="With --tta: these splits of the run; validation and test unless given.",
        show_default=False,
    ),
]


def command(
    run: WholeRun,
    data: Data = None,
    name: NewName = None,
    transforms: Transforms = [],  # noqa: B006 - read, never written
    tta: Copies = None,
    splits: CopiedSplits = [],  # noqa: B006
    members: Members = [],  # noqa: B006
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
    """Predict on another data set, or on copies of a run's images."""
    from ensemble_lab.decision import DEFAULT
    from ensemble_lab.engines.clusters import Cluster

    if (data is None) == (tta is None):
        raise UsageError("say either --data SOURCE, or --tta COPIES of the run's images")
    decision = build_decision(rule, ties)
    if kaggle is None and decision != DEFAULT:
        raise UsageError("--rule and --ties say how votes combine for --kaggle")
    cluster = Cluster(address=address, fetch=fetch, gpus=gpus)
    choice = {"engine": engine, "workers": workers, "cluster": cluster, "data_dir": data_dir}
    if tta is not None:
        if transforms or kaggle is not None:
            raise UsageError("--transform and --kaggle go with --data, not with --tta")
        _predict_copies(run, tta, name, tuple(splits), tuple(members), **choice)
        return
    if splits or members:
        raise UsageError("--split and --members go with --tta, not with --data")
    assert data is not None
    _predict_data(run, data, name, tuple(transforms), kaggle, decision, **choice)


def _predict_data(
    run: Path,
    data: str,
    name: str | None,
    transforms: tuple[str, ...],
    kaggle: Path | None,
    decision: "Decision",
    **choice: Any,
) -> None:
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.predict import name_split, predict

    name = name_split(data, transforms) if name is None else name
    with Progress() as progress:
        opened = predict(run, data, name, transforms=transforms, report=progress.report, **choice)
    for line in progress.summary():
        note(line)
    predicted = _print_members(opened, name)
    if kaggle is None:
        _print_next(opened, name)
    else:
        _submit(opened, name, kaggle, decision, predicted)


def _predict_copies(
    run: Path,
    copies: str,
    name: str | None,
    splits: tuple[str, ...],
    members: tuple[str, ...],
    **choice: Any,
) -> None:
    from ensemble_lab.cli.progress import Progress
    from ensemble_lab.workflows.variants import predict_variant

    with Progress() as progress:
        asked = predict_variant(
            run, copies, name, splits=splits, members=members, report=progress.report, **choice
        )
    for line in progress.summary():
        note(line)
    for split in splits or asked.own_splits:
        _print_members(asked, split)
    print(f"ask with {asked.address}")


def _print_members(run: "Run", split: str) -> tuple[str, ...]:
    """Say how many members have predicted; return their keys."""
    from ensemble_lab.store.predictions import has_predictions

    missing = [key for key in run.keys if not has_predictions(run, key, split)]
    n_predicted = len(run.keys) - len(missing)
    variant = "" if run.variant is None else f" in the variant {run.variant}"
    print(f"{n_predicted} of {len(run.keys)} members have predictions on {split}{variant}")
    if missing and run.variant is None:
        print(f"not trained yet: {', '.join(missing)}; train, then predict again")
    return tuple(key for key in run.keys if key not in missing)


def _print_next(run: "Run", split: str) -> None:
    from ensemble_lab.store.splits import load_record

    if load_record(run, split).labels_sha256 is None:
        print(
            f"it has no labels; read it in Python: lab.load_predictions(run, {split!r}),\n"
            "or write the vote with --kaggle FILE"
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
