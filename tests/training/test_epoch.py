import numpy as np

from ensemble_lab.training.epoch import draw_epoch
from tests.training.members import WARP, build_member


def draw(n_examples, epoch=0, batch_size=16, augmentation=(), n_dropout=2):
    member = build_member("tensorflow", batch_size=batch_size, augmentation=augmentation)
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


def test_each_step_and_layer_has_its_own_dropout_state():
    parts = draw(40)
    states = np.concatenate([part.dropout for part in parts])
    assert states.shape == (3, 2, 2)
    assert states.dtype == np.uint32
    assert len(np.unique(states.reshape(-1, 2), axis=0)) == 6


def test_no_augmentation_draws_no_warp():
    assert [part.transforms for part in draw(40)] == [None, None]


def test_each_image_has_its_own_warp():
    parts = draw(40, augmentation=[WARP])
    assert [part.transforms.shape for part in parts] == [(2, 16, 8), (1, 8, 8)]
    rows = np.concatenate([part.transforms.reshape(-1, 8) for part in parts])
    assert len(np.unique(rows, axis=0)) == 40
