"""A run of format version 1 that was imported: see `tests.formats.test_v1`.

To see what the code of today writes: ``python -c "from tests.formats.test_imported_v1 import
write; write('somewhere')"`` from the repository's root.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.store.hdf5 import content_sha256
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.import_ import import_predictions

FOLDER = Path(__file__).parent / "v1-imported"
SIXTEENTHS = [[12, 2, 2], [4, 8, 4], [8, 4, 4], [1, 1, 14]]
VOTES = [0, 0, 2, 2]
LABELS = [0, 1, 2, 2]
IMAGES = np.arange(4 * 3 * 2, dtype=np.uint8).reshape(4, 3, 2)
PINNED = {
    "soft": "3b1274a691b67b50d40a69095d32e64a73a2fd51b652e2c75f4e8184ff8fb8a5",
    "hard": "cf006f0005a037a1bc2ad786d25416b5fe7b3e33b3e4c08421d64258223ff42d",
}


def write(path: str | Path) -> Run:
    """Write the run anew with the code of today: two members on test, one on validation too."""
    soft = np.array(SIXTEENTHS) / 16
    members = {"soft": soft, "hard": np.array(VOTES)}
    import_predictions(
        path, members, labels=LABELS, images=IMAGES, class_names=["cat", "dog", "emu"]
    )
    return import_predictions(path, {"soft": soft}, labels=LABELS, split="validation").run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(shutil.copytree(FOLDER, tmp_path / "v1-imported"))


def test_manifest(run):
    assert (run.name, run.class_names) == ("v1-imported", ("cat", "dog", "emu"))
    assert (run.data, run.image_shape, run.splits) == ({}, (3, 2, 1), ("test", "validation"))
    assert [(e.key, e.group, e.kind, e.spec) for e in run.members] == [
        ("soft", "soft", "imported", None),
        ("hard", "hard", "imported", None),
    ]
    assert {entry.key: entry.digest for entry in run.members} == PINNED


def test_predictions(run):
    found = load_predictions(run)
    assert found.votes.tolist() == [[0, 1, 0, 2], VOTES]
    assert found.probabilities is None
    alone = load_predictions(run, "validation", members=("soft",))
    np.testing.assert_array_equal(alone.probabilities[0] * 16, SIXTEENTHS)


def test_splits_labels_and_images(run):
    assert load_labels(run).values.tolist() == LABELS
    assert [load_record(run, name).role for name in run.splits] == ["report", "choose"]
    assert [load_record(run, name).source for name in run.splits] == [{}, {}]
    np.testing.assert_array_equal(load_images(run).images[..., 0], IMAGES)
    assert load_record(run, "validation").images_sha256 is None


def test_code_of_today_writes_the_same_values(run, tmp_path):
    """Other digests mean another format: it needs a new version number and folder."""
    now = write(tmp_path / "now" / "v1-imported")
    ours = json.loads((run.path / "run.json").read_text())
    assert json.loads((now.path / "run.json").read_text()) == ours
    paths = sorted(path.relative_to(run.path) for path in run.path.rglob("*.h5"))
    assert paths == sorted(path.relative_to(now.path) for path in now.path.rglob("*.h5"))
    assert len(paths) == 6
    for name in paths:
        assert content_sha256(now.path / name) == content_sha256(run.path / name), name
