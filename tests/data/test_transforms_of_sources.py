"""Corrupted images, from any source and however they are loaded."""

from pathlib import Path

import numpy as np
import pytest

from ensemble_lab.data.corruptions import CORRUPTIONS, corrupt_images
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_dataset, load_published, load_split
from ensemble_lab.spec.data import CanvasSpec, Corruption, Digits, Mnist, Npz, ValidationSpec
from tests.conftest import need
from tests.data.strokes import draw_strokes

NOISE, SHIFT = Corruption(name="noise", strength=2), Corruption(name="shift", strength=4, seed=5)
TEST_SHA256 = {
    "noise": "8e5be0b89276db32",
    "blur": "51ff4771c0d9ab07",
    "contrast": "9788263428ac3741",
    "occlusion": "e5cc6864121467f5",
    "thick": "7a1704d61218fc30",
    "thin": "c8efc182a85bd4e4",
    "shift": "5958554b892a6331",
    "rotation": "016fe32d01a608f7",
    "shear": "5ef77fbda1a3dbcd",
}
"""Of MNIST's test images at strength 3, by corruption; the beginnings."""


@pytest.fixture
def npz(tmp_path: Path) -> Path:
    """40 training and 20 test images of 14×14."""
    path = tmp_path / "mine.npz"
    np.savez(
        path,
        x_train=draw_strokes(40, 14),
        y_train=np.arange(40) % 4,
        x_test=draw_strokes(20, 14, seed=1),
        y_test=np.arange(20) % 4,
    )
    return path


def spec(npz: Path, *transforms: Corruption, share: float = 0.25, size: int | None = None) -> Npz:
    return Npz(
        name="npz",
        path=str(npz),
        validation=ValidationSpec(share=share),
        canvas=size and CanvasSpec(size=size),
        transforms=transforms,
    )


def apply(split: Split, *transforms: Corruption, published: str) -> np.ndarray:
    images = split.images
    for name, strength, seed in ((t.name, t.strength, t.seed) for t in transforms):
        images = corrupt_images(
            images, name, strength, index=split.index, split=published, seed=seed
        )
    return images


@pytest.mark.parametrize("size", [None, 20])
def test_every_split_is_corrupted_in_order_after_the_canvas(npz: Path, size: int | None) -> None:
    plain = load_dataset(spec(npz, size=size))
    corrupted = load_dataset(spec(npz, SHIFT, NOISE, size=size))
    turned = load_dataset(spec(npz, NOISE, SHIFT, size=size))
    assert [split.name for split in corrupted.splits] == ["train", "validation", "test"]
    for before, after in zip(plain.splits, corrupted.splits, strict=True):
        published = "test" if before.name == "test" else "train"
        expected = apply(before, SHIFT, NOISE, published=published)
        np.testing.assert_array_equal(after.images, expected)
        np.testing.assert_array_equal(after.index, before.index)
        assert after.role == before.role
        assert after.labels_sha256 == before.labels_sha256
        hashes = {s.images_sha256 for s in (before, after, turned.split(before.name))}
        assert len(hashes) == 3


def test_corruption_does_not_depend_on_the_validation_cut(npz: Path) -> None:
    whole = load_dataset(spec(npz, NOISE, share=0)).split("train").images
    for share in (0.1, 0.5):
        for split in load_dataset(spec(npz, NOISE, share=share)).splits[:2]:
            np.testing.assert_array_equal(split.images, whole[split.index])


def test_split_loaded_alone_has_the_same_images(npz: Path) -> None:
    published = load_published(spec(npz, NOISE, SHIFT))
    for name in ("train", "test"):
        alone = load_split(spec(npz, NOISE, SHIFT), name)
        assert alone.images_sha256 == published.split(name).images_sha256


def test_digits_are_corrupted_by_their_published_index() -> None:
    need("sklearn")
    plain = load_split(Digits(name="digits"), "test")
    assert plain.index[0] == 898
    corrupted = load_split(Digits(name="digits", transforms=(NOISE,)), "test")
    np.testing.assert_array_equal(corrupted.images, apply(plain, NOISE, published="test"))


@pytest.mark.mnist
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_real_mnist_is_pinned(mnist_dir: Path, name: str) -> None:
    mnist = Mnist(name="mnist", transforms=({"name": name, "strength": 3},))
    test = load_split(mnist, "test", mnist_dir)
    assert test.image_shape == (28, 28, 1)
    assert test.images_sha256[:16] == TEST_SHA256[name]
