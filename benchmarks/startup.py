"""The commands that answer at once, beside a Python that imports NumPy and h5py and no more.

Run as ``python benchmarks/startup.py``: about two minutes. Each command starts Python on a run of
20 members and 10,000 examples: ``errors`` and ``vote`` read and check 20 prediction files of
440 kB, vote, and enter the look in the ledger. First their answers are compared with what NumPy
counts in the same files.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
from records import finish
from timing import Ratio, measure

from ensemble_lab.canonical import array_sha256
from ensemble_lab.store.ledger import LEDGER
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import Entry, Run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split

N_MEMBERS, N_EXAMPLES, N_CLASSES, N_HARD = 20, 10_000, 10, 60
COMMANDS = ("errors", "vote", "inspect", "ledger")
# Bytecode is kept, as pip leaves it, also where this process was told to write none.
ENVIRONMENT = {key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"}


def make_run(path: Path) -> Run:
    """Write a run whose members are right but for some hard examples, as on real digits."""
    rng = np.random.default_rng(3)
    keys = [f"m-{seed:04d}" for seed in range(N_MEMBERS)]
    run = Run(
        path=path,
        name="query",
        class_names=tuple(map(str, range(N_CLASSES))),
        image_shape=(28, 28, 1),
        data={"name": "mnist"},
        splits=("test",),
        members=tuple(Entry(key, "m", "imported", "0" * 64, None) for key in keys),
    )
    path.mkdir(parents=True)
    save_run(run)
    index, labels = np.arange(N_EXAMPLES), rng.integers(0, N_CLASSES, N_EXAMPLES)
    source = {"data": {"name": "mnist"}, "split": "test"}
    record = SplitRecord("test", "report", index, "0" * 64, array_sha256(labels), source)
    save_split(run, record, labels)
    hard = rng.choice(N_EXAMPLES, N_HARD, replace=False)
    likely = labels.copy()
    likely[hard] = (labels[hard] + 1) % N_CLASSES
    for key in keys:
        logits = rng.normal(0, 1.5, (N_EXAMPLES, N_CLASSES))
        logits[index, labels] += 4
        logits[index, likely] += 6
        parts = np.exp(logits)
        probabilities = (parts / parts.sum(axis=1, keepdims=True)).astype(np.float32)
        save_predictions(run, key, "test", probabilities, index, parent="0" * 64)
    return run


def ask(*arguments: str) -> str:
    """Run Python with these arguments and return what it prints."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=ENVIRONMENT
    ).stdout


def query(run: Run, command: str, *options: str) -> str:
    """Ask a run that was never asked: each repeat would find one line more in the ledger."""
    if command != "ledger":
        (run.path / LEDGER).unlink(missing_ok=True)
    return ask("-m", "ensemble_lab", command, str(run.path), *options)


def count_errors(run: Run) -> int:
    """Return the errors of the majority, ties by mean probability, as NumPy alone counts them."""
    with h5py.File(run.path / "splits/test.h5") as file:
        labels = file["labels"][:]
    members = []
    for key in run.keys:
        with h5py.File(run.member_folder(key) / "predictions-test.h5") as file:
            members.append(file["probabilities"][:])
    probabilities = np.stack(members).astype(np.float64)
    votes = probabilities.argmax(axis=-1)
    counts = (votes[..., None] == np.arange(N_CLASSES)).sum(axis=0)
    is_best = counts == counts.max(axis=1, keepdims=True)
    predicted = np.where(is_best, probabilities.mean(axis=0), -1).argmax(axis=1)
    return int((predicted != labels).sum())


def check_same_work(run: Run) -> None:
    """Stop unless the commands answer what NumPy counts."""
    wanted = count_errors(run)
    assert 0 < wanted <= 2 * N_HARD
    assert len(json.loads(query(run, "errors", "--format", "json"))) == wanted
    assert json.loads(query(run, "vote", "--format", "json"))["errors"] == wanted
    assert len(json.loads(query(run, "inspect", "--format", "json"))["members"]) == N_MEMBERS
    query(run, "errors")
    (told,) = json.loads(query(run, "ledger", "--format", "json"))
    assert len(told["looks"]) == 1


def compare(name: str, command: tuple[str, ...], run: Run, modules: str, goal: str) -> Ratio:
    """Return how long a command takes beside a Python that imports some modules."""
    code = f"import {modules}"
    return measure(
        f"ensemble-lab {name}",
        lambda: query(run, *command) if len(command) == 1 else ask(*command),
        f'python -c "{code}"',
        lambda: ask("-c", code),
        goal=goal,
        n_repeats=11,
    )


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "run")
        check_same_work(run)
        ratios = [compare(name, (name,), run, "numpy, h5py", "<= 2") for name in COMMANDS]
        line = ("-m", "ensemble_lab", "--help")
        ratios.append(compare("--help", line, run, "numpy, h5py", "<= 2"))
        ratios.append(compare("errors", ("errors",), run, "numpy", "<= 5"))
    finish(ratios)


if __name__ == "__main__":
    main()
