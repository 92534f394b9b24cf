"""How the members of a run learned, epoch by epoch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ensemble_lab.exceptions import MissingError
from ensemble_lab.store.histories import MemberHistory, load_history
from ensemble_lab.store.run import Run, open_whole

__all__ = ["describe_gaps", "load_histories", "save_history"]

_MOST_NAMED = 4


def load_histories(
    run: Run | Path | str, *, members: tuple[str, ...] = ()
) -> tuple[MemberHistory, ...]:
    """Return what each epoch of a run's members measured, in the order of the run.

    Parameters
    ----------
    run : Run or path
    members : tuple of str
        Patterns of keys; none for all.

    Raises
    ------
    MissingError
        No such run or member, or none of the members has a history.
    """
    run = open_whole(run, to="show how it learned")
    histories = tuple(load_history(run, entry.key) for entry in run.matching(members))
    if not any(each.records for each in histories):
        gaps = describe_gaps(histories) or "the run has no members"
        stayed = run.tell_origins("Histories of pooled members are")
        raise MissingError(
            f"a history must have at least one epoch; got {gaps}, in {run.path}.{stayed}"
        )
    return histories


def describe_gaps(histories: Sequence[MemberHistory]) -> str:
    """Return which members are unfinished or without history, in a line; empty where none is.

    Examples
    --------
    >>> describe_gaps([MemberHistory("a-0000", "a", "imported")])
    'no history: a-0000 (imported)'
    """
    parts = []
    going = [h for h in histories if h.progress == "unfinished"]
    if going:
        named = _list_some([f"{h.key} (after epoch {len(h.records)})" for h in going])
        parts.append(f"unfinished: {named}")
    absent = [h for h in histories if not h.records and h.progress != "unfinished"]
    if absent:
        parts.append("no history: " + _list_some([f"{h.key} ({h.progress})" for h in absent]))
    return "; ".join(parts)


def save_history(
    run: Run | Path | str,
    path: Path | str,
    *,
    members: tuple[str, ...] = (),
    by: Literal["member", "group"] = "member",
) -> tuple[MemberHistory, ...]:
    """Draw how the members of a run learned; return their histories.

    Parameters
    ----------
    run : Run or path
    path : path
        Ends in ``.png``, ``.svg`` or ``.pdf``.
    members : tuple of str
        Patterns of keys; none for all.
    by : {"member", "group"}
        A line for each member, or a mean line and a band for each group.

    Raises
    ------
    MissingError
        As `load_histories`.
    PredictionError
        The path ends otherwise.
    StoreError
        The file cannot be written.
    """
    from ensemble_lab.figures.files import check_figure_path
    from ensemble_lab.figures.history import draw_history

    check_figure_path(path)
    run = open_whole(run, to="show how it learned")
    histories = load_histories(run, members=members)
    draw_history(histories, by=by, title=run.name, path=path)
    return histories


def _list_some(names: list[str]) -> str:
    rest = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
