"""What a summary of experiments holds: their groups and votes as rows."""

from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.spec.presets import Preset
from ensemble_lab.spec.published import Published
from ensemble_lab.workflows.experiments import ExperimentResults, GroupResults, VoteResults

__all__ = ["GroupRow", "Summary", "VoteRow"]


@dataclass(frozen=True)
class GroupRow:
    """A measured group of members, and what others state of the same.

    Attributes
    ----------
    experiment : ExperimentResults
    group : GroupResults
    preset : Preset or None
        None where its members are of no preset of this version.
    published : tuple of Published
        The preset's; where there is none, those of an experiment without other groups.
    """

    experiment: ExperimentResults
    group: GroupResults
    preset: Preset | None
    published: tuple[Published, ...]

    @property
    def name(self) -> str:
        """Preset, group and experiment, each where it says more than those before it."""
        folder, group = self.experiment.folder.name, self.group.group
        if self.preset is None:
            return folder if group == folder else f"{folder}: {group}"
        name = self.preset.name
        in_group = "" if group == name else f" (group {group})"
        return f"{name}{in_group}" + ("" if folder == name else f", in {folder}")


@dataclass(frozen=True)
class VoteRow:
    """A measured vote of all members of an experiment, by one rule.

    Attributes
    ----------
    experiment : ExperimentResults
    vote : VoteResults
    published : tuple of Published
        The experiment's, but for those that stand beside its one group.
    """

    experiment: ExperimentResults
    vote: VoteResults
    published: tuple[Published, ...]


@dataclass(frozen=True)
class Summary:
    """All that was measured, and which presets were not.

    Attributes
    ----------
    folder : Path
        Holds the experiments' folders.
    experiments : tuple of ExperimentResults
        In the order of their folders' names.
    groups : tuple of GroupRow
        In the order of the presets, then all others.
    votes : tuple of VoteRow
        None of experiments with one member.
    not_measured : tuple of Preset
    """

    folder: Path
    experiments: tuple[ExperimentResults, ...]
    groups: tuple[GroupRow, ...]
    votes: tuple[VoteRow, ...]
    not_measured: tuple[Preset, ...]
