"""Epoch votes: the class that a member chose for each example after every epoch."""

from pathlib import Path

from ensemble_lab.arrays import Array, Index, Votes, check_axes, smallest_unsigned
from ensemble_lab.canonical import array_sha256
from ensemble_lab.exceptions import MissingError
from ensemble_lab.store.files import check_name
from ensemble_lab.store.hdf5 import open_sealed
from ensemble_lab.store.predictions import write_votes
from ensemble_lab.store.rows import check_header, read_votes
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record

__all__ = ["load_epoch_votes", "save_epoch_votes"]


def save_epoch_votes(
    run: Run, key: str, split: str, votes: Array, index: Index, *, parent: str
) -> None:
    """Write the class chosen for each example after every epoch: unsigned (epochs, examples)."""
    check_axes(votes, "epochs examples", name=f"epoch votes of {key}", examples=len(index))
    write_votes(
        _path(run, key, split),
        "epoch-votes",
        {"votes": votes.astype(smallest_unsigned(run.n_classes))},
        run=run,
        key=key,
        split=split,
        index=index,
        parent=parent,
    )


def load_epoch_votes(run: Run | Path | str, key: str, split: str) -> Votes:
    """Read the class that a member chose after every epoch: unsigned (epochs, examples).

    On a split in folds the examples are those of the member's fold (`SplitRecord.rows_of`).

    Parameters
    ----------
    run : Run or path
    key, split : str

    Raises
    ------
    MissingError
        The member was trained without ``epoch_votes = true``.
    """
    run = open_run(run)
    path = _path(run, key, split)
    if not path.exists():
        raise MissingError(
            f"epoch votes of {key} must be stored; got no {path}. Train with epoch_votes = true."
        )
    record, entry = load_record(run, split), run.member(key)
    index = record.index[record.rows_of(entry.fold)]
    with open_sealed(path, "epoch-votes") as file:
        check_header(run, entry, split, file, array_sha256(index))
        return read_votes(run, file, (file.shape("votes")[0], len(index)))


def _path(run: Run, key: str, split: str) -> Path:
    return run.member_folder(key) / f"epoch-votes-{check_name(split, what='split')}.h5"
