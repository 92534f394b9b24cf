"""Say what a run holds and what is missing.

Every file of the run that is there is checked against its seal.
"""

from typing import Any

from ensemble_lab.cli.options import RunFolder
from ensemble_lab.cli.output import Format, render_json, render_table

__all__ = ["command"]


def command(run: RunFolder, format: Format = "table") -> None:
    """Say what a run holds and what is missing."""
    from ensemble_lab.workflows.inspect import summarise_run

    summary = summarise_run(run)
    members: list[dict[str, Any]] = [
        {
            "member": member.key,
            "group": member.group,
            "status": member.status,
            "epochs": member.epochs,
            "validation accuracy": member.validation_accuracy,
            "minutes": member.minutes,
            "note": member.note,
        }
        for member in summary.members
    ]
    splits: list[dict[str, Any]] = [
        {
            "split": split.name,
            "role": split.role,
            "examples": split.n_examples,
            "labels": "yes" if split.has_labels else "no",
            "members predicted": split.n_predicted,
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
                    "catalogues": list(summary.catalogues),
                    "test_accesses": summary.n_accesses,
                }
            )
        )
        return
    print(f"{summary.run.name}: {summary.n_complete} of {len(members)} members complete\n")
    for member in members:
        accuracy = member["validation accuracy"]
        member["validation accuracy"] = "–" if accuracy is None else f"{accuracy:.2%}"
        member["minutes"] = f"{member['minutes']:.1f}"
    print(render_table(members, list(members[0]) if members else ["member"]))
    print("\n" + render_table(splits, list(splits[0]) if splits else ["split"]))
    if summary.catalogues:
        print("\ncatalogues: " + ", ".join(summary.catalogues))
    print(f"\ntest labels: {summary.n_accesses} uses in test-access.jsonl")
