"""Rows of images: as they are, and as they were seen."""

import numpy as np
import pytest

from ensemble_lab.figures.augmented import draw_augmented
from ensemble_lab.figures.tiles import build_pictures
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.augmented import Augmented
from tests.figures.pixels import build_split_of, find_picture, render, words


def build(n_examples=3, n_epochs=4, *, shape=(28, 28, 1), epochs=4) -> Augmented:
    """Noise, seen as other noise."""
    split = build_split_of(n_examples, shape=shape, first_index=500)
    member = MemberSpec.model_validate(
        {
            "key": "toy-0003",
            "group": "toy",
            "architecture": {"name": "mlp"},
            "training": {
                "epochs": epochs,
                "augmentation": [{"name": "affine", "shift": 0.1}, {"name": "erase"}],
            },
            "seed": 3,
        }
    )
    seen = np.random.default_rng(1).random((n_examples, n_epochs, *shape), np.float32)
    return Augmented(member, split.index, split.images, split.labels, seen)


@pytest.mark.parametrize("shape", [(28, 28, 1), (56, 56, 1), (20, 32, 3), (8, 20, 1)])
def test_a_row_is_the_image_and_then_its_epochs_in_order(shape):
    augmented = build(shape=shape)
    sheet = render(draw_augmented(augmented))
    seen = np.rint(augmented.seen * 255).astype(np.uint8)
    both = np.concatenate([augmented.images[:, np.newaxis], seen], axis=1)
    for row in range(3):
        pictures = build_pictures(both[row], 84)
        if pictures.ndim == 3:
            pictures = np.repeat(pictures[..., np.newaxis], 3, axis=-1)
        places = [find_picture(sheet, picture) for picture in pictures]
        assert [len(each) for each in places] == [1] * 5
        tops, lefts = zip(*(each[0] for each in places), strict=True)
        assert len(set(tops)) == 1
        assert list(lefts) == sorted(lefts)


def test_sheet_states_recipe_seed_and_epochs():
    shown = words(draw_augmented(build(epochs=3), title="mine train, as toy-0003 sees it"))
    assert shown[0] == "mine train, as toy-0003 sees it"
    said = " ".join(shown)
    assert "affine (shift 0.1, fill nearest), then erase (probability 0.5" in said
    assert "with seed 3; in brackets" in said
    assert {"as it is", "epoch 1", "2", "3", "(4)"} <= set(shown)
    assert {"500", "501", "502"} <= set(shown)


def test_no_brackets_where_the_recipe_reaches_all():
    shown = words(draw_augmented(build(epochs=4)))
    assert not any("(4)" in word or "brackets" in word for word in shown)


@pytest.mark.parametrize("n_examples", [1, 5])
@pytest.mark.parametrize("n_epochs", [1, 24])
@pytest.mark.parametrize("shape", [(28, 28, 1), (6, 60, 3)])
def test_letters_stay_on_the_sheet_and_apart(n_examples, n_epochs, shape):
    figure = draw_augmented(
        build(n_examples, n_epochs, shape=shape),
        class_names=("photographs of the sea", "b", "mountains and the long valleys"),
    )
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    for at, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 < box.y1 <= figure.bbox.y1
        assert not any(box.overlaps(other) for other in boxes[:at])
