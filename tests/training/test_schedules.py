import numpy as np
import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.training import Constant, Plateau
from ensemble_lab.store.members import EpochRecord
from ensemble_lab.training.schedules import plan_rates


def records(*accuracies):
    return [
        EpochRecord(n + 1, 1.0, 0.5, None if a is None else 0.0, a, 0.1, 0.0)
        for n, a in enumerate(accuracies)
    ]


def plateau(*accuracies, base=1.0, **changes):
    spec = Plateau(**({"name": "plateau", "factor": 0.5, "patience": 2, "lowest": 0.2} | changes))
    rates = plan_rates(spec, base, records(*accuracies), 3)
    assert rates.dtype == np.float32
    assert len(rates) == 3
    assert len(set(rates.tolist())) == 1
    return float(rates[0])


def test_constant_rate_is_the_optimizers():
    rates = plan_rates(Constant(name="constant"), 0.25, records(0.1, 0.1, 0.1), 2)
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
