"""Images come from their source again, and must be those that were recorded."""

import numpy as np
import pytest

from ensemble_lab.errors.files import load_catalogue
from ensemble_lab.exceptions import DataError, MismatchError
from ensemble_lab.workflows.errors import find_errors, keep_errors
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.question import Question


def rewrite(run, change) -> None:
    """Change the arrays of the run's source."""
    path = run.path.parent / f"{run.path.name}.npz"
    with np.load(path) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(path, **arrays)


def test_images_are_those_of_the_source_without_labels(make_run):
    run = make_run(n_examples=5)
    with np.load(f"{run.path}.npz") as file:
        wanted = file["x_test"]
    images = load_images(run)
    np.testing.assert_array_equal(images.images[..., 0], wanted)
    assert (images.name, images.role, images.index.tolist()) == ("test", "report", [0, 1, 2, 3, 4])
    assert images.labels is None
    assert images.labels_sha256 is None


def test_validation_images_are_those_of_their_index(make_run):
    run = make_run()
    with np.load(f"{run.path}.npz") as file:
        train = file["x_train"]
    images = load_images(run, "validation")
    np.testing.assert_array_equal(images.images[..., 0], train[images.index])


def other_pixel(arrays):
    arrays["x_test"][2, 0, 0] ^= 1


def other_order(arrays):
    arrays["x_test"] = arrays["x_test"][::-1]


@pytest.mark.parametrize("change", [other_pixel, other_order])
def test_other_images_than_recorded_are_refused(make_run, change):
    run = make_run()
    rewrite(run, change)
    with pytest.raises(MismatchError, match="images of split 'test' must be those recorded"):
        load_images(run)
    assert load_images(run, "validation").n_examples == 6


def test_source_that_has_fewer_images_is_refused(make_run):
    run = make_run()
    rewrite(run, lambda arrays: arrays.update(x_test=arrays["x_test"][:3], y_test=np.arange(3)))
    with pytest.raises(DataError):
        load_images(run)


@pytest.mark.parametrize("sort", ["index", "gap"])
def test_saved_thumbnails_are_the_images_of_their_rows_in_order(make_erring_run, sort):
    run = make_erring_run(n_examples=40)
    found = find_errors(run, Question(sort=sort, reverse=True)).catalogue
    saved = load_catalogue(keep_errors(run, found, "hard"))
    assert len(saved) > 2
    assert saved.indices == found.indices
    with np.load(f"{run.path}.npz") as file:
        np.testing.assert_array_equal(saved.thumbnails[..., 0], file["x_test"][saved.index])


def test_no_row_has_no_thumbnail(make_run):
    run = make_run()
    nothing = find_errors(run, Question(min_gap=1.5)).catalogue
    assert load_catalogue(keep_errors(run, nothing, "none")).thumbnails is None
