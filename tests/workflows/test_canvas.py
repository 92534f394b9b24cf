"""A run on a canvas: what is read again lies where members saw it."""

from dataclasses import replace

import numpy as np
import pytest

import tests.conftest as made
from ensemble_lab.data.transforms import draw_offsets, place_on_canvas
from ensemble_lab.errors.files import load_catalogue
from ensemble_lab.exceptions import DataError, MismatchError
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.training.inputs import load_checked_dataset
from ensemble_lab.workflows import predict as predicting
from ensemble_lab.workflows.errors import find_errors, keep_errors
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.predict import predict
from ensemble_lab.workflows.question import Question


@pytest.fixture
def make_placed_run(make_run, monkeypatch):
    """Make a run whose images, 5×4, lie on a canvas of 9×9."""
    describe = made.describe

    def describe_placed(*arguments):
        return describe(*arguments).replace("validation =", "canvas = { size = 9 }\nvalidation =")

    monkeypatch.setattr(made, "describe", describe_placed)
    return make_run


@pytest.fixture
def started(monkeypatch):
    """The keys that workers would be asked for; none is started."""
    asked = []
    monkeypatch.setattr(predicting, "run_members", lambda run, keys, *_, **__: asked.append(keys))
    return asked


@pytest.fixture
def write(tmp_path):
    """Write four images of a shape, without a zero; return the file's name and them."""

    def write(height, width):
        images = (1 + np.random.default_rng(7).random((4, height, width)) * 254).astype(np.uint8)
        np.savez(tmp_path / "more.npz", x_test=images)
        return str(tmp_path / "more.npz"), images[..., np.newaxis]

    return write


def test_run_says_its_canvas_and_is_planned_again_as_it_was(make_placed_run):
    run = open_run(make_placed_run().path)
    assert run.data["canvas"] == {"size": 9}
    assert run.image_shape == (9, 9, 1)
    plan = plan_experiment(run.path / "experiment.toml")
    assert tuple(member.entry for member in plan.members) == run.members
    dataset = load_checked_dataset(run, plan.members[0].spec, None)
    for split in dataset.splits:
        assert split.images_sha256 == load_record(run, split.name).images_sha256


def test_images_come_back_at_the_places_of_their_published_split(make_placed_run):
    run = make_placed_run()
    with np.load(f"{run.path}.npz") as file:
        arrays = {"train": file["x_train"], "test": file["x_test"]}
    for name, published in (("train", "train"), ("validation", "train"), ("test", "test")):
        found = load_images(run, name)
        offsets = draw_offsets(0, published, found.index, largest=(4, 5))
        whole = arrays[published][found.index, ..., np.newaxis]
        np.testing.assert_array_equal(found.images, place_on_canvas(whole, offsets, size=9))


def test_thumbnails_are_the_placed_images(make_placed_run):
    run = make_placed_run(n_examples=40, lead=0.0)
    found = find_errors(run, Question()).catalogue
    saved = load_catalogue(keep_errors(run, found, "all"))
    assert len(saved) > 2
    np.testing.assert_array_equal(saved.thumbnails, load_images(run).images[saved.index])


def test_another_canvas_makes_other_members(make_placed_run):
    run = make_placed_run()
    spec = plan_experiment(run.path / "experiment.toml").members[0].spec
    elsewhere = replace(run, data=run.data | {"canvas": {"size": 9, "seed": 1}})
    with pytest.raises(MismatchError, match="digest of a-0000 must be"):
        load_checked_dataset(elsewhere, spec, None)


def test_source_that_is_predicted_is_placed_as_the_runs_data_are(make_placed_run, started, write):
    path, images = write(5, 4)
    run = predict(make_placed_run(), path, "more")
    assert load_record(run, "more").source["data"]["canvas"] == {"size": 9}
    offsets = draw_offsets(0, "test", np.arange(4), largest=(4, 5))
    found = load_images(run, "more").images
    np.testing.assert_array_equal(found, place_on_canvas(images, offsets, size=9))
    assert started == [run.keys]


def test_images_of_the_canvas_size_are_predicted_as_they_are(make_placed_run, started, write):
    path, images = write(9, 9)
    run = predict(make_placed_run(), path, "more")
    np.testing.assert_array_equal(load_images(run, "more").images, images)


def test_the_runs_own_test_images_are_predicted_at_their_places(make_placed_run, started):
    run = make_placed_run()
    run = predict(run, f"{run.path}.npz", "again")
    hashes = {load_record(run, name).images_sha256 for name in ("test", "again")}
    assert len(hashes) == 1


def test_images_too_large_for_the_runs_canvas_are_refused(make_placed_run, started, write):
    run = make_placed_run()
    with pytest.raises(DataError, match=r"canvas of 9×9.*got 10×4"):
        predict(run, write(10, 4)[0], "more")
    assert started == []
    assert "more" not in open_run(run.path).splits
