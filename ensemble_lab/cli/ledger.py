r"""Tell which decisions were scored on which test sets.

A look is one decision scored with the same predictions on the same test labels; asked again it is
the same look once more. All runs below DIR are joined, and looks at read-only runs, which the
user's own ledger keeps, are shown apart. Nothing is written. Examples:

\b
  ensemble-lab ledger
  ensemble-lab ledger checkpoints --format csv
"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument
from ensemble_lab.cli.output import DataFormat, render_csv, render_json, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.ledger import LookRow, TestSetLooks

__all__ = ["command"]

_DEFAULT_TIES = (", ties by mean-probability", ", ties to the smaller class")
_MOST_RUNS = 2


def command(
    folder: Annotated[Path, Argument(metavar="DIR", help="A run, or a folder of runs.")] = (
        Path("checkpoints")
    ),
    format: DataFormat = "table",
) -> None:
    """Tell which decisions were scored on which test sets."""
    from ensemble_lab.workflows.ledger import join_ledgers

    sets = join_ledgers(folder)
    if format == "json":
        print(render_json([asdict(each) for each in sets]))
    elif format == "csv":
        print(render_csv(*_list_rows(sets)))
    elif sets:
        print("\n\n".join(_render(each) for each in sets))
    else:
        print(f"no test set was looked at in {folder}")


def _list_rows(sets: "tuple[TestSetLooks, ...]") -> tuple[list[dict[str, Any]], list[str]]:
    from ensemble_lab.workflows.ledger import LookRow

    rows = [{"labels_sha256": s.labels_sha256} | asdict(look) for s in sets for look in s.looks]
    return rows, ["labels_sha256", *LookRow.__dataclass_fields__]


def _render(test_set: "TestSetLooks") -> str:
    n_looks = len(test_set.looks)
    looks = render_count(n_looks, "look")
    head = f"{', '.join(test_set.names)} (labels {test_set.labels_sha256[:8]}): {looks}"
    if n_looks:
        head += f", asked {_times(test_set.n_asked)}"
    if n_choosing := sum(look.purpose == "choose" for look in test_set.looks):
        head += f"; {n_choosing} to choose"
    parts = [head]
    own = [look for look in test_set.looks if look.kept == "run"]
    apart = [look for look in test_set.looks if look.kept == "user"]
    if own:
        parts.append(_render_looks(own))
    if apart:
        parts.append(f"of read-only runs, kept by the user:\n{_render_looks(apart)}")
    if test_set.n_other:
        parts.append(f"labels were also read {_times(test_set.n_other)} without a decision")
    return "\n".join(parts)


def _render_looks(looks: "list[LookRow]") -> str:
    rows = [
        {
            "look": look.number,
            "first": look.first[:10],
            "asked": look.n_asked,
            "run": _shorten([Path(run).name for run in look.runs]),
            "decision": _leave_out(look.words),
        }
        for look in looks
    ]
    return render_table(rows, list(rows[0]))


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _leave_out(words: str) -> str:
    """Return the words of a decision without the tie policies that go without saying."""
    for ties in _DEFAULT_TIES:
        words = words.replace(ties, "")
    return words


def _shorten(names: list[str]) -> str:
    n_more = len(names) - _MOST_RUNS
    return ", ".join(names[:_MOST_RUNS]) + (f" and {n_more} more" if n_more > 0 else "")
