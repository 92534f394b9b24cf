"""What the story is about: small images, two groups, and how far a member of them has come."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

import ensemble_lab as lab
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.training_state import state_path
from tests.processes import wait_until

EXPERIMENT = """
name = "story"
[data]
name = "npz"
path = "shapes.npz"
validation = {{ share = 0.2, by = "example", seed = 0 }}
[defaults]
epochs = {epochs}
batch_size = 32
[[members]]
group = "mlp"
architecture = {{ name = "mlp", hidden = [16], dropout = 0.2 }}
seeds = {seeds}
optimizer = {{ name = "adam", rate = 0.01 }}
[[members]]
group = "conv"
architecture = {{ name = "light", stages = [[4], [8]], dropout = 0.3 }}
epochs = 8
seeds = [0]
augmentation = [ {{ name = "affine", rotation_degrees = 10, zoom = 0.1, shift = 0.1 }} ]
keep = "average"
epoch_votes = true
"""


def draw_shapes(folder: Path) -> None:
    """Two hundred images of bars: upright, lying, and both, with noise."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 200)
    images = rng.integers(0, 90, (200, 10, 10))
    places = rng.integers(2, 8, 200)
    for image, label, place in zip(images, labels, places, strict=True):
        if label in (0, 2):
            image[:, place] += 120
        if label in (1, 2):
            image[place] += 120
    images = np.minimum(images, 255).astype(np.uint8)
    np.savez(
        folder / "shapes.npz",
        x_train=images[:140],
        y_train=labels[:140],
        x_test=images[140:],
        y_test=labels[140:],
        class_names=np.array(["upright", "lying", "cross"]),
    )


def write(folder: Path, *, seeds="[0, 1]", epochs=3) -> Path:
    path = folder / "experiment.toml"
    path.write_text(EXPERIMENT.format(seeds=seeds, epochs=epochs))
    return path


def write_folds(folder: Path) -> Path:
    """Write an experiment of one group, in two folds."""
    path = folder / "folds.toml"
    text = EXPERIMENT.format(seeds="[0]", epochs=2).replace("share = 0.2,", "folds = 2,")
    head, _, tail = text.partition("[[members]]")
    path.write_text(f"{head}epoch_votes = true\n[[members]]{tail.partition('[[members]]')[0]}")
    return path


KEY = "conv-0000"
"""The member with dropout, batch norm and a warp: all that resuming could get wrong.

An epoch of it takes a tenth of a second; of eight, most are left when one is stopped.
"""


def digest(run) -> tuple[str, ...]:
    """Content digests of that member: weights, and predictions on both splits."""
    on = [lab.load_predictions(run, split, members=(KEY,)) for split in ("validation", "test")]
    return lab.load_member(run, KEY).weights_sha256, *(each.digests[0] for each in on)


def digests(run) -> dict[str, tuple[str, ...]]:
    """Content digests of each member: weights, and predictions on both splits."""
    on = {split: lab.load_predictions(run, split).digests for split in ("validation", "test")}
    return {
        key: (lab.load_member(run, key).weights_sha256, on["validation"][row], on["test"][row])
        for row, key in enumerate(run.keys)
    }


def what_is_left(path: Path) -> tuple[bool, bool]:
    """Whether that member has a state to go on from, and a file."""
    run = open_run(path)
    return state_path(run, KEY).exists(), member_path(run, KEY).exists()


def start_training(folder: Path, path: Path, *options: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "ensemble_lab", "train", folder / "experiment.toml"]
    return subprocess.Popen([*command, "--run", path, *options], stderr=subprocess.PIPE, text=True)


def wait_for_state(path: Path) -> None:
    wait_until(lambda: any(path.glob("members/*/resume.weights.h5")))


def keep_one_member(run, path: Path):
    """Copy a run; its manifest names the first member only."""
    shutil.copytree(run.path, path)
    copied = open_run(path)
    save_run(replace(copied, members=copied.members[:1]))
    return path
