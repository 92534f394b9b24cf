"""Figures of corruptions: errors against strength, and what the images look like."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from ensemble_lab.data.dataset import Split, take_index
from ensemble_lab.data.loading import load_split
from ensemble_lab.data.sources import parse_source
from ensemble_lab.spelling import render_count
from ensemble_lab.store.run import Run, open_whole
from ensemble_lab.workflows.corruption_rows import CorruptionErrors, list_corruption_errors
from ensemble_lab.workflows.corruptions import CorruptionReport, find_clean

if TYPE_CHECKING:
    from ensemble_lab.figures.corruptions import ErrorCurve

__all__ = ["build_curves", "save_corruption_curves", "save_corruption_examples"]


def save_corruption_curves(
    report: CorruptionReport, path: Path | str, *, by: Literal["group", "member"] = "group"
) -> None:
    """Draw the share of errors against strength, a panel a corruption.

    Parameters
    ----------
    report : CorruptionReport
    path : path
        A png, svg or pdf file.
    by : {"group", "member"}
        Whose curves stand beside the vote's: means of groups, or each member's.
    """
    from ensemble_lab.figures.corruptions import draw_corruption_curves

    vote = report.corrupted[0].report
    members = render_count(len(vote.members), "member")
    note = f"{vote.n_examples:,} examples each; vote of {members}, {vote.decision.text}."
    draw_corruption_curves(build_curves(report, by=by), note=note, path=path)


def save_corruption_examples(
    path: Path | str,
    *,
    run: Run | Path | str | None = None,
    data: str | None = None,
    index: Sequence[int] = (),
    only: Sequence[str] = (),
    data_dir: Path | str | None = None,
) -> None:
    """Draw images at each strength of each corruption.

    Parameters
    ----------
    path : path
        A png, svg or pdf file.
    run : Run or path, optional
        Its test images, or `data` on the canvas of its data.
    data : str, optional
        ``SOURCE[:SPLIT]``; MNIST's test images where neither is given.
    index : sequence of int
        Which images, by their position in the split as published; the first unless given.
    only : sequence of str
        Corruptions; none for all.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    DataError
        No such source, image or corruption.
    """
    from ensemble_lab.figures.corrupted_images import draw_corruption_examples

    images = _load_images(run, data, Path(data_dir) if data_dir else None)
    chosen = take_index(images, np.asarray(index or images.index[:1], np.int64))
    names = {"names": tuple(only)} if only else {}
    draw_corruption_examples(
        chosen.images, index=chosen.index, split=images.name, path=path, **names
    )


def build_curves(
    report: CorruptionReport, *, by: Literal["group", "member"] = "group"
) -> tuple["ErrorCurve", ...]:
    """Return a curve for each corruption and voter, from images as they are where known."""
    from ensemble_lab.figures.corruptions import ErrorCurve

    rows = list_corruption_errors(report, by=by)
    clean = {(row.kind, row.voter): row for row in rows if row.strength == 0}
    series: dict[tuple[str, str, str], list[CorruptionErrors]] = {}
    for row in rows:
        if row.strength:
            first = [clean[row.kind, row.voter]] if (row.kind, row.voter) in clean else []
            series.setdefault((row.corruption, row.kind, row.voter), first).append(row)
    return tuple(
        ErrorCurve(
            corruption=found[-1].corruption,
            voter=found[-1].voter,
            kind=found[-1].kind,
            strengths=tuple(row.strength for row in found),
            errors=tuple(row.errors for row in found),
            low=tuple(_band(row)[0] for row in found),
            high=tuple(_band(row)[1] for row in found),
            n_examples=found[-1].n_examples,
        )
        for found in series.values()
    )


def _band(row: CorruptionErrors) -> tuple[float, float]:
    """Return the interval of a vote, a standard deviation of a group, nothing of a member."""
    if row.kind == "vote":
        return row.low, row.high
    sd = row.sd or 0.0
    return row.errors - sd, row.errors + sd


def _load_images(run: Run | Path | str | None, data: str | None, folder: Path | None) -> Split:
    if run is None:
        return load_split(*parse_source(data or "mnist:test"), folder)
    opened = open_whole(run, to="draw errors on corrupted images")
    clean = find_clean(opened, data)
    return load_split(clean.source, clean.published, folder)
