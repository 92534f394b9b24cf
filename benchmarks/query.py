"""A query of a 20-member, 10,000-example run, beside a bare import of NumPy.

Run as ``python benchmarks/query.py``: about 20 s. Prints one table. The command starts Python,
reads and checks 20 prediction files, votes, and prints the errors.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from timing import measure, render_ratios

from ensemble_lab.canonical import array_sha256
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.store.run import Entry, Run, save_run
from ensemble_lab.store.splits import SplitRecord, save_split

N_MEMBERS, N_EXAMPLES, N_CLASSES, N_HARD = 20, 10_000, 10, 60


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
    return subprocess.run(
        [sys.executable, *arguments], check=True, capture_output=True, text=True
    ).stdout


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "run")
        query = ("-m", "ensemble_lab", "errors", str(run.path))
        rows = json.loads(ask(*query, "--format", "json"))
        assert 0 < len(rows) <= 2 * N_HARD, f"the run must have some errors; got {len(rows)}"
        ratio = measure(
            f"ensemble-lab errors ({len(rows)} found)",
            lambda: ask(*query),
            "python -c 'import numpy'",
            lambda: ask("-c", "import numpy"),
            goal="<= 5",
            n_repeats=15,
        )
    print(render_ratios([ratio]))


if __name__ == "__main__":
    main()
