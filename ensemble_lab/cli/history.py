r"""Show how the members learned, epoch by epoch.

Loss, accuracy and learning rate. Training values are measured while a net learns, on augmented
images, under dropout and with the recipe's loss; validation values afterwards, on plain images,
without dropout, by cross-entropy. They are two measures: training may well look the worse.

The table has a line for each member; --epochs lists every epoch, and so do json and csv. A
figure has training on the left and validation on the right. Examples:

\b
  ensemble-lab history RUN --members cnn3-0001 --epochs
  ensemble-lab history RUN --by group -o curves.png
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ensemble_lab.cli.arguments import Option, UsageError
from ensemble_lab.cli.options import FigureFile, Members, WholeRun
from ensemble_lab.cli.output import (
    DataFormat,
    DataFormatName,
    note,
    render_csv,
    render_json_rows,
    render_share,
    render_table,
)

if TYPE_CHECKING:
    from ensemble_lab.analysis.curves import Curves
    from ensemble_lab.store.histories import MemberHistory
    from ensemble_lab.store.members import EpochRecord

__all__ = ["command"]

_MEASURED = """\
loss, accuracy: while learning, on augmented images, under dropout, with the
recipe's loss; val.: afterwards, on plain images, by cross-entropy"""


def command(
    run: WholeRun,
    members: Members = [],  # noqa: B006 - read, never written
    by: Annotated[
        Literal["group"] | None,
        Option("--by", help="Means over the members of each group."),
    ] = None,
    epochs: Annotated[bool, Option("--epochs", help="List every epoch in the table.")] = False,
    output: FigureFile = None,
    format: DataFormat = "table",
) -> None:
    """Show how the members learned, epoch by epoch."""
    from ensemble_lab.workflows.history import describe_gaps, load_histories, save_history

    if output is not None and (epochs or format != "table"):
        raise UsageError("a figure has every epoch; leave out --epochs and --format, or -o")
    patterns = tuple(members)
    if output is not None:
        histories = save_history(run, output, members=patterns, by=by or "member")
        print(output)
    else:
        histories = load_histories(run, members=patterns)
        known = [each for each in histories if each.records]
        if by:
            print(_render_groups(known, format, with_epochs=epochs))
        else:
            print(_render_members(known, format, with_epochs=epochs))
    if gaps := describe_gaps(histories):
        note(gaps)


def _render_members(
    histories: Sequence["MemberHistory"], format: DataFormatName, *, with_epochs: bool
) -> str:
    if format != "table":
        return _render_data([row for each in histories for row in _member_data(each)], format)
    if with_epochs:
        tables = [
            f"{each.key}\n" + _render([_epoch_row(each, record) for record in each.records])
            for each in histories
        ]
        return "\n\n".join([*tables, _MEASURED])
    table = _render([_member_row(each) for each in histories])
    return f"{table}\nlast epoch; best: greatest val. acc., first reached in epoch at\n{_MEASURED}"


def _member_row(history: "MemberHistory") -> dict[str, Any]:
    last, best = history.records[-1], history.best
    return {
        "member": history.key,
        "epochs": len(history.records),
        **_measures(last),
        "best": best and _share(best.validation_accuracy),
        "at": best and best.epoch,
    }


def _epoch_row(history: "MemberHistory", record: "EpochRecord") -> dict[str, Any]:
    is_best, is_kept = record is history.best, record.epoch == history.kept_epoch
    return {
        "epoch": record.epoch,
        **_measures(record),
        "rate": f"{record.rate:.4g}",
        "seconds": f"{record.seconds:.1f}",
        "": ", ".join(["best"] * is_best + ["kept"] * is_kept),
    }


def _measures(record: "EpochRecord") -> dict[str, Any]:
    return {
        "loss": record.loss,
        "accuracy": _share(record.accuracy),
        "val. loss": record.validation_loss,
        "val. acc.": _share(record.validation_accuracy),
    }


def _share(share: float | None) -> str | None:
    return None if share is None else render_share(share)


def _member_data(history: "MemberHistory") -> list[dict[str, Any]]:
    return [
        {
            "member": history.key,
            "group": history.group,
            "progress": history.progress,
            "epoch": record.epoch,
            "loss": record.loss,
            "accuracy": record.accuracy,
            "validation_loss": record.validation_loss,
            "validation_accuracy": record.validation_accuracy,
            "rate": record.rate,
            "seconds": record.seconds,
            "is_kept": record.epoch == history.kept_epoch,
        }
        for record in history.records
    ]


def _render_groups(
    histories: Sequence["MemberHistory"], format: DataFormatName, *, with_epochs: bool
) -> str:
    from ensemble_lab.analysis.curves import build_curves, group_histories

    groups = [(name, build_curves(members)) for name, members in group_histories(histories)]
    if format != "table":
        return _render_data([r for name, each in groups for r in _data(name, each)], format)
    about = f"means over members; lowest, highest: val. acc.\n{_MEASURED}"
    if with_epochs:
        return "\n\n".join(
            [f"{name}\n{_render(_epoch_means(each))}" for name, each in groups] + [about]
        )
    table = _render([_group_row(name, each) for name, each in groups])
    return f"{table}\nlast epoch; {about}"


def _group_row(name: str, curves: "Curves") -> dict[str, Any]:
    last = _epoch_means(curves)[-1]
    kept = ("accuracy", "val. acc.", "lowest", "highest")
    return {
        "group": name,
        "members": last["members"],
        "epochs": last["epoch"],
        **{column: last[column] for column in kept},
    }


def _epoch_means(curves: "Curves") -> list[dict[str, Any]]:
    return [
        {
            "epoch": row["epoch"],
            "members": row["n_members"],
            "loss": row["loss"],
            "accuracy": _share(row["accuracy"]),
            "val. loss": row["validation_loss"],
            "val. acc.": _share(row["validation_accuracy"]),
            "lowest": _share(row["validation_accuracy_least"]),
            "highest": _share(row["validation_accuracy_greatest"]),
        }
        for row in _data("", curves)
    ]


def _data(group: str, curves: "Curves") -> list[dict[str, Any]]:
    """Return a row for each epoch of a group; None where nothing was measured."""
    from ensemble_lab.analysis.curves import MEASURES

    columns: dict[str, list[float]] = {}
    for name in MEASURES:
        band = getattr(curves, name)
        columns |= {name: band.mean, f"{name}_least": band.least, f"{name}_greatest": band.greatest}
    return [
        {"group": group, "epoch": epoch, "n_members": int(n_members)}
        # Only NaN differs from itself.
        | {
            n: float(c[epoch - 1]) if c[epoch - 1] == c[epoch - 1] else None
            for n, c in columns.items()
        }
        for epoch, n_members in enumerate(curves.n_members, start=1)
    ]


def _render_data(rows: list[dict[str, Any]], format: DataFormatName) -> str:
    return render_json_rows(rows) if format == "json" else render_csv(rows, list(rows[0]))


def _render(rows: list[dict[str, Any]]) -> str:
    return render_table(rows, list(rows[0]))
