"""Say what a run holds and what is missing.

Every file of the run that is there is checked against its seal.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.options import WholeRun
from ensemble_lab.cli.output import Format, render_json, render_share, render_table
from ensemble_lab.spelling import render_count

if TYPE_CHECKING:
    from ensemble_lab.workflows.inspect import MemberStatus

__all__ = ["command"]

_MEMBER = ("member", "group", "status", "epochs", "validation accuracy", "minutes", "note")
_SPLIT = ("split", "role", "examples", "labels", "members predicted", "note")


def command(run: WholeRun, format: Format = "table") -> None:
    """Say what a run holds and what is missing."""
    from ensemble_lab.workflows.inspect import summarise_run

    summary = summarise_run(run)
    members = [_member_row(member) for member in summary.members]
    splits: list[dict[str, Any]] = [
        {
            "split": split.name,
            "role": split.role,
            "examples": split.n_examples,
            "labels": "yes" if split.has_labels else "no",
            "members predicted": split.n_predicted,
            "note": split.note,
        }
        for split in summary.splits
    ]
    if format == "json":
        print(
            render_json(
                {
                    "name": summary.run.name,
                    "members": members,
                    "splits": splits,
                    "variants": [asdict(each) for each in summary.variants],
                    "catalogues": list(summary.catalogues),
                    "accesses": summary.n_accesses,
                    "notes": list(summary.notes),
                }
            )
        )
        return
    print(f"{summary.run.name}: {summary.n_complete} of {len(members)} members complete\n")
    for member in members:
        accuracy = member["validation accuracy"]
        member["validation accuracy"] = None if accuracy is None else render_share(accuracy)
        if (minutes := member["minutes"]) is not None:
            # Of the time that a stack shares, a small net's part is seconds.
            member["minutes"] = f"{minutes:.{1 if minutes >= 1 else 2}f}"
    # Notes are sentences: below the tables, where they cannot make them wide.
    print(render_table(members, [name for name in _MEMBER if name != "note"]))
    for origin in summary.run.origins:
        n_pooled = sum(member["origin"] == str(origin) for member in members)
        print(f"\n{n_pooled} pooled from {origin}; their weights and histories are there")
    print("\n" + render_table(splits, [name for name in _SPLIT if name != "note"]))
    told = [(member["member"], member["note"]) for member in members]
    told += [(split["split"], split["note"]) for split in splits]
    for name, sentence in [*told, *(("run", each) for each in summary.notes)]:
        if sentence:
            print(f"\n{name}: {sentence}")
    for each in summary.variants:
        predicted = render_count(each.n_predicted, "member")
        print(f"\nvariant {each.name} on {each.split}: {predicted}, {each.text}")
    if summary.catalogues:
        print("\ncatalogues: " + ", ".join(summary.catalogues))
    print(f"\ndifferent uses of labels for reporting (test-access.jsonl): {summary.n_accesses}")


def _member_row(member: "MemberStatus") -> dict[str, Any]:
    return {
        "member": member.key,
        "group": member.group,
        "kind": member.kind,
        "status": member.status,
        "epochs": member.epochs,
        "validation accuracy": member.validation_accuracy,
        "minutes": member.minutes,
        "origin": member.origin,
        "note": member.note,
    }
