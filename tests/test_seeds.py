"""Random numbers are a function of seed, stream, epoch and step, and of nothing else."""

import numpy as np
import pytest

from ensemble_lab.seeds import STREAMS, draw_generator, draw_state, draw_uniform, seed_sequence

PINNED_STATE = [3013205371, 2383315223]
PINNED_ORDER = [7, 3, 6, 2, 4, 0, 1, 5]
PINNED_WARPS = [0.8462569922698242, -0.11119093623992415, -0.2599543085628544]
PINNED_UNIFORM = [0.7375181681915192, 0.2046444615407672, 0.5983983427415603, 0.7900461734568069]


def test_stream_numbers_are_pinned():
    """Stored members were drawn from them: a number is never changed or used again."""
    assert STREAMS == {
        "init": 0, "order": 1, "augment": 2, "dropout": 3, "validation": 4, "canvas": 5,
        "elastic": 6,
        "erase": 7,
        "corruption": 8,
        "writers": 9,
        "subsets": 10,
        "committees": 11,
        "resampling": 12,
        "selection": 13,
        "halves": 14,
        "copies": 15,
    }  # fmt: skip


def test_first_values_are_pinned():
    assert draw_state(7, "dropout", 2, epoch=1, step=3).tolist() == PINNED_STATE
    assert draw_generator(7, "order", epoch=1).permutation(8).tolist() == PINNED_ORDER
    np.testing.assert_allclose(
        draw_generator(0, "augment", epoch=2, step=5).uniform(-1, 1, 3), PINNED_WARPS, rtol=1e-15
    )
    np.testing.assert_allclose(
        draw_uniform(3, np.array([0, 1, 9999, 2**62])), PINNED_UNIFORM, rtol=1e-15
    )


def test_numbers_do_not_depend_on_the_order_of_calls():
    places = [(stream, epoch, step) for stream in STREAMS for epoch in (0, 1) for step in (0, 5)]

    def draw(stream, epoch, step):
        return draw_generator(11, stream, epoch=epoch, step=step).random(4).tolist()

    forwards = {place: draw(*place) for place in places}
    backwards = {place: draw(*place) for place in reversed(places)}
    assert forwards == backwards
    assert len({tuple(values) for values in forwards.values()}) == len(places)


def test_drawing_more_from_one_stream_leaves_the_others_alone():
    alone = draw_generator(1, "augment", epoch=1).random(3)
    draw_generator(1, "augment", epoch=0).random(1000)
    draw_generator(1, "order", epoch=1).random(1000)
    np.testing.assert_array_equal(draw_generator(1, "augment", epoch=1).random(3), alone)


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**63 - 1])
def test_seeds_of_any_size_have_streams_of_their_own(seed):
    states = {
        tuple(draw_state(seed, stream, 4, epoch=epoch).tolist())
        for stream in STREAMS
        for epoch in range(20)
    }
    neighbours = {tuple(draw_state(s, "init", 4).tolist()) for s in (seed, seed + 1)}
    assert len(states) == 20 * len(STREAMS)
    assert len(neighbours) == 2


def test_unknown_stream_is_refused():
    with pytest.raises(KeyError):
        seed_sequence(0, "weather")


def test_number_of_an_index_does_not_depend_on_the_others():
    index = np.array([5, 0, 9_999, 5, 2**62])
    together = draw_uniform(3, index)
    for place, single in enumerate(index):
        assert draw_uniform(3, np.array([single]))[0] == together[place]
    np.testing.assert_array_equal(draw_uniform(3, index[::-1]), together[::-1])
    assert draw_uniform(3, np.array([], np.int64)).shape == (0,)


@pytest.mark.parametrize("seed", [0, 1, 12_345, 2**63 - 1])
def test_uniform_numbers_are_uniform_enough(seed):
    """Chi-square of 100 bins: mean 99, standard deviation 14; 170 is five of them away."""
    values = draw_uniform(seed, np.arange(100_000))
    assert values.min() >= 0
    assert values.max() < 1
    counts = np.bincount((values * 100).astype(int), minlength=100)
    assert ((counts - 1000) ** 2 / 1000).sum() < 170
    # Neighbours, of index and of seed, know nothing of each other: |r| < 5 / sqrt(n).
    bound = 5 / np.sqrt(100_000)
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < bound
    other = draw_uniform(seed ^ 1, np.arange(100_000))
    assert abs(np.corrcoef(values, other)[0, 1]) < bound
    assert abs(np.corrcoef(values[:-1], other[1:])[0, 1]) < bound


def test_seed_and_index_do_not_trade_places():
    """A sum of both would give seed 0, index 1 the number of seed 1, index 0."""
    table = np.stack([draw_uniform(seed, np.arange(50)) for seed in range(50)])
    assert len(np.unique(table)) == table.size
