"""A run of format version 1, as it was released: every later version must read it.

It is never written again: a version that cannot read it breaks its users' runs. A new
*format* gets a folder of its own beside it, written by `write` as it is then. To see
what the code of today writes: ``python -c "from tests.formats.test_v1 import write;
write('somewhere')"`` from the repository's root.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import build_catalogue
from ensemble_lab.errors.files import load_catalogue, save_catalogue
from ensemble_lab.store.epoch_votes import load_epoch_votes
from ensemble_lab.store.hdf5 import content_sha256
from ensemble_lab.store.labels import load_labels, load_validation_labels
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import Failure, load_failure, load_member, save_failure
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.store.review import Review
from ensemble_lab.store.reviews import append_reviews, load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.seal import check_seal
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.training_state import load_state
from tests.conftest import write_run
from tests.store.fuzz import prepare

FOLDER = Path(__file__).parent / "v1"
KEY = "a-0000"
SIXTEENTHS = [
    [[12, 2, 2], [4, 8, 4], [8, 4, 4], [1, 1, 14]],
    [[10, 4, 2], [8, 6, 2], [2, 2, 12], [4, 4, 8]],
]
LABELS = [0, 1, 2, 2]
REVIEW = Review(
    split="test",
    index=1,
    labels_sha256="1979125c259722aa6fe0a81229a8d1d42421551ba49f2f0905b736ac4f880e5b",
    verdict="label-error",
    author="Ada",
    date="2026-01-01T12:00:00+00:00",
    note="an open 4, “כן”",
    seen=0,
)
VOTES = ((1, 1), (0, 3), (None, 1))
PINNED = {
    "images": "443691f0b494019eb445fe288ecc9741c11e92a9755bbf2f303f456749361a8b",
    "members": [
        "2df3fbe5a6cfb3536dd2cf3ce1b40621449144fd9d977c3ca006239dfad1dbde",
        "824afc4b34542f3d6c75066fddcd4d8cdf0ce748ef22958d4490bb7a2ff04b38",
    ],
    "predictions": [
        "032fb48038ea30e03412ce1552b8fa837e29592d50d3382778fb8902bc413f83",
        "f5a3440c90415f93be9feb164571423bbc6d5b8f8800f14f668a00155bc912e9",
    ],
    "validation": [0, 1, 8, 11, 13, 21],
    "weights": [
        "c4926a4b865011054410d365fe5ea88afacc3a976812a91e13beea2e57aa9da1",
        "fbb9298bf89fd5b556b495c2c7b459741994bb29279670247662771fb0d183d8",
    ],
}


def write(path: str | Path) -> Run:
    """Write the run anew with the code of today."""
    run = write_run(
        Path(path),
        probabilities=np.array(SIXTEENTHS, np.float32) / 16,
        labels=np.array(LABELS),
        data_path="images.npz",
        lead=1.0,
    )
    prepare(run, KEY)
    save_failure(run, "a-0001", Failure("WorkerDied", "killed by SIGKILL", "2026-01-01"))
    labels = load_labels(run, "test")
    predictions = load_predictions(run, "test")
    wrong = build_catalogue(predictions, combine(predictions, Decision(ties="lowest")), labels)
    append_reviews(run, [REVIEW, replace(REVIEW, author="mturk", note="", votes=VOTES)])
    save_catalogue(run, wrong.with_thumbnails(np.full((len(wrong), 5, 4, 1), 7, np.uint8)), "all")
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return open_run(shutil.copytree(FOLDER, tmp_path / "v1"))


def test_manifest(run):
    assert run.name == "v1"
    assert run.class_names == ("0", "1", "2")
    assert run.image_shape == (5, 4, 1)
    assert run.data == {"name": "npz", "path": "images.npz", "validation": {"share": 0.25}}
    assert run.splits == ("train", "validation", "test")
    assert run.keys == (KEY, "a-0001")
    assert [entry.digest for entry in run.members] == PINNED["members"]
    assert run.member(KEY).spec == {
        "key": KEY,
        "group": "a",
        "architecture": {"name": "mlp", "hidden": [4]},
        "training": {"epochs": 2},
        "seed": 0,
    }


def test_members(run):
    found = [load_member(run, key) for key in run.keys]
    assert [member.weights_sha256 for member in found] == PINNED["weights"]
    assert [record.epoch for record in found[0].history] == [1, 2]
    assert found[0].history[1].loss == 0.5
    assert found[0].history[1].seconds == 1.5
    assert found[0].kept_epoch == 2
    assert found[0].n_parameters == 15
    assert found[0].training_macs == 12
    assert found[0].environment == {"backend": "none", "threads": 1}
    with h5py.File(run.member_folder(KEY) / "member.weights.h5") as file:
        assert file["layers/dense/vars/0"].shape == (4, 3)


def test_predictions(run):
    found = load_predictions(run, "test")
    assert found.votes.tolist() == [[0, 1, 0, 2], [0, 0, 2, 2]]
    np.testing.assert_array_equal(found.probabilities * 16, SIXTEENTHS)
    assert found.index.tolist() == [0, 1, 2, 3]
    assert list(found.digests) == PINNED["predictions"]
    assert load_predictions(run, "validation").index.tolist() == PINNED["validation"]


def test_splits_and_labels(run):
    assert load_labels(run, "test").values.tolist() == LABELS
    validation = load_validation_labels(run)
    assert (validation.index % 3).tolist() == validation.values.tolist()
    test = load_record(run, "test")
    assert (test.role, test.images_sha256) == ("report", PINNED["images"])
    assert test.source == {"data": run.data, "split": "test"}
    assert load_record(run, "train").role == "none"


def test_ledger(run):
    (row,) = load_ledger(run)
    assert row["command"] == "load_labels"
    assert row["split"] == "test"
    assert load_labels(run, "test").look.number is None


def test_reviews(run):
    first, second = load_reviews(run, "test")
    assert first == REVIEW
    assert (second.author, second.note, second.votes) == ("mturk", "", VOTES)
    assert load_reviews(run, "validation") == ()


def test_unfinished_member(run):
    state = load_state(run, KEY)
    assert (state.epoch, state.kept_epoch, state.kept) == (2, 2, ())
    assert [array.tolist() for array in state.optimizer] == [[[1, 1], [1, 1]], 3]
    assert load_epoch_votes(run, KEY, "test").tolist() == [[0] * 4] * 2
    assert load_failure(run, "a-0001").cause == "killed by SIGKILL"


def test_every_seal_states_the_digest_of_the_content(run):
    paths = sorted(run.path.rglob("*.h5"))
    assert len(paths) == 12
    for path in paths:
        assert content_sha256(path) == check_seal(path)


def test_code_of_today_writes_the_same_values(run, tmp_path):
    """Other digests mean another format: it needs a new version number and folder."""
    now = write(tmp_path / "now" / "v1")
    ours = json.loads((run.path / "run.json").read_text())
    assert json.loads((now.path / "run.json").read_text()) == ours
    for path in sorted(run.path.rglob("*.h5")):
        name = path.relative_to(run.path)
        assert content_sha256(now.path / name) == content_sha256(path), name
    names = {path.relative_to(now.path) for path in now.path.rglob("*") if path.is_file()}
    names -= {Path(".lock")}
    assert names == {path.relative_to(run.path) for path in run.path.rglob("*") if path.is_file()}


def test_catalogue(run):
    (path,) = (run.path / "catalogues").glob("*.h5")
    found = load_catalogue(path)
    assert path.name == f"test-{found.decision.digest[:8]}-all.h5"
    assert found.decision == Decision(ties="lowest", members=found.members)
    assert found.members == (KEY, "a-0001")
    assert list(found.parents) == PINNED["predictions"]
    assert found.indices == (1, 2)
    assert found.to_rows()[:1] == [
        {
            "index": 1,
            "label": 1,
            "predicted": 0,
            "pair": "1->0",
            "gap": -0.0625,
            "margin": 0.0625,
            "confidence": 0.4375,
            "p_predicted": 0.375,
            "p_label": 0.4375,
            "votes_for_predicted": 1,
            "votes_for_label": 1,
            "tied": True,
            "wrong_members": ["a-0001"],
        }
    ]
    assert found.thumbnails.shape == (2, 5, 4, 1)
