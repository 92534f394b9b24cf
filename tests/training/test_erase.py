import numpy as np
import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.augmentation import Erase
from ensemble_lab.training.augment import augment_images, draw_boxes, erase_boxes
from ensemble_lab.training.plan import describe_plan
from tests.training.members import build_member

SHAPE = (28, 28, 1)
ALWAYS = Erase(name="erase", probability=1.0)
FIRST = [0, 12, 13, 17]


@pytest.mark.keras
def test_box_covers_its_rows_and_columns_and_nothing_else(backend):
    images = np.full((3, 4, 5, 2), 0.25, np.float32)
    # Rows 1 and 2, columns 2 to 4; nothing; all.
    boxes = np.array([[1, 3, 2, 5], [0, 0, 0, 0], [0, 4, 0, 5]], np.int32)
    erased = np.asarray(erase_boxes(images, boxes, 0.75))
    expected = np.full((4, 5), 0.25)
    expected[1:3, 2:5] = 0.75
    assert erased.dtype == np.float32
    for channel in range(2):
        np.testing.assert_array_equal(erased[0, :, :, channel], expected)
    np.testing.assert_array_equal(erased[1], images[1])
    assert (erased[2] == 0.75).all()


@pytest.mark.keras
def test_entry_erases_what_is_drawn_with_its_value(backend):
    images = np.full((20, *SHAPE), 0.5, np.float32)
    spec = Erase(name="erase", probability=0.5, value=1.0)
    boxes = draw_boxes(spec, SHAPE, (20,), seed=1, epoch=0)
    erased = np.asarray(augment_images(images, (spec,), boxes=boxes))
    areas = (boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2])
    assert 0 < (areas == 0).sum() < 20
    np.testing.assert_array_equal((erased == 1).sum(axis=(1, 2, 3)), areas)


def sides_of(boxes):
    assert (boxes[:, [0, 2]] >= 0).all()
    return boxes[:, 1] - boxes[:, 0], boxes[:, 3] - boxes[:, 2]


@pytest.mark.parametrize("shape", [(28, 28, 1), (56, 20, 3), (8, 8, 1)])
def test_boxes_lie_in_the_image_and_in_the_ranges(shape):
    spec = Erase(
        name="erase", probability=1.0, smallest_area=0.05, largest_area=0.3, highest_aspect=2.0
    )
    boxes = draw_boxes(spec, shape, (500, 500), seed=1, epoch=0)
    heights, widths = sides_of(boxes)
    assert (boxes[:, 1] <= shape[0]).all()
    assert (boxes[:, 3] <= shape[1]).all()
    areas, aspects = heights * widths / (shape[0] * shape[1]), heights / widths
    assert areas.min() >= 0.05
    assert areas.max() <= 0.3
    assert aspects.min() >= 0.3
    assert aspects.max() <= 2.0


def test_area_and_aspect_are_uniform():
    """In large images, where whole pixels do not show and nearly every aspect fits."""
    spec = Erase(
        name="erase", probability=1.0, smallest_area=0.02, largest_area=0.1, lowest_aspect=0.5,
        highest_aspect=2.0,
    )  # fmt: skip
    heights, widths = sides_of(draw_boxes(spec, (200, 200, 1), (20_000,), seed=1, epoch=0))
    shares = (heights * widths / 40_000 - 0.02) / 0.08, (heights / widths - 0.5) / 1.5
    for share in shares:
        counts = np.histogram(share, bins=10, range=(0, 1))[0]
        assert counts.sum() == 20_000
        assert np.abs(counts / 2000 - 1).max() < 0.15
    assert abs(np.corrcoef(*shares)[0, 1]) < 0.05


def test_every_place_where_the_box_fits_is_equally_likely():
    half = {"smallest_area": 0.25, "largest_area": 0.25}
    square = {"lowest_aspect": 1.0, "highest_aspect": 1.0}
    spec = Erase(name="erase", probability=1.0, **half, **square)
    boxes = draw_boxes(spec, (4, 4, 1), (9_000,), seed=1, epoch=0)
    # 2 × 2 in 4 × 4: nine places.
    np.testing.assert_array_equal(sides_of(boxes), 2)
    counts = np.bincount(3 * boxes[:, 0] + boxes[:, 2], minlength=9)
    assert len(counts) == 9
    assert ((counts - 1000) ** 2 / 1000).sum() < 8 + 5 * 4


@pytest.mark.parametrize("probability", [0.0, 0.25, 1.0])
def test_share_of_the_images_that_lose_a_box(probability):
    spec = ALWAYS.model_copy(update={"probability": probability})
    boxes = draw_boxes(spec, SHAPE, (10_000,), seed=1, epoch=0)
    share = boxes.any(axis=1).mean()
    assert share == pytest.approx(probability, abs=5 * np.sqrt(0.25 / 10_000))
    assert (share == probability) or 0 < probability < 1


def test_boxes_follow_seed_epoch_and_step_alone():
    epoch = draw_boxes(ALWAYS, SHAPE, (3, 3, 2), seed=1, epoch=4)
    assert epoch.shape == (8, 4)
    assert epoch.dtype == np.int32
    last = draw_boxes(ALWAYS, SHAPE, (2,), seed=1, epoch=4, first_step=2)
    assert np.array_equal(epoch[6:], last)
    for other in ({"seed": 2, "epoch": 4}, {"seed": 1, "epoch": 5}):
        assert not np.array_equal(epoch, draw_boxes(ALWAYS, SHAPE, (3, 3, 2), **other))


def test_first_box_is_pinned():
    """Members that are trained with it must be resumed with it."""
    assert draw_boxes(ALWAYS, SHAPE, (1,), seed=1, epoch=2, first_step=3)[0].tolist() == FIRST


def test_ranges_without_a_rectangle_of_whole_pixels_are_refused_in_one_line():
    tiny = Erase(name="erase", smallest_area=0.001, largest_area=0.01)
    with pytest.raises(SpecError, match=r"none of area 0\.001 … 0\.01 .*images of 8 × 8") as caught:
        draw_boxes(tiny, (8, 8, 1), (4,), seed=1, epoch=0)
    assert "\n" not in str(caught.value)


def test_planning_refuses_what_leaves_nothing_to_erase():
    erase = {"name": "erase", "smallest_area": 0.001, "largest_area": 0.0012}
    member = build_member("tensorflow", augmentation=[erase])
    with pytest.raises(SpecError, match="rectangle of whole pixels"):
        describe_plan(member, (8, 8, 1), 3, 70)
