"""Members an hour on a CPU, beside the straightforward Keras script (`keras_script.py`).

Run as ``python benchmarks/training.py``, on MNIST (ENSEMBLE_LAB_DATA or the usual places). Both
sides train the same nets on the same images with the same augmentation, optimizer and number of
epochs, and test them; the clock runs from the start of the command to its end, imports included.
These members are short, so that imports and compiling weigh more than they do for whole ones: a
second line has the epochs after a member's first alone. A third says what part of a training step
augmentation is, and the last of all what the preset `quick` takes on one core. Names
(``python benchmarks/training.py light quick``) measure those alone.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from records import finish
from timing import Ratio

import ensemble_lab as lab
from ensemble_lab.data.loading import load_published
from ensemble_lab.spec.data import parse_data
from ensemble_lab.workflows.profile import profile_run

SCRIPT = Path(__file__).parent / "keras_script.py"
N_TEST = 2000
MOST_SECONDS = 60.0
"""That `quick` may take."""


@dataclass(frozen=True)
class Task:
    """What both sides train: members of one net, for some epochs on some images."""

    net: str
    goal: str
    n_members: int
    n_epochs: int
    n_images: int
    batch_size: int


TASKS = (
    Task("cnn3", ">= 2", 4, 3, 20_000, 128),
    Task("light", ">= 2", 4, 3, 20_000, 128),
    Task("bn_elu", ">= 1.2", 2, 2, 4_000, 64),
)

EXPERIMENT = """
name = "training"
[data]
name = "npz"
path = "{data}"
validation = {{ share = 0.1, by = "example" }}
[[members]]
group = "net"
seeds = {seeds}
architecture = {{ name = "{net}" }}
epochs = {epochs}
batch_size = {batch_size}
optimizer = {{ name = "adam", rate = 1e-3 }}
augmentation = [
    {{ name = "affine", rotation_degrees = 10, zoom = 0.1, shift = 0.1, fill = "nearest" }},
]
"""


def save_subset(path: Path, n_images: int) -> None:
    """Write the first images of MNIST, for both sides."""
    published = load_published(parse_data({"name": "mnist"}))
    train, test = published.split("train"), published.split("test")
    np.savez(
        path,
        x_train=train.images[:n_images, ..., 0],
        y_train=train.labels[:n_images],
        x_test=test.images[:N_TEST, ..., 0],
        y_test=test.labels[:N_TEST],
    )


def write_experiment(path: Path, task: Task, data: Path) -> None:
    """Write our side of a task."""
    text = EXPERIMENT.format(
        net=task.net,
        data=data.as_posix(),
        seeds=list(range(task.n_members)),
        epochs=task.n_epochs,
        batch_size=task.batch_size,
    )
    path.write_text(text, encoding="utf-8")


def time_command(*command: object) -> tuple[float, str]:
    """Return the seconds that a command takes, from its start to its end, and what it prints."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return time.perf_counter() - began, done.stdout


def compare(task: Task, folder: Path) -> list[Ratio]:
    """Return what a member takes here beside there, and what augmentation takes of our steps."""
    data, experiment, run = folder / "data.npz", folder / "experiment.toml", folder / "run"
    save_subset(data, task.n_images)
    write_experiment(experiment, task, data)
    ours, _ = time_command("-m", "ensemble_lab", "train", experiment, "--run", run)
    peer, said = time_command(
        SCRIPT, data, task.net, task.n_epochs, task.batch_size, *range(task.n_members)
    )
    report = json.loads(said)
    check_same_work(task.net, run, report)
    # A run of its own: to time augmentation alone takes time that training does not.
    profiled = folder / "profiled"
    write_experiment(experiment, replace(task, n_members=1, n_epochs=1), data)
    time_command("-m", "ensemble_lab", "train", experiment, "--run", profiled, "--profile")
    timings = profile_run(profiled).timings
    assert timings.augmentation is not None
    return [
        Ratio(
            f"{task.net}: one of {task.n_members} members, {task.n_epochs} epochs of "
            f"{task.n_images * 9 // 10:,} images (times faster)",
            "Keras model.fit in turn",
            ours / task.n_members,
            peer / task.n_members,
            task.goal,
        ),
        Ratio(
            f"{task.net}: an epoch of one member, after its first (times faster)",
            "Keras model.fit in turn",
            time_epoch(read_epochs(run)) / min(task.n_members, os.cpu_count() or 1),
            time_epoch(report["epoch_seconds"]),
            task.goal,
        ),
        Ratio(
            f"{task.net}: augmentation",
            "all of a step",
            timings.augmentation,
            timings.steps,
            "<= 0.1",
        ),
    ]


def read_epochs(path: Path) -> list[list[float]]:
    """Return the seconds of each member's epochs, validation included."""
    run = lab.open_run(path)
    members = (lab.load_member(run, key) for key in run.keys)
    return [[record.seconds for record in member.history] for member in members]


def time_epoch(seconds: list[list[float]]) -> float:
    """Return the mean over members of an epoch that compiled nothing."""
    return statistics.fmean(each for member in seconds for each in member[1:])


def check_same_work(net: str, path: Path, said: dict[str, Any]) -> None:
    """Stop unless both sides trained as many weights on as many images, and learnt as much.

    By what was right while they learnt: after so few steps, averages of batch norm that lag make
    any answer of a net a matter of chance.
    """
    run = lab.open_run(path)
    members = [lab.load_member(run, key) for key in run.keys]
    n_train = len(lab.load_images(run, "train").images)
    assert {member.n_parameters for member in members} == {said["parameters"]}
    assert n_train * sum(len(member.history) for member in members) == said["images"]
    for name in ("validation", "test"):
        assert len(lab.load_predictions(run, name).members) == len(members)
    ours = np.array([member.history[-1].accuracy for member in members])
    peers = np.array(said["accuracies"])
    print(f"{net}: accuracies {np.round(ours, 3)}, of the script {np.round(peers, 3)}")
    assert abs(ours.mean() - peers.mean()) < 0.05, "both sides must learn alike"


def time_quick(folder: Path) -> list[Ratio]:
    """Return what a worker with one thread takes for a member of `quick`, from its start on."""
    time_command("-m", "ensemble_lab", "train", "--preset", "quick", "--run", folder / "run")
    seconds = profile_run(folder / "run").timings.total
    return [Ratio("quick: one member on one core", "limit", seconds, MOST_SECONDS, "<= 1")]


def main() -> None:
    """Print the table."""
    measures: dict[str, Callable[[Path], list[Ratio]]]
    measures = {task.net: partial(compare, task) for task in TASKS} | {"quick": time_quick}
    for name in sys.argv[1:] or measures:  # one by one: what was measured is kept
        with tempfile.TemporaryDirectory() as folder:
            finish(measures[name](Path(folder)), "keras", "tensorflow")


if __name__ == "__main__":
    main()
