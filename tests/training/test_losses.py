import numpy as np
import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.training import CrossEntropy, Margin
from ensemble_lab.training.losses import LOSSES, batch_loss, penalise
from tests.training.members import build_member

LOGITS = np.array([[2.0, 0.0, -1.0], [0.5, 0.0, 1.0]], np.float32)
LABELS = np.array([0, 1], np.int32)


def by_hand(targets):
    """Return the mean cross-entropy against rows of targets."""
    log_sums = np.log(np.exp(LOGITS).sum(axis=1, keepdims=True))
    return float(-(targets * (LOGITS - log_sums)).sum(axis=1).mean())


@pytest.mark.keras
def test_cross_entropy_is_that_of_the_label(backend):
    loss, n_right = batch_loss(CrossEntropy(name="cross-entropy"), LABELS, LOGITS)
    assert float(loss) == pytest.approx(by_hand(np.eye(3)[LABELS]), rel=1e-6)
    assert int(n_right) == 1


@pytest.mark.keras
def test_smoothing_spreads_the_label_over_all_classes(backend):
    spec = CrossEntropy(name="cross-entropy", smoothing=0.3)
    loss, _ = batch_loss(spec, LABELS, LOGITS)
    targets = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]])
    assert float(loss) == pytest.approx(by_hand(targets), rel=1e-6)


@pytest.mark.keras
def test_penalties_are_sums_over_the_named_arrays(backend):
    weights = [np.array([9.0]), np.array([[1.0, -2.0]]), np.array([3.0])]
    assert float(penalise(((1, 0.5, 0.0),), weights)) == pytest.approx(0.5 * 3)
    assert float(penalise(((1, 0.0, 0.5), (2, 1.0, 2.0)), weights)) == pytest.approx(2.5 + 3 + 18)
    assert penalise((), weights) == 0


LENGTHS = np.array([[0.8, 0.3, 0.05], [0.95, 0.2, 0.1]], np.float32)
SQUARES = np.array([40.0, 10.0], np.float32)


@pytest.mark.keras
def test_margin_loss_by_hand(backend):
    loss, n_right = batch_loss(Margin(name="margin"), LABELS, [LENGTHS, SQUARES])
    # The label is 0.1 short and one other 0.2 too long; 0.7 short and one 0.85 too long.
    first = 0.1**2 + 0.5 * 0.2**2 + 0.0005 * 40
    second = 0.7**2 + 0.5 * 0.85**2 + 0.0005 * 10
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-5)
    assert int(n_right) == 1


@pytest.mark.keras
def test_every_number_of_the_margin_loss_counts(backend):
    spec = Margin(name="margin", present=0.85, absent=0.2, absent_weight=2.0, reconstruction=0.1)
    loss, _ = batch_loss(spec, LABELS, [LENGTHS, SQUARES])
    first = 0.05**2 + 2 * 0.1**2 + 4.0
    second = 0.65**2 + 2 * 0.75**2 + 1.0
    assert float(loss) == pytest.approx((first + second) / 2, rel=1e-5)


def describe(architecture, loss):
    return parse_experiment(
        f"""
        name = "toy"
        data = {{ name = "digits" }}
        [[members]]
        group = "toy"
        seeds = [0]
        architecture = {{ name = "{architecture}" }}
        {loss}
        """,
        source="toy.toml",
    )


@pytest.mark.parametrize(
    ("architecture", "loss", "message"),
    [
        ("capsnet", "", "loss.name must be margin for architecture 'capsnet'; got 'cross-entropy'"),
        (
            "cnn3",
            'loss = { name = "margin" }',
            "loss.name must be cross-entropy for architecture 'cnn3'; got 'margin'",
        ),
    ],
)
def test_loss_that_does_not_suit_the_net_is_refused(architecture, loss, message):
    with pytest.raises(SpecError) as caught:
        describe(architecture, loss)
    assert str(caught.value) == f"{message}, in toy.toml:members[0]."


def test_member_itself_refuses_it_too():
    with pytest.raises(ValueError, match=r"loss\.name must be margin for architecture 'capsnet'"):
        build_member("tensorflow", architecture={"name": "capsnet"})


@pytest.mark.parametrize("absent", [0.9, 0.95])
def test_margins_must_leave_room_between_them(absent):
    with pytest.raises(SpecError, match=r"absent must be below present; got 0\.95? and 0\.9 in"):
        describe("capsnet", f'loss = {{ name = "margin", absent = {absent} }}')


def test_every_row_is_tested():
    assert set(LOSSES) == {"cross-entropy", "margin"}
