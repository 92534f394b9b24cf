r"""Make members of predictions from anywhere.

A FILE is one member: probabilities, a row an example and a column a class; or one whole number an
example, its vote. It ends in npy, npz, csv or parquet. The examples are those of a known source, or
yours with --labels. Nothing is written unless all of it fits. Repeat for more members or another
split. Examples:

\b
  ensemble-lab import theirs a.npy b.csv --data mnist
  ensemble-lab import mine a.npy --labels y.npy --images x.npy
  ensemble-lab import mine va.npy --labels yv.npy --name a --split validation
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.options import DataDir
from ensemble_lab.cli.output import Format, note, render_json, render_sentence, render_table
from ensemble_lab.precision import FloatName
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.import_ import ImportReport

__all__ = ["command"]


def _file(option: str, text: str) -> Any:
    return Option(option, metavar="FILE", help=text, show_default=False)


NewOrKnownRun = Annotated[
    Path, Argument(metavar="RUN", help="Run folder, new or there.", show_default=False)
]
Files = Annotated[
    list[Path] | None,
    Argument(metavar="FILE", help="Predictions.", show_default=False),
]
Data = Annotated[
    str | None,
    Option(
        "--data",
        metavar="SOURCE",
        help="Whose examples they are about, such as mnist, digits or mine.npz:test; with its "
        "labels and images.",
        show_default=False,
    ),
]
Names = Annotated[
    list[str],
    Option(
        "--name",
        metavar="KEY",
        help="A member's key, once a file, in their order; else the file's name.",
        show_default=False,
    ),
]


def command(
    run: NewOrKnownRun,
    files: Files = None,
    data: Data = None,
    labels: Annotated[
        Path | None, _file("--labels", "True classes, whole numbers in the examples' order.")
    ] = None,
    images: Annotated[
        Path | None,
        _file("--images", "uint8 pixels, (examples, height, width[, channels]), for pictures."),
    ] = None,
    class_names: Annotated[
        Path | None, _file("--class-names", "A text file, one name a line; else numbers.")
    ] = None,
    split: Annotated[
        str, Option("--split", help="test, to report on, or validation, to choose on.")
    ] = "test",
    logits: Annotated[
        bool, Option("--logits", help="The files hold raw outputs; take their softmax.")
    ] = False,
    probabilities: Annotated[
        FloatName | None,
        Option(
            "--probabilities",
            help="What they are stored as from now on; float16 takes half the space.",
            show_default=False,
        ),
    ] = None,
    name: Names = [],  # noqa: B006 - read, never written
    data_dir: DataDir = None,
    format: Format = "table",
) -> None:
    """Make members of predictions from anywhere."""
    from ensemble_lab.workflows.import_ import import_predictions

    if not files and images is None:
        raise UsageError("name one FILE of predictions or more")
    report = import_predictions(
        run,
        files or [],
        split=split,
        data=data,
        labels=labels,
        images=images,
        class_names=class_names,
        names=name,
        logits=logits,
        probabilities=probabilities,
        data_dir=data_dir,
    )
    if format == "json":
        print(render_json(_list_values(report)))
    else:
        print(_render(report))
    _note_members(report, is_named=bool(name))


def _note_members(report: "ImportReport", *, is_named: bool) -> None:
    """Say what became of names and of labels on the way in."""
    told = render_count(report.n_examples, "label")
    for each in report.members:
        if not is_named and each.key != Path(each.given).stem:
            note(f"{each.given} is named {each.key}")
        if each.n_flipped is not None:
            note(
                f"{each.key} is stored as float16, which flips {each.n_flipped:,} of {told}; "
                "its votes stay"
            )
    _note_seeds(report)


def _note_seeds(report: "ImportReport") -> None:
    """Say which members' names are those of seeds: groups vote first, and vary by their seeds."""
    from ensemble_lab.analysis.votes.groups import number_groups

    new, keys = {each.key for each in report.members}, report.run.keys
    numbers = number_groups(keys).tolist()
    for number in dict.fromkeys(numbers):
        group = [key for key, own in zip(keys, numbers, strict=True) if own == number]
        if len(group) > 1 and new.intersection(group):
            note(f"{', '.join(group):.60} are taken for seeds of one recipe, by their names")


def _list_values(report: "ImportReport") -> dict[str, Any]:
    return {
        "run": str(report.run.path),
        "split": report.split,
        "n_examples": report.n_examples,
        "n_classes": report.run.n_classes,
        "has_images": report.has_images,
        "members": [
            {
                "key": each.key,
                "given": each.given,
                "has_probabilities": each.has_probabilities,
                "n_flipped": each.n_flipped,
            }
            for each in report.members
        ],
    }


def _render(report: "ImportReport") -> str:
    rows = [
        {
            "member": each.key,
            "holds": "probabilities" if each.has_probabilities else "votes",
            "file": Path(each.given).name,
        }
        for each in report.members
    ]
    images = "with images" if report.has_images else "no images"
    count, n_all = render_count(len(rows), "member"), len(report.run.members)
    if not rows:
        count = "images"
    elif n_all > len(rows):
        count += f" more, {n_all:,} in all,"
    about = (
        f"{report.run.path}: {count} on {report.split}, {report.n_examples:,} examples of "
        f"{report.run.n_classes:,} classes, {images}"
    )
    lines = [render_table(rows, list(rows[0]))] if rows else []
    lines.append(render_sentence(about))
    n_votes = sum(not each.has_probabilities for each in report.members)
    if n_votes:
        lines.append(
            render_sentence(
                f"{n_votes} with votes alone: ties go to the lowest class; there is no gap, no "
                "margin, and no rule that needs probabilities"
            )
        )
    return "\n".join(lines)
