"""A summary of experiments as Markdown: the text of experiments/RESULTS.md."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ensemble_lab.figures.quoted import QUOTED, Quoted
from ensemble_lab.spec.published import Published
from ensemble_lab.workflows.experiments import ExperimentResults
from ensemble_lab.workflows.markdown import (
    ABSENT,
    escape,
    render_amount,
    render_ranges,
    render_table,
    render_values,
)
from ensemble_lab.workflows.summary import GroupRow, Summary, VoteRow

__all__ = ["render_summary"]

Sources = Mapping[str, int]
"""Numbers of the sources, from 1, in the order in which the text names them."""

_INTRODUCTION = """\
# Results

Made by `ensemble-lab summarise` from the `results.json` that `ensemble-lab results` wrote into each
experiment's folder, not written by hand. What others state stands in columns of its own, with how
they chose it, and a number for its source. What was not trained says "not measured".
"""
_GROUPS = """\
## Nets

Test errors are the mean over seeds (and folds, where every seed was trained once a fold) ± the
sample standard deviation (n − 1); one member has no ±. The 95 % interval is Wilson's, of that mean
as one net's number of errors: it says how many to expect of that net on such images, a single new
test set varying around that and new seeds not counted, and takes images as independent. TFLOP are
the training of one member: 6 floating-point operations a multiply-add, image and epoch. Epochs are
those that ran; classic models (–) have none.
"""
_VOTES = """\
## Votes

All members of an experiment vote. The 95 % interval is Wilson's, of the errors to expect on such
images. Ties are the examples on which the rule alone did not decide.
"""
_EXPERIMENTS = """\
## Experiments

"Chosen on" names the split that chose weights (the best epoch) or learning rates (a plateau);
nothing is chosen on test. Minutes are those of all members' epochs, one after another.
"""
_NOT_MEASURED = """\
## Not measured

Presets without a row above.
"""
_FRONTIER = """\
## Frontier

![Test errors against TFLOP of training](TARGET)

Of ours, the nets and majority votes on MNIST as it is. Hollow markers are quoted:
"""


def render_summary(summary: Summary, path: Path | str, *, figure: Path | str | None = None) -> str:
    """Return the Markdown of a summary; the same summary gives the same text.

    Parameters
    ----------
    summary : Summary
    path : path
        Where the text will lie: its links are relative to it.
    figure : path, optional
        The frontier figure, to be shown.
    """
    place = Path(path).parent
    sources = _number_sources(summary, QUOTED if figure is not None else ())
    parts = [
        _INTRODUCTION,
        _GROUPS,
        _render_groups(summary, place, sources),
        _VOTES if summary.votes else "",
        _render_votes(summary, place, sources) if summary.votes else "",
        _EXPERIMENTS,
        _render_experiments(summary, place),
        _NOT_MEASURED if summary.not_measured else "",
        _render_not_measured(summary, sources) if summary.not_measured else "",
        _render_notes(summary),
    ]
    if figure is not None:
        target = _target(Path(figure), place)
        parts += [_FRONTIER.replace("TARGET", target), _render_quoted(QUOTED, sources)]
    if sources:
        listed = [f"{number}. {escape(source)}" for source, number in sources.items()]
        parts += ["## Sources\n", "\n".join(listed) + "\n"]
    return "\n".join(part for part in parts if part)


def _render_groups(summary: Summary, place: Path, sources: Sources) -> str:
    header = (
        "preset (group)",
        "parameters",
        "TFLOP a member",
        "epochs",
        "seeds",
        f"test errors{_of_all(summary)}",
        "95 % interval",
        "published figure",
        "how it was chosen",
    )
    rows = [
        (
            f"[{escape(row.name)}]({_target(row.experiment.folder, place)})",
            render_values(row.group.parameters),
            render_amount(row.group.tflop),
            render_values(row.group.epochs),
            f"{row.group.n_members} ({render_ranges(row.group.seeds)})",
            _render_errors(row) + _of_one(summary, row.experiment),
            f"{row.group.test_errors.low:,.1f} to {row.group.test_errors.high:,.1f}",
            *_render_published(row.published, sources),
        )
        for row in summary.groups
    ]
    return render_table(header, rows, to_right=range(1, 7))


def _render_votes(summary: Summary, place: Path, sources: Sources) -> str:
    header = (
        "experiment",
        "members",
        "rule",
        f"test errors{_of_all(summary)}",
        "95 % interval",
        "ties",
        "published figure",
        "how it was chosen",
    )
    rows = [
        (
            _link(row.experiment, place),
            _render_members(row),
            escape(row.vote.decision),
            f"{row.vote.errors:,}{_of_one(summary, row.experiment)}",
            f"{row.vote.interval.low:,.1f} to {row.vote.interval.high:,.1f}",
            f"{row.vote.n_ties:,}",
            *_render_published(row.published, sources),
        )
        for row in summary.votes
    ]
    return render_table(header, rows, to_right=range(3, 6))


def _render_members(row: VoteRow) -> str:
    groups = row.experiment.groups
    counts = ", ".join(f"{each.n_members} {escape(each.group)}" for each in groups)
    return counts if len(groups) == 1 else f"{row.experiment.n_members}: {counts}"


def _render_experiments(summary: Summary, place: Path) -> str:
    header = (
        "experiment",
        "images",
        "train, validation, test",
        "chosen on",
        "hardware",
        "minutes",
        "TFLOP",
    )
    rows = [
        (
            _link(each, place),
            _render_images(each),
            _render_sizes(each),
            escape(each.chosen_on) if each.chosen_on else "nothing chosen",
            _render_hardware(each),
            render_amount(each.minutes),
            render_amount(each.tflop),
        )
        for each in summary.experiments
    ]
    return render_table(header, rows, to_right=(5, 6))


def _render_images(experiment: ExperimentResults) -> str:
    data = experiment.data
    shape = "×".join(map(str, data.image_shape))
    canvas = ", each at a random place of an empty canvas" if data.canvas else ""
    harm = ", then ".join(f"{each.name} {each.strength}" for each in data.transforms)
    corrupted = f", corrupted: {escape(harm)}" if harm else ""
    return f"{escape(data.name)}, {shape}{canvas}{corrupted}"


def _render_sizes(experiment: ExperimentResults) -> str:
    splits = experiment.splits
    if splits.out_of_fold is not None:
        n_folds = splits.out_of_fold.n_folds
        return f"{splits.train.n_examples:,} in {n_folds} folds / {splits.test.n_examples:,}"
    sizes = [splits.train, splits.validation, splits.test]
    return " / ".join(ABSENT if size is None else f"{size.n_examples:,}" for size in sizes)


def _render_hardware(experiment: ExperimentResults) -> str:
    hardware = experiment.hardware
    device = "" if hardware.device == "CPU" else render_values(hardware.device)
    cores = "" if hardware.cores == 0 else f"{render_values(hardware.cores)} cores"
    parts = (
        device,
        render_values(hardware.cpu) if hardware.cpu else "",
        cores,
        render_values(hardware.backend),
    )
    return escape(", ".join(part for part in parts if part))


def _render_not_measured(summary: Summary, sources: Sources) -> str:
    rows = [
        (
            escape(preset.name),
            escape(preset.summary),
            "not measured",
            *_render_published(preset.published, sources),
        )
        for preset in summary.not_measured
    ]
    return render_table(
        ("preset", "net", "test errors", "published figure", "how it was chosen"), rows
    )


def _render_notes(summary: Summary) -> str:
    notes = {row.preset.name: row.preset.notes for row in summary.groups if row.preset}
    lines = [f"- {escape(name)}: {escape(note)}\n" for name, note in notes.items() if note]
    return "## Notes on the presets\n\n" + "".join(lines) if lines else ""


def _render_quoted(quoted: Sequence[Quoted], sources: Sources) -> str:
    rows = [
        (
            escape(each.label),
            f"{each.errors:g}" + (f" ± {each.sd:g}" if each.sd else ""),
            render_amount(each.tflop),
            f"{escape(each.how_chosen)} [{sources[each.source]}]",
        )
        for each in quoted
    ]
    header = ("system", "test errors of 10,000", "TFLOP in all", "how it was chosen")
    return render_table(header, rows, to_right=(1, 2))


def _render_published(published: Sequence[Published], sources: Sources) -> tuple[str, str]:
    """Return the cells for figures and for how they were chosen, line beside line."""
    figures = [f"{escape(each.figure)} [{sources[each.source]}]" for each in published]
    chosen = [escape(each.how_chosen) for each in published]
    return "<br>".join(figures) or ABSENT, "<br>".join(chosen) or ABSENT


def _render_errors(row: GroupRow) -> str:
    counts = row.group.test_errors
    if counts.sd is None:
        return f"{counts.mean:,.0f}" if counts.mean.is_integer() else f"{counts.mean:,.1f}"
    return f"{counts.mean:,.1f} ± {counts.sd:,.1f}"


def _number_sources(summary: Summary, quoted: Sequence[Quoted]) -> Sources:
    stated: Iterator[Published | Quoted] = (
        each
        for rows in (summary.groups, summary.votes, summary.not_measured)
        for row in rows
        for each in row.published
    )
    named = dict.fromkeys(each.source for each in (*stated, *quoted))
    return {source: number for number, source in enumerate(named, start=1)}


def _sizes_of_test(summary: Summary) -> set[int]:
    return {each.splits.test.n_examples for each in summary.experiments}


def _of_all(summary: Summary) -> str:
    """Return the number of test examples where all experiments have the same."""
    sizes = _sizes_of_test(summary)
    return f" of {min(sizes):,}" if len(sizes) == 1 else ""


def _of_one(summary: Summary, experiment: ExperimentResults) -> str:
    many = len(_sizes_of_test(summary)) > 1
    return f" of {experiment.splits.test.n_examples:,}" if many else ""


def _link(experiment: ExperimentResults, place: Path) -> str:
    return f"[{escape(experiment.folder.name)}]({_target(experiment.folder, place)})"


def _target(path: Path, place: Path) -> str:
    return quote(Path(os.path.relpath(path, place)).as_posix())
