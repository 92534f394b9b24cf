"""The figure of a history: what is drawn, what tells it apart, that it can be read."""

from collections.abc import Callable
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.figures.axes import choose_ticks
from ensemble_lab.figures.history import draw_history
from ensemble_lab.figures.history_axes import count_epochs
from ensemble_lab.figures.history_series import N_STYLES, build_series
from ensemble_lab.store.histories import MemberHistory
from ensemble_lab.store.members import EpochRecord
from tests.figures.letters import check_letters, words


def build_histories(
    n_groups: int = 1,
    n_seeds: int = 1,
    n_epochs: int = 5,
    *,
    validates: bool = True,
    rate: Callable[[int], float] = lambda epoch: 0.001,
    name: str = "net",
) -> list[MemberHistory]:
    """Histories that descend with noise; the second epoch's weights are kept."""
    rng = np.random.default_rng(0)
    histories = []
    for group in range(n_groups):
        for seed in range(n_seeds):
            errors = np.exp(-np.arange(n_epochs) / n_epochs * 4) * rng.uniform(0.4, 0.6, n_epochs)
            records = tuple(
                EpochRecord(
                    epoch,
                    loss=3 * error,
                    accuracy=1 - error,
                    validation_loss=2 * error if validates else None,
                    validation_accuracy=1 - error / 2 if validates else None,
                    rate=rate(epoch),
                    seconds=1.0,
                )
                for epoch, error in enumerate(errors.tolist(), start=1)
            )
            kept = min(2, n_epochs)
            histories.append(
                MemberHistory(
                    f"{name}-{group}-{seed:04d}", f"{name}-{group}", "finished", records, kept
                )
            )
    return histories


def curves(figure: Figure) -> list[list]:
    """Lines of each panel, without dots."""
    return [[ln for ln in axes.lines if ln.get_linestyle() != "None"] for axes in figure.axes]


def bands(figure: Figure) -> list[int]:
    return [sum(isinstance(c, PolyCollection) for c in axes.collections) for axes in figure.axes]


def test_panels_show_the_numbers_of_the_records() -> None:
    (history,) = build_histories()
    loss, loss_after, error, error_after, rate = curves(draw_history([history]))
    for (line,), values in (
        (loss, [r.loss for r in history.records]),
        (loss_after, [r.validation_loss for r in history.records]),
        (error, [1 - r.accuracy for r in history.records]),
        (error_after, [1 - (r.validation_accuracy or 0) for r in history.records]),
        (rate, [r.rate for r in history.records]),
    ):
        assert line.get_xdata().tolist() == [1, 2, 3, 4, 5]
        assert line.get_ydata().tolist() == pytest.approx(values)


def test_training_stands_left_and_validation_right_on_one_scale_and_one_axis_of_epochs() -> None:
    figure = draw_history(build_histories(2, 2))
    loss, loss_after, error, error_after, rate = figure.axes
    assert loss.get_position().x0 == error.get_position().x0 == rate.get_position().x0
    assert loss_after.get_position().x0 == error_after.get_position().x0 > loss.get_position().x1
    assert loss.get_ylim() == loss_after.get_ylim()
    assert error.get_ylim() == error_after.get_ylim()
    assert len({axes.get_xlim() for axes in figure.axes}) == 1
    heads = [text for text in words(figure) if text.startswith(("training,", "validation,"))]
    assert heads == ["training, while the net learns", "validation, after each epoch"]


@pytest.mark.parametrize("by", ["member", "group"])
def test_figure_says_why_training_and_validation_are_two_measures(by: str) -> None:
    text = " ".join(words(draw_history(build_histories(2, 2), by=by)))
    for fact in ("two measures", "augmented", "dropout", "recipe's loss", "cross-entropy"):
        assert fact in text


def test_dot_marks_the_epoch_whose_weights_are_kept() -> None:
    (history,) = build_histories()
    figure = draw_history([history])
    dots = [[line for line in axes.lines if line.get_linestyle() == "None"] for axes in figure.axes]
    assert [len(each) for each in dots] == [0, 1, 0, 1, 0]
    assert dots[1][0].get_xdata() == [2]
    assert dots[1][0].get_ydata() == [history.records[1].validation_loss]
    assert "Dot: the epoch whose weights are kept." in " ".join(words(figure))


def test_group_is_a_mean_in_a_band_from_least_to_greatest_and_says_so() -> None:
    histories = build_histories(1, 3)
    figure = draw_history(histories, by="group")
    losses = np.array([[record.loss for record in each.records] for each in histories])
    (line,) = curves(figure)[0]
    assert line.get_ydata().tolist() == pytest.approx(losses.mean(axis=0).tolist())
    (band,) = figure.axes[0].collections
    corners = band.get_paths()[0].vertices
    for epoch, column in enumerate(losses.T, start=1):
        at = corners[corners[:, 0] == epoch, 1]
        assert (at.min(), at.max()) == pytest.approx((column.min(), column.max()))
    assert "band: from the least to the greatest" in " ".join(words(figure))
    assert "net-0 (3)" in words(figure)


def test_error_band_is_not_upside_down() -> None:
    figure = draw_history(build_histories(1, 3), by="group")
    (band,) = figure.axes[2].collections
    (line,) = curves(figure)[2]
    corners = band.get_paths()[0].vertices
    at = corners[corners[:, 0] == 1, 1]
    assert at.min() < line.get_ydata()[0] < at.max()


def test_one_seed_has_no_band_and_no_word_of_one() -> None:
    figure = draw_history(build_histories(2, 1), by="group")
    assert bands(figure) == [0] * 5
    assert "band" not in " ".join(words(figure))


def test_few_members_have_a_look_each_and_many_that_of_their_group() -> None:
    few = build_series(build_histories(1, 7), "member")
    assert len({each.style for each in few}) == 7
    many = build_series(build_histories(12, 3), "member")
    assert len({each.style for each in many}) == 12
    assert many[0].style == many[2].style != many[3].style


def test_looks_that_would_repeat_are_grey() -> None:
    series = build_series(build_histories(N_STYLES + 3, 1), "group")
    assert len({each.style for each in series}) == N_STYLES + 1
    assert series[-1].style == series[-3].style != series[0].style


def test_without_validation_there_is_one_column_that_says_so() -> None:
    figure = draw_history(build_histories(2, 2, validates=False))
    assert len(figure.axes) == 3
    assert "no validation examples" in " ".join(words(figure))


def test_zero_has_a_place_on_the_logarithmic_scale() -> None:
    figure = draw_history(build_histories(n_epochs=4, rate=lambda epoch: (4 - epoch) / 1000))
    rate = figure.axes[-1]
    low, high = rate.get_ylim()
    assert low < 0 < 0.003 < high
    assert 0 in rate.get_yticks()
    assert "0" in words(figure)
    (line,) = rate.lines
    assert np.isfinite(rate.transData.transform(np.column_stack(line.get_data()))).all()


def test_unfinished_members_are_named_so() -> None:
    histories = build_histories(2, 2)
    going = histories[1]
    histories[1] = MemberHistory(going.key, going.group, "unfinished", going.records[:2], 2)
    assert "net-0-0001 (unfinished)" in words(draw_history(histories))
    assert "net-0 (2, 1 unfinished)" in words(draw_history(histories, by="group"))


def test_long_names_are_cut_before_their_seed() -> None:
    histories = build_histories(1, 2, name="a-very-long-name" + "-that-is-longer" * 5)
    names = [text for text in words(draw_history(histories)) if text.startswith("a-very-long")]
    assert [name.rpartition("-")[2] for name in names] == ["0000", "0001"]
    assert all("…" in name for name in names)


CASES = {
    "one member, one epoch": build_histories(n_epochs=1),
    "one epoch without validation": build_histories(3, 1, 1, validates=False),
    "some": build_histories(2, 3, 20, rate=lambda epoch: 0.5**epoch / 100),
    "36 members of 12 groups": build_histories(12, 3, 30),
    "more groups than looks": build_histories(60, 1, 150, rate=lambda epoch: 0.00015),
    "long names": build_histories(9, 2, 3, name="a-very-long-name-that-nobody-would-type"),
    "hundreds without validation": build_histories(200, 1, 2, validates=False),
}


@pytest.mark.parametrize("by", ["member", "group"])
@pytest.mark.parametrize("case", CASES)
def test_no_text_leaves_the_page_or_covers_another(case: str, by: str) -> None:
    check_letters(draw_history(CASES[case], by=by, title="A long name of a run " * 3))


@pytest.mark.parametrize("title", ["$5", "two\nlines", "猫"])
def test_any_name_of_a_run_can_be_drawn(title: str) -> None:
    assert any(text.endswith(": loss, error rate and learning rate") for text in words(
        draw_history(build_histories(), title=title)
    ))  # fmt: skip


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_same_history_gives_the_same_bytes_whatever_style_is_set(
    ending: str, tmp_path: Path
) -> None:
    first, second = tmp_path / f"a/one.{ending}", tmp_path / f"two.{ending}"
    draw_history(build_histories(), path=first)
    with matplotlib.rc_context({"font.size": 30, "lines.linewidth": 9}):
        draw_history(build_histories(), path=second)
    assert first.read_bytes() == second.read_bytes()


def test_nothing_to_draw_and_other_endings_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PredictionError, match="at least one epoch"):
        draw_history([MemberHistory("a-0000", "a", "imported")])
    with pytest.raises(PredictionError, match=r"curves\.jpg"):
        draw_history(build_histories(), path=tmp_path / "curves.jpg")
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="could not be written"):
        draw_history(build_histories(), path=tmp_path / "file/curves.png")


@pytest.mark.parametrize(
    ("least", "greatest"), [(0.97, 1.02), (1e-9, 1e9), (0.2, 30), (4e-6, 1e-3)]
)
def test_ticks_are_few_and_inside(least: float, greatest: float) -> None:
    ticks = choose_ticks(least, greatest)
    assert 2 <= len(ticks) <= 8
    assert least <= min(ticks) < max(ticks) <= greatest


@pytest.mark.parametrize("n_epochs", [1, 2, 10, 11, 150, 99_999])
def test_epochs_below_the_axis_are_few_and_whole(n_epochs: int) -> None:
    epochs = count_epochs(n_epochs)
    assert 1 <= len(epochs) <= 10
    assert 1 <= min(epochs) <= max(epochs) <= n_epochs


def test_mean_that_misses_a_constant_rate_by_a_bit_is_one_value() -> None:
    figure = draw_history(build_histories(n_seeds=10, n_epochs=3), by="group")
    rate = figure.axes[-1]
    assert [tick.get_text() for tick in rate.get_yticklabels()] == ["0.001"]
    low, high = rate.get_ylim()
    assert low < 0.001 < high
