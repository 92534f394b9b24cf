import numpy as np
import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.training import Constant, Cosine, Exponential, OneCycle, Plateau, Step
from ensemble_lab.store.members import EpochRecord
from ensemble_lab.training.schedules import SCHEDULES, plan_rates


def records(*accuracies):
    return [
        EpochRecord(n + 1, 1.0, 0.5, None if a is None else 0.0, a, 0.1, 0.0)
        for n, a in enumerate(accuracies)
    ]


def plateau(*accuracies, base=1.0, **changes):
    spec = Plateau(**({"name": "plateau", "factor": 0.5, "patience": 2, "lowest": 0.2} | changes))
    rates = plan_rates(spec, base, records(*accuracies), 3, 9)
    assert rates.dtype == np.float32
    assert len(rates) == 3
    assert len(set(rates.tolist())) == 1
    return float(rates[0])


def test_constant_rate_is_the_optimizers():
    rates = plan_rates(Constant(name="constant"), 0.25, records(0.1, 0.1, 0.1), 2, 4)
    assert rates.tolist() == [0.25, 0.25]


def test_first_epoch_has_the_base_rate():
    assert plateau() == 1.0


def test_rate_falls_after_patience_epochs_without_a_better_one():
    assert plateau(0.5, 0.4) == 1.0
    assert plateau(0.5, 0.4, 0.4) == 0.5


def test_equal_accuracy_is_no_improvement():
    assert plateau(0.5, 0.5, 0.5) == 0.5


def test_improvement_starts_the_count_again():
    assert plateau(0.5, 0.4, 0.6, 0.5) == 1.0


def test_count_starts_again_after_a_reduction():
    assert plateau(0.5, 0.4, 0.4, 0.4) == 0.5
    assert plateau(0.5, 0.4, 0.4, 0.4, 0.4) == 0.25


def test_better_than_before_the_reduction_is_needed():
    assert plateau(0.5, 0.1, 0.1, 0.4, 0.45) == 0.25


def test_rate_stops_at_the_lowest():
    assert plateau(*[0.5] * 20) == pytest.approx(0.2)


def test_rate_that_starts_below_the_lowest_is_not_raised():
    assert plateau(*[0.5] * 20, base=0.1) == pytest.approx(0.1)


def test_plateau_without_validation_is_refused():
    with pytest.raises(SpecError, match="needs validation examples"):
        plateau(None)


def epoch_rates(spec, n_epochs, base=1.0):
    """Return the (single) rate of each epoch."""
    rates = [plan_rates(spec, base, records(*[0.5] * n), 3, n_epochs) for n in range(n_epochs)]
    assert all(len(set(each.tolist())) == 1 for each in rates)
    return [float(each[0]) for each in rates]


def step_rates(spec, n_epochs, n_steps, base=1.0):
    """Return the rates of all steps, epoch after epoch."""
    parts = [
        plan_rates(spec, base, records(*[0.5] * n), n_steps, n_epochs) for n in range(n_epochs)
    ]
    return np.concatenate(parts)


def test_every_row_has_a_test():
    tested = {"constant", "plateau", "exponential", "step", "cosine", "one-cycle"}
    assert set(SCHEDULES) == tested


def test_exponential_multiplies_after_every_epoch():
    rates = epoch_rates(Exponential(name="exponential", factor=0.5), 4, base=0.8)
    assert rates == pytest.approx([0.8, 0.4, 0.2, 0.1])


def test_step_multiplies_every_so_many_epochs():
    rates = epoch_rates(Step(name="step", factor=0.1, every=2), 5)
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_step_repeats_the_log_of_the_write_up():
    # It reduced after epochs 4, 7, 10, 13, 16, 19 and 22, the last time to 1e-5.
    spec = Step(name="step", factor=0.5, every=3, first=4, lowest=1e-5)
    rates = epoch_rates(spec, 24, base=1e-3)
    changed = [n for n in range(1, 24) if rates[n] != rates[n - 1]]
    assert changed == [4, 7, 10, 13, 16, 19, 22]
    assert rates[19] == pytest.approx(1.5625e-5)
    assert rates[22] == pytest.approx(1e-5)


def test_step_never_raises_a_rate_that_begins_below_the_lowest():
    assert epoch_rates(Step(name="step", every=1, lowest=5.0), 3) == [1, 1, 1]


def test_cosine_falls_step_by_step_to_its_last():
    rates = step_rates(Cosine(name="cosine", last=0.2), 2, 3, base=2.0)
    expected = [2 * (0.2 + 0.8 * (1 + np.cos(np.pi * n / 5)) / 2) for n in range(6)]
    assert rates == pytest.approx(expected)
    assert rates[[0, -1]].tolist() == pytest.approx([2.0, 0.4])


def test_one_cycle_rises_to_the_rate_and_falls_to_its_last():
    rates = step_rates(OneCycle(name="one-cycle", rise=0.5, first=0.1, last=0.0), 3, 7, base=4.0)
    assert rates[[0, 10, 20]].tolist() == pytest.approx([0.4, 4.0, 0.0])
    assert rates[5] == pytest.approx(4 * (0.1 + 1) / 2)
    assert (np.diff(rates[:11]) > 0).all()
    assert (np.diff(rates[10:]) < 0).all()


def test_a_run_of_one_step_has_a_rate():
    for spec in (Cosine(name="cosine"), OneCycle(name="one-cycle", first=0.5)):
        assert np.isfinite(plan_rates(spec, 1.0, [], 1, 1)).all()
