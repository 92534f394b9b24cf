r"""Look at a data set: counts and oddities as a table, or a picture with -o FILE.

SOURCE is a name such as mnist, digits or fashion_mnist, an npz file or Kaggle's csv. Pictures
are of the split that is named, or of the first. Examples:

\b
  ensemble-lab data mnist
  ensemble-lab data mnist:train -o samples.png
  ensemble-lab data mnist:train -o all.png --draw mosaic --group-by label
  ensemble-lab data mnist:train --draw digit --index 0
  ensemble-lab data mnist -o seen.png --draw augmented --augmentation light
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.data_table import describe_summary, render_summary
from ensemble_lab.cli.options import DataDir
from ensemble_lab.cli.output import Format, render_json
from ensemble_lab.exceptions import DataError
from ensemble_lab.spelling import parse_whole

__all__ = ["command"]

_OPTIONS = {
    "index": "--index",
    "n_examples": "--examples",
    "seed": "--seed",
    "by_label": "--group-by",
    "perplexity": "--perplexity",
    "recipe": "--augmentation",
}
"""How each attribute of a drawing is written."""

SourceName = Annotated[
    str, Argument(metavar="SOURCE[:SPLIT]", help="What to look at.", show_default=False)
]
Output = Annotated[
    Path | None,
    Option("-o", "--output", metavar="FILE", help="Draw: a png, svg or pdf file."),
]
What = Annotated[
    Literal["samples", "mosaic", "means", "projection", "digit", "augmented"] | None,
    Option(
        "--draw",
        help="samples unless given. digit is one image as its numbers, and is printed without "
        "-o; augmented is what a net sees.",
    ),
]
Indices = Annotated[str | None, Option("--index", metavar="I,J", help="Draw these examples.")]
Examples = Annotated[
    int | None,
    Option("--examples", min=1, metavar="N", help="Draw N, chosen at random."),
]
Seed = Annotated[
    int | None,
    Option("--seed", min=0, metavar="S", help="Chooses them; default 0."),
]
GroupBy = Annotated[Literal["label"] | None, Option("--group-by", help="Of a mosaic.")]
Perplexity = Annotated[
    float | None, Option("--perplexity", metavar="P", help="Of t-SNE; default 30.")
]
Recipe = Annotated[
    str | None,
    Option(
        "--augmentation",
        metavar="RECIPE",
        help="A preset, or FILE.toml:GROUP; --seed is the member's.",
    ),
]


def command(
    source: SourceName,
    output: Output = None,
    draw: What = None,
    index: Indices = None,
    examples: Examples = None,
    seed: Seed = None,
    group_by: GroupBy = None,
    perplexity: Perplexity = None,
    augmentation: Recipe = None,
    format: Format = "table",
    data_dir: DataDir = None,
) -> None:
    """Look at a data set."""
    words = index.split(",") if index is not None else []
    indices = tuple(parse_whole(word, name="index", error=DataError) for word in words)
    given = {
        "index": indices or None,
        "n_examples": examples,
        "seed": seed,
        "by_label": group_by and True,
        "perplexity": perplexity,
        "recipe": augmentation,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    if output is None and draw is None:
        _refuse(chosen, where="goes with -o FILE")
        _show(source, format, data_dir)
        return
    _check(draw or "samples", chosen, has_output=output is not None)
    if format != "table":
        raise UsageError("--format is of the table; leave out -o and --draw")
    _draw(source, output, draw or "samples", chosen, data_dir)


def _show(source: str, format: str, data_dir: Path | None) -> None:
    from ensemble_lab.workflows.data import summarise_data

    summary = summarise_data(source, data_dir=data_dir)
    if format == "json":
        print(render_json(describe_summary(summary)))
    else:
        print(render_summary(summary))


def _draw(
    source: str, output: Path | None, what: str, chosen: dict[str, Any], data_dir: Path | None
) -> None:
    if output is None:
        from ensemble_lab.workflows.data import render_example

        (index,) = chosen.get("index", (None,))
        print(render_example(source, index, data_dir=data_dir))
        return
    from ensemble_lab.workflows.drawings import Drawing, save_drawing

    print(save_drawing(source, output, Drawing(what=what, **chosen), data_dir=data_dir))


def _check(what: str, chosen: dict[str, Any], *, has_output: bool) -> None:
    """Refuse options that would change nothing, and a picture that is to go nowhere."""
    from ensemble_lab.workflows.drawings import DRAWINGS

    if not has_output and what != "digit":
        raise UsageError(f"--draw {what} needs -o FILE")
    if what == "digit" and len(chosen.get("index", ())) > 1:
        raise UsageError("--draw digit shows one example; give one --index")
    if "index" in chosen and "n_examples" in chosen:
        raise UsageError("--examples draws at random and --index chooses; leave out one")
    if what == "augmented" and "recipe" not in chosen:
        raise UsageError("--draw augmented needs --augmentation: a preset, such as light")
    idle = {name: value for name, value in chosen.items() if name not in DRAWINGS[what].takes}
    _refuse(idle, where=f"changes nothing of --draw {what}")


def _refuse(chosen: dict[str, Any], *, where: str) -> None:
    for name in chosen:
        raise UsageError(f"{_OPTIONS[name]} {where}")
