"""Peak memory of commands on runs that do not fit in it, beside NumPy loading them whole.

Run as ``python benchmarks/memory.py``: runs of 100 × 100,000 × 10 and 20 × 5,000 × 1,000, a
tenth of the two that the limit is for; 0.8 GB of disk and about three minutes. ``--full`` takes
those, with 8 GB of disk in the temporary folder (TMPDIR) and about twenty minutes.

Each run is first written, member by member, the same each time. Each command is a process of its
own, whose largest resident size the system tells. The peer reads all probabilities into one
array and votes on it; both must count the same errors.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from timing import Ratio

# NumPy and the package are imported by the processes that this one starts, and not here: a
# process that starts another lends it its own size.

LIMIT_MB = 500
SHAPES = {"many examples": (100, 1_000_000, 10), "many classes": (20, 50_000, 1_000)}
COMMANDS = (
    ("vote", "--format", "json"),
    ("errors", "--limit", "20"),
    ("errors", "--limit", "20", "--view", "contested"),
    ("curve", "--split", "test"),
    ("confusion", "--format", "csv"),
)


@dataclass(frozen=True)
class Measured:
    """A process that ended well.

    Attributes
    ----------
    name : str
    megabytes : float
        Its largest resident size, in units of 1,000,000 bytes.
    seconds : float
    output : str
    """

    name: str
    megabytes: float
    seconds: float
    output: str


def measure_process(name: str, words: list[str]) -> Measured:
    """Run a process to its end and return how large it was."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen([sys.executable, *words], stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
        output.seek(0)
        text = output.read().decode()
    # The system counts in units of 1,024 bytes.
    return Measured(name, usage.ru_maxrss * 1024 / 1e6, seconds, text)


def write_run(folder: Path, shape: tuple[int, int, int]) -> None:
    """Write a run of members that agree on most examples and err on some."""
    import numpy as np

    from ensemble_lab.canonical import array_sha256
    from ensemble_lab.store.predictions import save_predictions
    from ensemble_lab.store.run import Entry, Run, save_run
    from ensemble_lab.store.splits import SplitRecord, save_split

    n_members, n_examples, n_classes = shape
    rng = np.random.default_rng(7)
    labels = rng.integers(0, n_classes, n_examples)
    other = (labels + rng.integers(1, n_classes, n_examples)) % n_classes
    # One example in fifty is hard: the right class and another one are about as likely.
    is_hard = rng.random(n_examples) < 0.02
    keys = [f"m-{seed:04d}" for seed in range(n_members)]
    run = Run(
        path=folder,
        name="memory",
        class_names=tuple(map(str, range(n_classes))),
        image_shape=(),
        data={},
        splits=("test",),
        members=tuple(Entry(key, "m", "imported", "0" * 64, None) for key in keys),
    )
    index = np.arange(n_examples)
    record = SplitRecord("test", "report", index, None, array_sha256(labels), {})
    save_split(run, record, labels)
    for key in keys:
        rows = rng.random((n_examples, n_classes), dtype=np.float32)
        rows[index, labels] += np.float32(n_classes)
        doubt = rng.random(n_examples, dtype=np.float32) * np.float32(2 * n_classes)
        rows[index[is_hard], other[is_hard]] += doubt[is_hard]
        rows /= rows.sum(axis=1, keepdims=True)
        save_predictions(run, key, "test", rows, index, parent=array_sha256(rows))
    save_run(run)


def vote_with_numpy(folder: Path) -> int:
    """Return the errors of a majority, ties by mean probability, with everything in memory."""
    import h5py
    import numpy as np

    with h5py.File(folder / "splits/test.h5") as file:
        labels = file["labels"][:]
    paths = sorted((folder / "members").glob("*/predictions-test.h5"))
    with h5py.File(paths[0]) as file:
        shape = file["probabilities"].shape
    probabilities = np.empty((len(paths), *shape), np.float32)
    for row, path in zip(probabilities, paths, strict=True):
        with h5py.File(path) as file:
            file["probabilities"].read_direct(row)
    votes = probabilities.argmax(axis=-1)
    means = probabilities.mean(axis=0, dtype=np.float64)
    counts = np.zeros(shape, np.int64)
    for row in votes:
        counts[np.arange(len(row)), row] += 1
    is_best = counts == counts.max(axis=1, keepdims=True)
    return int((np.where(is_best, means, -1).argmax(axis=1) != labels).sum())


def measure_shape(name: str, shape: tuple[int, int, int]) -> "list[Ratio]":
    """Return what each command takes beside the limit, and the largest beside the peer."""
    from timing import Ratio

    with tempfile.TemporaryDirectory() as folder:
        run = str(Path(folder) / "run")
        here = str(Path(__file__).resolve())
        measure_process("write", [here, "--write", run, "--shape", *map(str, shape)])
        done = [
            measure_process(" ".join(words), ["-m", "ensemble_lab", words[0], run, *words[1:]])
            for words in COMMANDS
        ]
        peer = measure_process("NumPy, all in memory", [here, "--numpy", run])
    errors = json.loads(done[0].output)["errors"]
    if errors != int(peer.output):
        raise SystemExit(f"both must count the same errors; got {errors} and {peer.output}")
    title = f"{name}, {' × '.join(f'{n:,}' for n in shape)}"
    largest = max(done, key=lambda each: each.megabytes)
    return [
        *(
            Ratio(f"{title}: {each.name}", "limit", each.megabytes, LIMIT_MB, "<= 1", "MB")
            for each in done
        ),
        Ratio(f"{title}: largest", peer.name, largest.megabytes, peer.megabytes, "<= 1", "MB"),
    ]


def main() -> None:
    """Print the table, or do what one of the processes does."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="the whole shapes")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--shape", type=int, nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--numpy", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        write_run(asked.write, tuple(asked.shape))
        return
    if asked.numpy:
        print(vote_with_numpy(asked.numpy))
        return
    ratios = []
    for name, (n_members, n_examples, n_classes) in SHAPES.items():
        n_asked = n_examples if asked.full else n_examples // 10
        ratios += measure_shape(name, (n_members, n_asked, n_classes))
    from records import finish

    finish(ratios)


if __name__ == "__main__":
    main()
