"""Corruptions: what all of them keep to, and what is refused."""

import subprocess
import sys
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ensemble_lab.canonical import array_sha256
from ensemble_lab.data import corruptions as module
from ensemble_lab.data.corruptions import (
    CORRUPTIONS,
    STRENGTHS,
    corrupt_images,
    find_corruption,
    parse_corruption,
)
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.data import Corruption
from tests.data.strokes import difference, draw_strokes

RANDOM = ["noise", "occlusion", "shift", "rotation", "shear"]
PINNED = {
    ("noise", 0): "3471a245fb276568",
    ("noise", 1): "ccd85030bad0d53b",
    ("blur", 0): "ebb305be68c23b25",
    ("blur", 1): "ebb305be68c23b25",
    ("contrast", 0): "9a4ec70c62f45b4d",
    ("contrast", 1): "9a4ec70c62f45b4d",
    ("occlusion", 0): "92dd69cce3e66a21",
    ("occlusion", 1): "649cd5b94baf3256",
    ("thick", 0): "34382392e7cbf254",
    ("thick", 1): "34382392e7cbf254",
    ("thin", 0): "bb9320ea1cffeefd",
    ("thin", 1): "bb9320ea1cffeefd",
    ("shift", 0): "563394341b3fdf5f",
    ("shift", 1): "7007a262b4849a3a",
    ("rotation", 0): "c5c80656ed739bb3",
    ("rotation", 1): "c42e52ebccb92628",
    ("shear", 0): "f012348398ffd378",
    ("shear", 1): "e137f13c548038f4",
}
"""SHA-256, its beginning, of three strokes at strength 3, by corruption and seed."""


def test_spec_and_registry_name_the_same_corruptions() -> None:
    assert get_args(Corruption.model_fields["name"].annotation) == tuple(CORRUPTIONS)


def test_numbers_of_the_rows_are_pinned() -> None:
    """Stored splits were drawn with them: a number is never changed or used again."""
    assert {name: row.number for name, row in CORRUPTIONS.items()} == {
        "noise": 0, "blur": 1, "contrast": 2, "occlusion": 3, "thick": 4, "thin": 5, "shift": 6,
        "rotation": 7, "shear": 8,
    }  # fmt: skip


def test_rows_say_what_they_do_and_whose_it_is() -> None:
    assert [name for name, row in CORRUPTIONS.items() if row.is_random] == RANDOM
    for row in CORRUPTIONS.values():
        assert len(row.parameters) == len(STRENGTHS)
        assert ("nothing random" in row.description) is not row.is_random
        assert any(year in row.source for year in ("2017", "2019"))


@pytest.mark.parametrize("name", CORRUPTIONS)
@settings(max_examples=25)
@given(
    images=arrays(
        np.uint8,
        st.tuples(st.integers(0, 3), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
    ),
    strength=st.sampled_from(STRENGTHS),
)
def test_any_images_keep_shape_and_type_and_are_not_written_to(name, images, strength) -> None:
    before = images.copy()
    corrupted = corrupt_images(images, name, strength)
    assert (corrupted.shape, corrupted.dtype) == (images.shape, np.uint8)
    np.testing.assert_array_equal(images, before)
    np.testing.assert_array_equal(corrupt_images(images, name, strength), corrupted)


@pytest.mark.parametrize("name", CORRUPTIONS)
@settings(max_examples=10)
@given(
    seed=st.integers(0, 2**63 - 1),
    chosen=st.lists(st.integers(0, 19), min_size=1, max_size=20, unique=True),
)
def test_an_example_does_not_depend_on_its_company(name, seed, chosen) -> None:
    images, index = draw_strokes(20), np.arange(100, 120)
    together = corrupt_images(images, name, 3, index=index, seed=seed)
    some = corrupt_images(images[chosen], name, 3, index=index[chosen], seed=seed)
    np.testing.assert_array_equal(some, together[chosen])


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_blocks_change_nothing(name, monkeypatch) -> None:
    images = draw_strokes(30)
    whole = corrupt_images(images, name, 2)
    monkeypatch.setattr(module, "_BLOCK_BYTES", 7 * 8 * 28 * 28)
    np.testing.assert_array_equal(corrupt_images(images, name, 2), whole)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("shape", [(28, 1), (28, 3), (56, 1), (12, 2)])
def test_a_greater_strength_changes_more(name, shape) -> None:
    side, channels = shape
    images = draw_strokes(50, side, channels=channels)
    changes = [difference(images, corrupt_images(images, name, s)) for s in STRENGTHS]
    if side >= 28:
        assert changes[0] > 0
        assert all(low < high for low, high in pairwise(changes))
    else:
        # Some lengths are too short for so few pixels.
        assert changes == sorted(changes)
        assert changes[-1] > 0


@pytest.mark.parametrize("name", RANDOM)
def test_seed_split_and_index_decide_what_is_random(name) -> None:
    images = np.repeat(draw_strokes(1), 200, axis=0)
    plain = corrupt_images(images, name, 3)
    assert len(np.unique(plain, axis=0)) > 1
    for wish in ({"seed": 1}, {"split": "train"}, {"index": np.arange(1, 201)}):
        assert difference(plain, corrupt_images(images, name, 3, **wish)) > 0
    np.testing.assert_array_equal(
        corrupt_images(images[1:], name, 3, index=np.arange(1, 200)), plain[1:]
    )


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name not in RANDOM])
def test_without_chance_seed_split_and_index_change_nothing(name) -> None:
    images = draw_strokes(5)
    other = corrupt_images(images, name, 3, seed=9, split="train", index=np.arange(5)[::-1])
    np.testing.assert_array_equal(other, corrupt_images(images, name, 3))


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "noise"])
@pytest.mark.parametrize("strength", STRENGTHS)
def test_black_stays_black(name, strength) -> None:
    assert not corrupt_images(np.zeros((6, 28, 28, 2), np.uint8), name, strength).any()


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if name != "noise"])
def test_channels_are_treated_alike(name) -> None:
    images = draw_strokes(20, channels=3)
    corrupted = corrupt_images(images, name, 4)
    for channel in (1, 2):
        np.testing.assert_array_equal(corrupted[..., channel], corrupted[..., 0])
    alone = corrupt_images(images[..., :1], name, 4)
    np.testing.assert_array_equal(corrupted[..., :1], alone)


@pytest.mark.parametrize("name", ["blur", "contrast", "thick", "thin", "rotation", "shear"])
@pytest.mark.parametrize("strength", [3, 5])
def test_lengths_grow_with_the_image(name, strength) -> None:
    """An image of twice the size, made smaller again, is nearly the same."""
    small = np.where(draw_strokes(20) > 0, 255, 0).astype(np.uint8)
    large = small.repeat(2, axis=1).repeat(2, axis=2)
    halved = corrupt_images(large, name, strength).reshape(20, 28, 2, 28, 2).mean((2, 4))
    change = difference(small, corrupt_images(small, name, strength))
    expected = corrupt_images(small, name, strength)[..., 0]
    assert difference(expected, halved) < max(0.35 * change, 1)


def test_halves_are_rounded_up_and_so_is_a_hair_less() -> None:
    values = np.array([0.5, 1.5, 2.5 - 1e-9, 2.5 - 1e-3, -4.0, 254.4, 300.0])
    assert module._round(values).tolist() == [1, 2, 3, 2, 0, 254, 255]


@pytest.mark.parametrize(("name", "seed"), PINNED)
def test_strokes_are_pinned(name, seed) -> None:
    """Stored splits are told by the hash of their images."""
    corrupted = corrupt_images(draw_strokes(3, channels=2), name, 3, seed=seed)
    assert array_sha256(corrupted)[:16] == PINNED[name, seed]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("blurr:3", r"corruption must be one of noise, .*shear; got 'blurr'; did you mean 'blur'"),
        ("", r"got ''\."),
        ("blur", r"NAME:STRENGTH.*got 'blur'\. Write blur:3"),
        ("blur:3:0:1", r"NAME:STRENGTH.*got 'blur:3:0:1'"),
        ("blur:0", r"strength of a corruption must be 1 to 5; got 0"),
        ("blur:6", r"must be 1 to 5; got 6"),
        ("blur:x", r"strength must be a whole number from 0; got 'x'"),
        ("blur:1.5", r"whole number from 0; got '1\.5'"),
        ("blur:", r"whole number from 0; got ''"),
        ("blur:3:-1", r"seed must be a whole number from 0; got '-1'"),
        (f"blur:3:{2**63}", r"seed of a corruption must be from 0 to 2\*\*63 - 1"),
    ],
)
def test_words_that_say_no_corruption_are_refused(text, facts) -> None:
    with pytest.raises(DataError, match=facts) as caught:
        parse_corruption(text)
    assert "\n" not in str(caught.value)


def test_corruption_in_words() -> None:
    assert parse_corruption("thin:5") == Corruption(name="thin", strength=5)
    assert parse_corruption("noise:1:7") == Corruption(name="noise", strength=1, seed=7)
    assert find_corruption("noise") is CORRUPTIONS["noise"]


@pytest.mark.parametrize(
    ("wishes", "facts"),
    [
        ({"name": "nois"}, r"got 'nois'; did you mean 'noise'"),
        ({"strength": 0}, r"1 to 5; got 0"),
        ({"strength": 2.5}, r"1 to 5; got 2\.5"),
        ({"seed": -1}, r"0 to 2\*\*63 - 1; got -1"),
        ({"split": "tset"}, r"train, test, test50k; got 'tset'; did you mean 'test'"),
        ({"index": np.arange(3)}, r"index must have 2 examples; got 3"),
        ({"images": np.zeros((2, 4, 4), np.uint8)}, r"axes \(examples, height, width, channels\)"),
        ({"images": np.zeros((2, 4, 4, 1))}, r"must be uint8.*got float64"),
        ({"images": np.zeros((2, 0, 4, 1), np.uint8)}, r"no empty height.*\(2, 0, 4, 1\)"),
    ],
)
def test_what_cannot_be_corrupted_is_refused(wishes, facts) -> None:
    usual = {"images": np.zeros((2, 4, 4, 1), np.uint8), "name": "noise", "strength": 1}
    with pytest.raises(DataError, match=facts):
        corrupt_images(**usual | wishes)


def test_importing_the_corruptions_imports_nothing_heavy() -> None:
    code = (
        "import sys, ensemble_lab.data.corruptions\n"
        "print({'scipy', 'skimage', 'matplotlib', 'h5py'} & set(sys.modules))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "set()"


@pytest.mark.mnist
@pytest.mark.parametrize("name", CORRUPTIONS)
def test_real_digits_change_more_with_strength_and_keep_their_ink(name, mnist_dir) -> None:
    with np.load(mnist_dir / "mnist.npz") as file:
        images = file["x_test"][:500, ..., np.newaxis]
    corrupted = [corrupt_images(images, name, strength) for strength in STRENGTHS]
    changes = [difference(images, each) for each in corrupted]
    assert all(low < high for low, high in pairwise(changes))
    # A person reads by ink against ground: some of both is left in every image.
    assert (np.ptp(corrupted[-1], axis=(1, 2, 3)) >= 30).all()
