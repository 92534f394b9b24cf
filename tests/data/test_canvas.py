"""Images at random places of a canvas, from any source and however they are loaded."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_dataset, load_published, load_split
from ensemble_lab.data.transforms import draw_offsets, place_on_canvas
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import CanvasSpec, Digits, Mnist, Npz, ValidationSpec
from tests.conftest import need

CANVAS = CanvasSpec(size=9)
TEST_SHA256 = "2d68262ee11825344f13626ba6e5c58b8f53f53a7c3c1f7035c104ef3687ab69"
"""Of MNIST's test images at seed 0 on 56×56."""


def draw_images(n_images: int, seed: int = 0, shape: tuple[int, ...] = (5, 4)) -> np.ndarray:
    """Without a zero, so that it can be seen where an image lies."""
    return (1 + np.random.default_rng(seed).random((n_images, *shape)) * 254).astype(np.uint8)


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """40 training and 20 test images of 5×4."""
    path = tmp_path / "mine.npz"
    np.savez(
        path,
        x_train=draw_images(40),
        y_train=np.arange(40) % 4,
        x_test=draw_images(20, seed=1),
        y_test=np.arange(20) % 4,
    )
    return path


def spec(npz: Path, canvas: CanvasSpec | None = CANVAS, *, share: float = 0.25) -> Npz:
    return Npz(name="npz", path=str(npz), validation=ValidationSpec(share=share), canvas=canvas)


def find_offsets(images: np.ndarray) -> np.ndarray:
    """Where the first row and column with ink are."""
    rows, columns = ((images != 0).any(axis=axes) for axes in ((2, 3), (1, 3)))
    return np.stack([rows.argmax(axis=1), columns.argmax(axis=1)], axis=1)


def by_index(split: Split) -> dict[int, list[int]]:
    return dict(zip(split.index.tolist(), find_offsets(split.images).tolist(), strict=True))


def test_every_image_lies_whole_on_zeros(npz: Path) -> None:
    plain, placed = load_published(spec(npz, None)), load_published(spec(npz))
    assert placed.image_shape == (9, 9, 1)
    assert (placed.name, placed.class_names) == (plain.name, plain.class_names)
    for before, after in zip(plain.splits, placed.splits, strict=True):
        assert (after.name, after.role) == (before.name, before.role)
        assert after.labels_sha256 == before.labels_sha256
        np.testing.assert_array_equal(after.index, before.index)
        for image, canvas, (down, right) in zip(
            before.images, after.images, find_offsets(after.images), strict=True
        ):
            np.testing.assert_array_equal(canvas[down : down + 5, right : right + 4], image)
            assert canvas.sum(dtype=int) == image.sum(dtype=int)


def test_place_does_not_depend_on_the_validation_cut(npz: Path) -> None:
    whole = by_index(load_dataset(spec(npz, share=0)).split("train"))
    assert len({tuple(place) for place in whole.values()}) > 10
    for share in (0.1, 0.5):
        dataset = load_dataset(spec(npz, share=share))
        parts = by_index(dataset.split("train")) | by_index(dataset.split("validation"))
        assert parts == whole


def test_split_loaded_alone_has_the_same_images(npz: Path) -> None:
    published = load_published(spec(npz))
    for name in ("train", "test"):
        alone = load_split(spec(npz), name)
        assert alone.images_sha256 == published.split(name).images_sha256


def test_place_does_not_depend_on_how_many_images_there_are(npz: Path, tmp_path: Path) -> None:
    fewer = tmp_path / "fewer.npz"
    np.savez(fewer, x_test=draw_images(3, seed=5))
    before, after = (by_index(load_split(spec(path), "test")) for path in (npz, fewer))
    assert after == {index: before[index] for index in range(3)}


def test_train_and_test_have_places_of_their_own(npz: Path) -> None:
    train, test = (by_index(load_split(spec(npz), name)) for name in ("train", "test"))
    assert [train[index] for index in range(20)] != [test[index] for index in range(20)]


def test_places_are_part_of_the_hash(npz: Path) -> None:
    canvases = (None, CANVAS, CanvasSpec(size=9, seed=1), CanvasSpec(size=10))
    hashes = {load_split(spec(npz, canvas), "test").images_sha256 for canvas in canvases}
    assert len(hashes) == len(canvases)


def test_canvas_of_the_images_own_size_changes_nothing(tmp_path: Path) -> None:
    np.savez(tmp_path / "square.npz", x_test=draw_images(6, shape=(7, 7, 3)))
    plain, placed = (
        load_split(spec(tmp_path / "square.npz", canvas), "test")
        for canvas in (None, CanvasSpec(size=7, largest_offset=3))
    )
    assert placed.images_sha256 == plain.images_sha256


def test_largest_offset_holds_where_the_canvas_reaches_further(npz: Path) -> None:
    offsets = find_offsets(load_split(spec(npz, CanvasSpec(size=9, largest_offset=2))).images)
    assert offsets.max(axis=0).tolist() == [2, 2]
    beyond = find_offsets(load_split(spec(npz, CanvasSpec(size=9, largest_offset=99))).images)
    assert beyond.max(axis=0).tolist() == [4, 5]


@pytest.mark.parametrize(("size", "shape"), [(4, (5, 4)), (4, (4, 5))])
def test_images_larger_than_the_canvas_are_refused(
    tmp_path: Path, size: int, shape: tuple[int, int]
) -> None:
    path = tmp_path / "large.npz"
    images = draw_images(4, shape=shape)
    labels = np.arange(4)
    np.savez(path, x_train=images, y_train=labels, x_test=images, y_test=labels)
    for load in (load_published, load_split):
        with pytest.raises(DataError, match=f"canvas of 4×4.*got {shape[0]}×{shape[1]}") as caught:
            load(spec(path, CanvasSpec(size=size)))
        assert "\n" not in str(caught.value)


def test_digits_are_placed_by_their_published_index() -> None:
    need("sklearn")
    plain, placed = (
        load_split(Digits(name="digits", canvas=canvas), "test")
        for canvas in (None, CanvasSpec(size=56, seed=3))
    )
    assert plain.index[0] == 898
    offsets = draw_offsets(3, "test", plain.index, largest=(28, 28))
    np.testing.assert_array_equal(placed.images, place_on_canvas(plain.images, offsets, size=56))
    assert (
        load_published(Digits(name="digits", canvas=CanvasSpec(size=56, seed=3)))
        .split("test")
        .images_sha256
        == placed.images_sha256
    )


@pytest.mark.mnist
def test_real_mnist_on_the_canvas_is_pinned(mnist_dir: Path) -> None:
    mnist = Mnist(name="mnist", canvas=CanvasSpec(size=56))
    test = load_split(mnist, "test", mnist_dir)
    assert test.image_shape == (56, 56, 1)
    assert test.images_sha256 == TEST_SHA256
    plain = load_split(Mnist(name="mnist"), "test", mnist_dir)
    offsets = draw_offsets(0, "test", plain.index, largest=(28, 28))
    np.testing.assert_array_equal(place_on_canvas(plain.images, offsets, size=56), test.images)
