"""Options that several commands share, each written once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.decision import DEFAULT, RULES, TIES, Decision, parse_ties

__all__ = [
    "Address",
    "DataDir",
    "DecisionFile",
    "EngineName",
    "Fetch",
    "FigureFile",
    "Gpus",
    "Members",
    "MetadataFiles",
    "OwnSplit",
    "Rule",
    "RunFolder",
    "SplitName",
    "Ties",
    "WholeRun",
    "Workers",
    "build_decision",
    "refuse_format_of_figure",
]

WholeRun = Annotated[Path, Argument(metavar="RUN", help="Run folder.", show_default=False)]
RunFolder = Annotated[
    Path,
    Argument(
        metavar="RUN",
        help="Run folder; RUN@VARIANT asks its members in a variant, such as RUN@tta-8.",
        show_default=False,
    ),
]
SplitName = Annotated[str, Option("--split", help="Split of the run.")]
OwnSplit = Annotated[
    str | None,
    Option(
        "--split",
        help="Split of the run; its validation split unless given.",
        show_default=False,
    ),
]
Rule = Annotated[
    str, Option("--rule", metavar="RULE", help=f"How votes combine: {' | '.join(RULES)}.")
]
Ties = Annotated[
    str,
    Option(
        "--ties",
        metavar="POLICY",
        help=f"Who wins a tie: {' | '.join(TIES[:-1])} | random:SEED. Where a member has votes "
        "only, mean-probability is lowest.",
    ),
]
Members = Annotated[
    list[str],
    Option(
        "--members",
        metavar="PATTERN",
        help="Only members whose key matches, such as 'bn-elu-*'; may be repeated.",
        show_default=False,
    ),
]
DecisionFile = Annotated[
    Path | None,
    Option(
        "--decision",
        metavar="FILE",
        help="What select chose, in the place of --rule, --ties and --members.",
        show_default=False,
    ),
]
DataDir = Annotated[
    Path | None,
    Option(
        "--data-dir",
        metavar="DIR",
        help="Folder with the data; looked for unless given.",
        show_default=False,
    ),
]
Workers = Annotated[
    int | None,
    Option("--workers", min=1, metavar="N", help="Processes side by side; default one a core."),
]


EngineName = Annotated[
    Literal["process", "serial", "ray"],
    Option(
        "--engine", help="Workers side by side, one by one, or on the machines of a Ray cluster."
    ),
]
Address = Annotated[
    str | None,
    Option(
        "--address",
        metavar="HOST:PORT",
        help="With --engine ray: the cluster, or auto for the one that runs here.",
        show_default=False,
    ),
]
Fetch = Annotated[
    bool,
    Option(
        "--fetch",
        help="With --engine ray: members come back over the network; no disk need be shared.",
    ),
]
Gpus = Annotated[
    float | None,
    Option(
        "--gpus",
        metavar="SHARE",
        help="With --engine ray: share of a GPU for each member, such as 0.25; default 1, where "
        "there are any.",
        show_default=False,
    ),
]


FigureFile = Annotated[
    Path | None,
    Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Draw it in a png, svg or pdf file instead.",
        show_default=False,
    ),
]


MetadataFiles = Annotated[
    list[Path],
    Option(
        "--metadata",
        metavar="FILE",
        help="csv, parquet or QMNIST label file with more about the examples; may be repeated.",
        show_default=False,
    ),
]


def refuse_format_of_figure(output: Path | None, format: str) -> None:
    """Refuse a format of rows beside the file of a figure."""
    if output is not None and format != "table":
        raise UsageError("a figure has a format of its own; leave out --format or -o")


def build_decision(
    rule: str, ties: str, file: Path | None = None, members: Sequence[str] = ()
) -> Decision:
    """Return the decision that --rule and --ties ask for, or that --decision holds."""
    policy, seed = parse_ties(ties)
    asked = Decision(rule=rule, ties=policy, tie_seed=seed)
    if file is None:
        return asked
    if asked != DEFAULT or members:
        raise UsageError(
            "a decision has a rule, ties and members of its own; leave out --decision or the others"
        )
    from ensemble_lab.store.decisions import load_decision

    return load_decision(file)
