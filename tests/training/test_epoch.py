import numpy as np
import pytest

from ensemble_lab.spec.member import HeldStreams
from ensemble_lab.training.epoch import draw_epoch
from tests.training.members import WARP, build_member

EVERYTHING = [WARP, {"name": "elastic"}, {"name": "erase", "probability": 1.0}]


def draw(n_examples, epoch=0, batch_size=16, augmentation=(), n_dropout=2, **named):
    member = build_member("tensorflow", batch_size=batch_size, augmentation=augmentation)
    member = member.model_copy(update=named)
    n_steps = -(-n_examples // batch_size)
    rates = np.arange(n_steps, dtype=np.float32)
    return draw_epoch(
        member,
        epoch,
        rates,
        n_examples=n_examples,
        image_shape=(8, 8, 1),
        n_dropout=n_dropout,
    )


def test_every_image_is_taken_once_and_none_dropped():
    parts = draw(40)
    assert [part.order.shape for part in parts] == [(2, 16), (1, 8)]
    taken = np.concatenate([part.order.ravel() for part in parts])
    assert sorted(taken) == list(range(40))
    assert np.concatenate([part.rates for part in parts]).tolist() == [0, 1, 2]


def test_no_part_is_empty():
    assert [part.order.shape for part in draw(32)] == [(2, 16)]
    assert [part.order.shape for part in draw(5)] == [(1, 5)]
    assert [part.order.shape for part in draw(1)] == [(1, 1)]


def test_order_differs_between_epochs_and_repeats_within():
    first, again, second = draw(40), draw(40), draw(40, epoch=1)
    assert np.array_equal(first[0].order, again[0].order)
    assert not np.array_equal(first[0].order, second[0].order)


@pytest.mark.parametrize(
    ("varies", "fields"),
    [
        ("init", set()),
        ("order", {"order"}),
        ("augment", {"transforms", "noise", "boxes"}),
        ("dropout", {"dropout"}),
    ],
)
def test_held_streams_draw_what_they_drew_and_the_one_that_varies_does_not(varies, fields):
    plain, *_ = draw(40, augmentation=EVERYTHING)
    for seed in (3, 4):
        held = HeldStreams(varies=varies, seed=3)
        found, *_ = draw(40, augmentation=EVERYTHING, seed=seed, held=held)
        differing = {
            name
            for name in ("order", "dropout", "transforms", "noise", "boxes")
            if not np.array_equal(getattr(plain, name), getattr(found, name))
        }
        assert differing == (fields if seed == 4 else set())


def test_each_step_and_layer_has_its_own_dropout_state():
    parts = draw(40)
    states = np.concatenate([part.dropout for part in parts])
    assert states.shape == (3, 2, 2)
    assert states.dtype == np.uint32
    assert len(np.unique(states.reshape(-1, 2), axis=0)) == 6


def test_nothing_is_drawn_that_the_augmentation_does_not_ask_for():
    def list_drawn(*entries):
        (part, _) = draw(40, augmentation=[*entries])
        fields = ("transforms", "noise", "boxes")
        return [name for name in fields if getattr(part, name) is not None]

    assert list_drawn() == []
    assert list_drawn({"name": "crop"}) == ["transforms"]
    assert list_drawn({"name": "elastic"}) == ["noise"]
    assert list_drawn({"name": "erase"}) == ["boxes"]
    assert list_drawn(*EVERYTHING) == ["transforms", "noise", "boxes"]


def test_each_image_has_its_own_warp():
    parts = draw(40, augmentation=[WARP])
    assert [part.transforms.shape for part in parts] == [(2, 16, 8), (1, 8, 8)]
    rows = np.concatenate([part.transforms.reshape(-1, 8) for part in parts])
    assert len(np.unique(rows, axis=0)) == 40


def test_each_image_has_its_own_noise_and_box():
    parts = draw(40, augmentation=EVERYTHING)
    assert [part.noise.shape for part in parts] == [(2, 16, 2, 8, 8), (1, 8, 2, 8, 8)]
    assert [part.boxes.shape for part in parts] == [(2, 16, 4), (1, 8, 4)]
    noise = np.concatenate([part.noise.reshape(-1, 128) for part in parts])
    assert len(np.unique(noise, axis=0)) == 40
    boxes = np.concatenate([part.boxes.reshape(-1, 4) for part in parts])
    assert len(np.unique(boxes, axis=0)) > 20


def test_one_entry_more_leaves_the_draws_of_the_others_alone():
    whole, warped = draw(40, augmentation=EVERYTHING)[0], draw(40, augmentation=[WARP])[0]
    erased = draw(40, augmentation=EVERYTHING[-1:])[0]
    assert np.array_equal(whole.transforms, warped.transforms)
    assert np.array_equal(whole.boxes, erased.boxes)
    assert np.array_equal(whole.dropout, warped.dropout)


def test_an_image_takes_the_bytes_that_the_documentation_states():
    (part,) = draw(16, augmentation=EVERYTHING)
    sizes = [array.nbytes / 16 for array in (part.transforms, part.noise, part.boxes)]
    assert sizes == [32, 2 * 8 * 8, 16]
