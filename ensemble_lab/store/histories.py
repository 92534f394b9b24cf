"""How members learned: what each epoch measured, of finished members and of those on their way."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from ensemble_lab.store.members import EpochRecord, load_member, member_path
from ensemble_lab.store.run import Entry, Run
from ensemble_lab.store.training_state import load_state

__all__ = ["MemberHistory", "Progress", "load_history"]

Progress: TypeAlias = Literal[
    "finished", "unfinished", "fitted at once", "imported", "pooled", "no file"
]


@dataclass(frozen=True)
class MemberHistory:
    """What each epoch of a member measured.

    Attributes
    ----------
    key, group : str
    progress : {"finished", "unfinished", "fitted at once", "imported", "pooled", "no file"}
        ``fitted at once`` by scikit-learn, in no epochs; ``pooled`` where the history stayed in
        the run that the member came from; ``no file`` where the member is not trained, or only
        its predictions are here.
    records : tuple of EpochRecord
        From the first epoch; none but of finished and unfinished members.
    kept_epoch : int
        The epoch whose weights are kept, so far or for good; 0 without records.
    """

    key: str
    group: str
    progress: Progress
    records: tuple[EpochRecord, ...] = ()
    kept_epoch: int = 0

    @property
    def best(self) -> EpochRecord | None:
        """The first epoch with the greatest validation accuracy; None without validation.

        Examples
        --------
        >>> accuracies = (0.5, 0.75, 0.75)
        >>> records = tuple(EpochRecord(n, 1, 0, 1, a, 0, 0) for n, a in enumerate(accuracies, 1))
        >>> MemberHistory("a-0000", "a", "finished", records, 3).best.epoch
        2
        """
        measured = [r for r in self.records if r.validation_accuracy is not None]
        return max(measured, key=lambda r: r.validation_accuracy or 0.0, default=None)


def load_history(run: Run, key: str) -> MemberHistory:
    """Return what each epoch of a member measured; an unfinished one's as far as it came.

    Raises
    ------
    MissingError
        The run has no such member.
    DamagedError, MismatchError
        The member's file is damaged, or another member's.
    """
    entry = run.member(key)
    if entry.kind == "imported":
        return MemberHistory(key, entry.group, "imported")
    if member_path(run, key).exists():
        if _is_fitted_at_once(entry):
            return MemberHistory(key, entry.group, "fitted at once")
        member = load_member(run, key)
        return MemberHistory(key, entry.group, "finished", member.history, member.kept_epoch)
    state = load_state(run, key)
    if state is None:
        return MemberHistory(key, entry.group, "no file" if entry.origin is None else "pooled")
    return MemberHistory(key, entry.group, "unfinished", state.history, state.kept_epoch)


def _is_fitted_at_once(entry: Entry) -> bool:
    # Its file holds one record, of a fit that had no epochs, with a rate of 0 for none.
    return entry.spec is not None and entry.spec.get("backend") == "scikit-learn"
