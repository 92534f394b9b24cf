"""The summary of a data set as text and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import render_table

if TYPE_CHECKING:
    from ensemble_lab.data.repeats import Repeats
    from ensemble_lab.data.summary import DatasetSummary, SplitSummary

__all__ = ["describe_summary", "render_summary"]

_MOST_LISTED = 5
_MOST_SERIES = 8


def render_summary(summary: "DatasetSummary") -> str:
    """Return what a person asks first: splits side by side, label counts, and what is odd."""
    parts = [_render_facts(summary)]
    if any(split.label_counts is not None for split in summary.splits):
        parts.append(_render_labels(summary))
    parts.append("\n".join(_list_oddities(summary)))
    return "\n\n".join(parts)


def describe_summary(summary: "DatasetSummary") -> dict[str, Any]:
    """Return all that is known, with whole hashes and every pair, for JSON."""
    return asdict(summary)


def _render_facts(summary: "DatasetSummary") -> str:
    facts = [(split.name, _list_facts(split)) for split in summary.splits]
    rows: list[dict[str, Any]] = [
        {summary.name: fact} | {name: values.get(fact) for name, values in facts}
        for fact in dict.fromkeys(fact for _, values in facts for fact in values)
    ]
    return render_table(rows, list(rows[0]))


def _list_facts(split: "SplitSummary") -> dict[str, str]:
    counts = split.label_counts
    facts = {
        "examples": f"{split.n_examples:,}",
        "role": split.role,
        "images": f"{'×'.join(map(str, split.image_shape))} {split.dtype}",
        "values": f"{split.lowest} to {split.highest}",
        "mean, sd of 0 … 1": f"{split.mean:.4f}, {split.sd:.4f}",
        "images SHA-256": split.images_sha256[:12],
        "labels SHA-256": "no labels" if counts is None else str(split.labels_sha256)[:12],
    }
    if split.n_writers is not None:
        facts["writers"] = f"{split.n_writers:,}"
    if split.series is not None and len(split.series) <= _MOST_SERIES:
        # NIST's partitions hsf_0 … hsf_7.
        facts["series"] = ", ".join(f"hsf{series} {count:,}" for series, count in split.series)
    return facts


def _render_labels(summary: "DatasetSummary") -> str:
    """Return the examples of each class, in all and in ratio: classes down, splits across."""
    names = summary.class_names
    is_named = names != tuple(map(str, range(len(names))))
    counts = {split.name: split.label_counts for split in summary.splits if split.label_counts}
    rows: list[dict[str, Any]] = [
        {"label": label, "class": name} | {split: each[label] for split, each in counts.items()}
        for label, name in enumerate(names)
    ]
    columns = [name for name in ("label", "class", *counts) if is_named or name != "class"]
    ratios = ", ".join(
        f"{split.imbalance:.2f} in {split.name}" for split in summary.splits if split.imbalance
    )
    return f"{render_table(rows, columns)}\nlargest class ÷ smallest: {ratios}"


def _list_oddities(summary: "DatasetSummary") -> list[str]:
    """Return a line for each thing that is odd, and one for what was looked for in vain."""
    names = summary.class_names
    lines = []
    for split in summary.splits:
        if split.missing:
            listed = _list([names[label] for label in split.missing])
            lines.append(f"{split.name} lacks {_count(split.missing, 'class', 'es')}: {listed}")
        if split.constant:
            listed = _list(split.constant)
            lines.append(f"{split.name} has {_count(split.constant, 'constant image')}: {listed}")
    lines += map(_describe_repeats, summary.repeats)
    is_labelled = any(split.label_counts for split in summary.splits)
    found = {
        "no class is missing": not is_labelled or any(split.missing for split in summary.splits),
        "no image is constant": any(split.constant for split in summary.splits),
        "no image comes twice": bool(summary.repeats),
    }
    in_vain = [words for words, is_there in found.items() if not is_there]
    lines += [", ".join(in_vain)] if in_vain else []
    for shared in summary.shared_writers:
        count = f"{shared.n_writers:,}" if shared.n_writers else "no"
        plural = "" if shared.n_writers == 1 else "s"
        lines.append(f"{' and '.join(shared.splits)} share {count} writer{plural}")
    return [*lines, f"writers are not known: {summary.unknown}"] if summary.unknown else lines


def _describe_repeats(repeats: "Repeats") -> str:
    """Return how many images come again, which, and whether their labels agree."""
    first, again = repeats.of, repeats.split
    pairs = _list([f"{first} {one} = {again} {other}" for one, other in repeats.pairs])
    count = _count(repeats.pairs, "image")
    if repeats.n_relabelled is None:
        labels = "labels are not known"
    elif repeats.n_relabelled:
        labels = f"{repeats.n_relabelled:,} with another label"
    else:
        labels = "all with the same label"
    return f"{again} repeats {count} of {'its own' if first == again else first}, {labels}: {pairs}"


def _count(things: Sequence[Any], noun: str, plural: str = "s") -> str:
    return f"{len(things):,} {noun}{'' if len(things) == 1 else plural}"


def _list(things: Sequence[Any]) -> str:
    rest = len(things) - _MOST_LISTED
    return ", ".join(map(str, things[:_MOST_LISTED])) + (f" and {rest:,} more" if rest > 0 else "")
