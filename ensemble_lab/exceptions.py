"""The tree of everything ensemble_lab raises on purpose.

::

    EnsembleLabError
    ├── SpecError            the experiment file: a wrong key, type or value
    ├── DataError            images, labels or their files
    ├── StoreError           a file of a run
    │   ├── MissingError         it is not there
    │   ├── DamagedError         it is truncated, altered or not ours
    │   ├── NewerFormatError     a later version of ensemble_lab wrote it
    │   ├── MismatchError        two things that must agree do not
    │   └── LockedError          another process is writing it
    ├── PredictionError      votes, probabilities or a question asked of them
    ├── TrainingError        a member failed, or was stopped
    │   └── InterruptedTraining  stopped on request; can be continued
    ├── LabelAccessError     test labels where only validation labels may go
    └── MissingExtraError    an optional part is not installed

Each message is one sentence with the facts first: what must hold, what was
found, where, and what to do. The command line prints it as its only line and
exits with 1.
"""

__all__ = [
    "DamagedError",
    "DataError",
    "EnsembleLabError",
    "InterruptedTraining",
    "LabelAccessError",
    "LockedError",
    "MismatchError",
    "MissingError",
    "MissingExtraError",
    "NewerFormatError",
    "PredictionError",
    "SpecError",
    "StoreError",
    "TrainingError",
]


class EnsembleLabError(Exception):
    """Whatever ensemble_lab refuses or cannot do."""


class SpecError(EnsembleLabError):
    """An experiment file holds a wrong key, type or value."""


class DataError(EnsembleLabError):
    """Images, labels or the files they come from are not usable."""


class StoreError(EnsembleLabError):
    """A file of a run cannot be read or written."""


class MissingError(StoreError):
    """A run, a member, a split or a file of theirs is not there."""


class DamagedError(StoreError):
    """A file is truncated, altered, or was never one of ours."""


class NewerFormatError(StoreError):
    """A file was written by a later version of ensemble_lab."""


class MismatchError(StoreError):
    """Two things that must agree (digests, splits, shapes) do not."""


class LockedError(StoreError):
    """Another process is writing what this one wants to write."""


class PredictionError(EnsembleLabError):
    """Votes or probabilities are malformed, or cannot answer the question."""


class TrainingError(EnsembleLabError):
    """A member could not be trained."""


class InterruptedTraining(TrainingError):  # noqa: N818 - nobody erred
    """Training was stopped on request; the same command continues it."""


class LabelAccessError(EnsembleLabError):
    """Test labels were offered where a choice is made."""


class MissingExtraError(EnsembleLabError):
    """A command needs an optional part that is not installed."""
