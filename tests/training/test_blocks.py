from ensemble_lab.training.blocks import Pace


def test_pace_starts_with_one_step_and_finds_the_length_of_a_block():
    pace = Pace(block_s=1.0)
    assert pace.n_steps == 1
    pace.adapt(1, 10.0)  # compiling
    assert pace.n_steps == 1
    for _ in range(5):
        pace.adapt(pace.n_steps, 0.01 * pace.n_steps)
    assert 90 <= pace.n_steps <= 100


def test_pace_grows_at_most_eightfold():
    pace = Pace()
    pace.adapt(1, 0.0)
    assert pace.n_steps == 8


def test_pace_shrinks_at_once_when_steps_get_slow():
    pace = Pace(n_steps=100)
    pace.adapt(100, 50.0)
    assert pace.n_steps == 2
