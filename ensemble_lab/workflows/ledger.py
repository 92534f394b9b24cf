"""What test sets were asked: the ledgers of all runs below a folder, joined."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_lab.store.ledger import find_user_ledger, load_ledger, read_ledger, tell_look
from ensemble_lab.store.run import open_run
from ensemble_lab.store.runs import find_runs

__all__ = ["LookRow", "TestSetLooks", "join_ledgers"]


@dataclass(frozen=True)
class LookRow:
    """One decision that was scored on a test set.

    Attributes
    ----------
    number : int
        Its place among the looks at this test set, from 1, by the time of the first.
    first, last : str
        When it was asked, ISO 8601 in UTC.
    n_asked : int
        How often.
    commands, runs, splits : tuple of str
        What asked, in which runs, and what the split was called there.
    purpose : {"report", "choose"}
        ``choose`` if it ever served to choose.
    n_candidates : int
        The most decisions that were compared at once with it.
    words : str
        The decision for a reader; its digest where the ledger has no words.
    decision, members : str
        Digests.
    kept : {"run", "user"}
        ``user`` if only the user's ledger has it, the run being read-only.
    """

    number: int
    first: str
    last: str
    n_asked: int
    commands: tuple[str, ...]
    runs: tuple[str, ...]
    splits: tuple[str, ...]
    purpose: str
    n_candidates: int
    words: str
    decision: str
    members: str
    kept: str


@dataclass(frozen=True)
class TestSetLooks:
    """All that was asked of one test set.

    Attributes
    ----------
    labels_sha256 : str
        What makes it this test set, whatever it is called.
    names : tuple of str
        What it is called: data set and split.
    looks : tuple of LookRow
        In their order.
    n_other : int
        Readings of the labels without a decision that was scored.
    """

    __test__ = False

    labels_sha256: str
    names: tuple[str, ...]
    looks: tuple[LookRow, ...]
    n_other: int

    @property
    def n_asked(self) -> int:
        """How often a decision was scored, repeats and all."""
        return sum(look.n_asked for look in self.looks)


@dataclass(frozen=True)
class _Line:
    """A row of a ledger, and where it stands."""

    row: dict[str, Any]
    run: str
    kept: str
    data: str


def join_ledgers(folder: Path | str = "checkpoints") -> tuple[TestSetLooks, ...]:
    """Return the looks at each test set, over all runs below a folder.

    Looks at read-only runs below it are taken from the user's ledger. Nothing is written.

    Parameters
    ----------
    folder : path
        Itself a run, or runs lie at most two folders down.

    Returns
    -------
    tuple of TestSetLooks
        The test set that was asked first comes first.

    Raises
    ------
    MissingError
        No such folder.
    DamagedError
        A ledger or a manifest is damaged; names it.
    """
    lines = sorted(_read(Path(folder)), key=lambda line: str(line.row.get("time", "")))
    sets: dict[str, list[_Line]] = {}
    for line in lines:
        sets.setdefault(str(line.row.get("labels_sha256")), []).append(line)
    return tuple(_join(sha256, found) for sha256, found in sets.items())


def _read(folder: Path) -> Iterable[_Line]:
    data: dict[Path, str] = {}
    for path in find_runs(folder):
        run = open_run(path)
        data[path.resolve()] = str(run.data.get("name", run.name))
        for row in load_ledger(run):
            yield _Line(row, str(path), "run", data[path.resolve()])
    for row in read_ledger(find_user_ledger()):
        place = Path(str(row.get("run", "")))
        if place in data:
            yield _Line(row, str(place), "user", data[place])


def _join(labels_sha256: str, lines: list[_Line]) -> TestSetLooks:
    looks: dict[tuple[str, str, str], list[_Line]] = {}
    for line in lines:
        if (look := tell_look(line.row)) is not None:
            looks.setdefault(look, []).append(line)
    return TestSetLooks(
        labels_sha256=labels_sha256,
        names=_differ(f"{line.data} {line.row.get('split')}" for line in lines),
        looks=tuple(_tell(number, found) for number, found in enumerate(looks.values(), start=1)),
        n_other=len(lines) - sum(len(found) for found in looks.values()),
    )


def _tell(number: int, lines: list[_Line]) -> LookRow:
    rows = [line.row for line in lines]
    words = [str(row["words"]) for row in rows if row.get("words")]
    return LookRow(
        number=number,
        first=str(rows[0].get("time")),
        last=str(rows[-1].get("time")),
        n_asked=len(rows),
        commands=_differ(row.get("command") for row in rows),
        runs=_differ(line.run for line in lines),
        splits=_differ(row.get("split") for row in rows),
        purpose="choose" if any(row.get("purpose") == "choose" for row in rows) else "report",
        n_candidates=max(int(row.get("n_candidates") or 1) for row in rows),
        words=words[0] if words else f"decision {str(rows[0]['decision'])[:8]}",
        decision=str(rows[0]["decision"]),
        members=str(rows[0]["members"]),
        kept="user" if all(line.kept == "user" for line in lines) else "run",
    )


def _differ(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(value) for value in values))
