"""Progress: live on a terminal, sparse lines elsewhere."""

import io

import pytest
from rich.console import Console

from ensemble_lab.cli import progress as module
from ensemble_lab.cli.progress import Progress
from ensemble_lab.engines.events import Event


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def tell(progress: Progress) -> None:
    """Two members of unequal cost, the dear one half done."""
    progress.report(Event(event="waiting", key="bn-elu-0000", epochs=8, tflop=3.0))
    progress.report(Event(event="waiting", key="cnn3-0000", epochs=20, tflop=1.0))
    progress.report(Event(event="start", key="bn-elu-0000", epochs=8))
    progress.report(
        Event(
            event="epoch", key="bn-elu-0000", epoch=4, epochs=8, loss=0.25, validation_accuracy=0.9
        )
    )


def test_not_on_a_terminal_a_line_comes_every_thirty_seconds_at_most(clock, capsys):
    with Progress() as progress:
        tell(progress)
        for second in range(95):
            clock[0] = 1000 + second
            progress.report(Event(event="progress", key="bn-elu-0000", epoch=4.5, epochs=8))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("members 0/2 · ")
    assert "bn-elu-0000 epoch 4.5/8 loss 0.2500 validation 90.00%" in lines[0]


def test_time_left_follows_the_share_of_work_not_of_members(clock):
    with Progress() as progress:
        tell(progress)
        clock[0] = 1060
        # 1.5 of 4 TFLOP took 60 seconds: 100 are left.
        assert "1:40 left" in progress._headline()


def test_splits_that_are_predicted_are_counted_as_splits(clock):
    progress = Progress()
    for key in ("a-0000", "b-0000"):
        progress.report(Event(event="waiting", key=key))
    progress.report(Event(event="start", key="a-0000", epochs=40, unit="split"))
    assert "a-0000 starting" in progress._headline()
    clock[0] = 1060
    progress.report(Event(event="progress", key="a-0000", epoch=20, epochs=40, unit="split"))
    # No TFLOP is known: a quarter of two members took a minute.
    assert progress._headline() == "members 0/2 · 3:00 left · a-0000 split 20/40"


def test_live_picture_fits_eighty_columns(clock):
    progress = Progress()
    tell(progress)
    clock[0] = 1060
    screen = io.StringIO()
    Console(file=screen, width=80).print(progress._render())
    lines = screen.getvalue().splitlines()
    assert lines[0].split() == ["members", "0/2", "1:40", "left"]
    assert lines[1].split()[0] == "bn-elu-0000"
    assert "epoch 4.0/8" in lines[1]
    assert "validation 90.00%" in lines[1]
    assert len(lines) == 2


def test_stack_of_many_is_told_in_a_short_line_and_a_picture_that_fits_a_screen(clock):
    progress = Progress()
    keys = [f"pool-{number:04}" for number in range(32)]

    def look() -> tuple[str, list[str]]:
        screen = io.StringIO()
        Console(file=screen, width=80).print(progress._render())
        return progress._headline(), screen.getvalue().splitlines()

    for key in keys:
        values = {"loss": 0.25, "validation_accuracy": 0.9}
        progress.report(Event(event="epoch", key=key, epoch=4, epochs=8, **values))
    clock[0] = 1060
    line, picture = look()
    assert line.endswith("pool-0002 epoch 4.0/8 loss 0.2500 validation 90.00% · 29 more")
    assert len(line) < 220
    assert (len(picture), picture[-1].strip()) == (14, "20 more")

    for key in keys:  # as where memory runs out
        progress.report(Event(event="failed", key=key, error="MemoryError", cause="none left."))
    line, picture = look()
    assert line.endswith("pool-0000 failed · pool-0001 failed · pool-0002 failed · 29 more")
    assert len(picture) == 5
    assert picture[-1].split() == ["29", "more", "failed"]

    for key in keys:
        progress.report(Event(event="locked", key=key))
    *_, locked = progress.summary()
    assert locked == "another process is training pool-0000, pool-0001, pool-0002, 29 more"


def test_failed_member_is_named_while_the_others_go_on(clock):
    progress = Progress()
    tell(progress)
    progress.report(Event(event="failed", key="cnn3-0000", error="DataError", cause="no images."))
    assert "members 1/2" in progress._headline()
    assert "cnn3-0000 failed" in progress._headline()


def test_member_whose_machine_was_lost_is_told_at_once_and_goes_on(clock, capsys):
    with Progress() as progress:
        tell(progress)
        progress.report(Event(event="lost", key="bn-elu-0000", cause="its machine was lost"))
        assert capsys.readouterr().err == "bn-elu-0000 goes on elsewhere: its machine was lost\n"
        assert "bn-elu-0000 starting" in progress._headline()
        progress.report(Event(event="epoch", key="bn-elu-0000", epoch=4, epochs=8))
        clock[0] = 1060
        assert "1:40 left" in progress._headline()


def test_summary_says_when_nothing_was_to_do(clock):
    assert list(Progress().summary()) == ["nothing to do: all members are complete"]


def test_summary_counts_what_others_hold(clock):
    progress = Progress()
    progress.report(Event(event="done", key="a-0000", status="trained"))
    progress.report(Event(event="locked", key="a-0001"))
    clock[0] = 1075
    assert list(progress.summary()) == [
        "1 of 2 members done in 1:15",
        "another process is training a-0001",
    ]


def test_no_time_is_foretold_before_a_thirtieth_is_done(clock):
    progress = Progress()
    progress.report(Event(event="waiting", key="a-0000", epochs=60, tflop=3.0))
    clock[0] = 1060
    assert "left" not in progress._headline()
    progress.report(Event(event="progress", key="a-0000", epoch=1.9, epochs=60))
    assert "left" not in progress._headline()
    progress.report(Event(event="progress", key="a-0000", epoch=2, epochs=60))
    # A thirtieth took a minute.
    assert "members 0/1 · 29:00 left · " in progress._headline()


def test_longer_estimate_of_a_member_itself_counts(clock):
    progress = Progress()
    tell(progress)
    clock[0] = 1060
    for seconds, left in ((90, "1:40"), (200, "3:20")):
        progress.report(
            Event(event="progress", key="bn-elu-0000", epoch=4, epochs=8, seconds_left=seconds)
        )
        assert f" {left} left" in progress._headline()
    progress.report(Event(event="done", key="bn-elu-0000", status="trained", seconds_left=200))
    # 3 of 4 TFLOP in a minute; the member that ended counts no longer.
    assert " 0:20 left" in progress._headline()
