"""Damage a file of a run in seeded ways and read it: run as a program, in its own process.

``python -m tests.store.fuzz RUN FIRST COUNT`` damages each kind of file with the seeds
FIRST … FIRST + COUNT - 1, once as a bad disk would and once sealed again with a right
hash, as only an attacker would, so that HDF5 and the headers are reached. It prints the
seed before it reads, so that a crash of the interpreter names it, and exits with 1 at
the first exception that is none of ours, or at other data without an exception.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ensemble_lab.exceptions import EnsembleLabError
from ensemble_lab.store.epoch_votes import load_epoch_votes, save_epoch_votes
from ensemble_lab.store.hdf5 import content_sha256
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.predictions import (
    load_predictions,
    predictions_path,
)
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.seal import seal
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.training_state import TrainingState, load_state, save_state, state_path

SEAL_BYTES = 80
LIMIT_S = 20


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Flip, set, delete, insert or copy some bytes, or cut the end off; never a no-op."""
    altered = bytearray(content)
    # Most damages keep the length: HDF5 refuses a file of another length at once.
    kinds = (0, 0, 0, 1, 1, 5) if rng.random() < 0.7 else (0, 1, 2, 3, 4, 5)
    for _ in range(rng.integers(1, 9)):
        at = int(rng.integers(0, max(len(altered), 1)))
        length = int(rng.integers(1, 17))
        match rng.choice(kinds):
            case 0 if altered:
                altered[at] ^= 1 << int(rng.integers(0, 8))
            case 1 if altered:
                altered[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFE, 0xFF]))
            case 2:
                del altered[at : at + length]
            case 3:
                altered[at:at] = rng.bytes(length)
            case 5:
                source = int(rng.integers(0, max(len(altered), 1)))
                altered[at : at + length] = altered[source : source + length]
            case 4 if rng.random() < 0.2:
                del altered[at:]
    return bytes(altered) if bytes(altered) != content else bytes(altered) + b"\0"


def seal_again(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    seal(path, "ab" * 32)


def read_all(run: Run, key: str) -> list[object]:
    """Everything that can be read of one member, as values that compare."""
    found: list[object] = []
    predictions = load_predictions(run, "test")
    found += [predictions.votes.tolist(), predictions.index.tolist()]
    found += [None if predictions.probabilities is None else predictions.probabilities.tobytes()]
    found += [load_labels(run, "test").values.tolist(), repr(load_record(run, "validation"))]
    found += [repr(load_member(run, key)), repr(load_state(run, key))]
    found += [load_epoch_votes(run, key, "test").tolist()]
    return found


def read_each(run: Run, key: str, path: Path) -> None:
    """Every reader in turn, so that one that refuses does not shield the next."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: load_predictions(run, "test"),
        lambda: load_labels(run, "test"),
        lambda: load_member(run, key),
        lambda: load_state(run, key),
        lambda: load_epoch_votes(run, key, "test"),
        lambda: content_sha256(path),
    )
    for reader in readers:
        try:
            reader()
        except EnsembleLabError as error:
            check_words(error)


def check_words(error: EnsembleLabError) -> None:
    if "\n" in str(error) or not str(error):
        raise AssertionError(f"one line must say it; got {str(error)!r}")


def prepare(run: Run, key: str) -> tuple[Path, ...]:
    """Write the two kinds of file that a finished run lacks; return one of each kind."""
    history = load_member(run, key).history
    parent = load_member(run, key).weights_sha256
    index = load_record(run, "test").index
    votes = np.zeros((2, len(index)), np.uint8)
    arrays = (np.ones((2, 2), np.float32), np.array(3))
    save_state(run, key, TrainingState(2, arrays, arrays, (), 2, history, (("test", votes),)))
    save_epoch_votes(run, key, "test", votes, index, parent=parent)
    return (
        predictions_path(run, key, "test"),
        run.path / "splits" / "test.h5",
        member_path(run, key),
        state_path(run, key),
        run.member_folder(key) / "epoch-votes-test.h5",
    )


def main(folder: str, first: str, count: str) -> int:
    os.fsync = lambda descriptor: None  # Nothing here must outlive the machine.
    run = open_run(folder)
    key = run.keys[0]
    paths = prepare(run, key)
    good = read_all(run, key)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    for seed in range(int(first), int(first) + int(count)):
        for path in paths:
            content = path.read_bytes()
            sys.stdout.write(f"seed {seed}, {path.name}\n")
            sys.stdout.flush()
            signal.alarm(LIMIT_S)
            try:
                path.write_bytes(damage(content, np.random.default_rng(seed)))
                try:
                    if read_all(run, key) != good:
                        raise AssertionError("other data were read without a word")
                except EnsembleLabError as error:
                    check_words(error)
                inside = damage(content[:-SEAL_BYTES], np.random.default_rng(seed))
                seal_again(path, inside)
                read_each(run, key, path)
            except Exception:
                traceback.print_exc()
                return 1
            finally:
                signal.alarm(0)
                path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
