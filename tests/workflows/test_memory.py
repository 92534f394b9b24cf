"""Commands on predictions in files: blocks change no result, and memory holds one of them."""

import os
import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest

from ensemble_lab.decision import Decision
from ensemble_lab.store import blocks
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.confusion import count_confusion
from ensemble_lab.workflows.curve import build_curve
from ensemble_lab.workflows.error_figures import list_contested, list_margins
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.vote import score_vote
from tests.conftest import write_run

N_CLASSES = 4
RULES = ("majority", "mean-probability", "two-level", "weighted-majority")
VIEWS = ("errors", "oracle", "rescued", "persistent-rules", "near-misses", "confident")


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(params=[None, 2], ids=["test", "train-oof"])
def asked(request, tmp_path) -> tuple[Run, str]:
    """Members of two groups, in folds or not, that err on about a third of a split's examples."""
    run = write_run(
        tmp_path / "run",
        groups={"a": 2, "b": 1},
        n_examples=20,
        n_classes=N_CLASSES,
        lead=0.3,
        folds=request.param,
    )
    return run, "test" if request.param is None else "train-oof"


def ask_all(run: Run, split: str) -> dict[str, object]:
    """What every command of the streaming path says, in plain values."""
    said: dict[str, object] = {}
    for rule in RULES:
        report = score_vote(run, split, Decision(rule=rule))
        said[rule] = {**report.to_json(), "decision": report.decision.digest}
    for view in VIEWS:
        found = find_errors(run, Question(split=split, view=view))
        said[view] = (found.text, found.catalogue.to_rows())
    margins = list_margins(run, Question(split=split))
    said["gaps"] = (margins.gap.tolist(), margins.margin.tolist())
    said["contested"] = list_contested(run, Question(split=split)).votes.tolist()
    curve = build_curve(run, split, n_orders=20).curve
    said["curve"] = (curve.expected.tolist(), curve.sd.tolist())
    said["confusion"] = count_confusion(run, split).counts.tolist()
    return said


def test_block_size_changes_no_answer(asked, monkeypatch):
    whole = ask_all(*asked)
    for block_size in (1, 7):
        monkeypatch.setattr(blocks, "_BLOCK_CELLS", N_CLASSES * block_size)
        assert ask_all(*asked) == whole


def peak_bytes(ask: Callable[[], object]) -> int:
    ask()  # What is imported and compiled on the way is not counted.
    tracemalloc.start()
    try:
        ask()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "ask",
    [
        lambda run: score_vote(run),
        lambda run: find_errors(run),
        lambda run: find_errors(run, Question(view="oracle")),
        lambda run: build_curve(run, "test", n_orders=2),
        lambda run: count_confusion(run),
    ],
    ids=["vote", "errors", "view", "curve", "confusion"],
)
def test_memory_grows_by_less_than_half_of_what_one_member_says(tmp_path, monkeypatch, ask):
    n_members, n_classes = 8, 50
    cells = 100 * n_classes
    for name, size in (
        ("store.blocks._BLOCK_CELLS", cells),
        ("store.rows._CHECK_NUMBERS", cells),
        ("store.seal._BLOCK", 4 * cells),
        ("analysis.subsets.pool_votes._BLOCK_CELLS", cells),
    ):
        monkeypatch.setattr(f"ensemble_lab.{name}", size)
    peaks = []
    for n_examples in (1_000, 5_000):
        # All are right: rows of errors would be a result, and grow.
        labels = np.arange(n_examples) % n_classes
        sure = np.eye(n_classes, dtype=np.float32)[labels]
        run = write_run(
            tmp_path / str(n_examples),
            probabilities=np.broadcast_to(sure, (n_members, *sure.shape)),
            labels=labels,
        )
        peaks.append(peak_bytes(lambda run=run: ask(run)))
    one_member = 4_000 * n_classes * 4
    # Index, labels, what was chosen and how likely it is: some numbers an example, however many
    # members and classes there are. In memory, probabilities would grow by eight times as much.
    assert peaks[1] - peaks[0] < one_member / 2
