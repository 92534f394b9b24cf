"""The whole journey on embedded data: train, vote, catalogue, draw."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file
from pathlib import Path

from ensemble_lab.engines import Event
from ensemble_lab.store.run import Run
from ensemble_lab.workflows.errors import Found, find_errors
from ensemble_lab.workflows.gallery import save_gallery
from ensemble_lab.workflows.new import locate_template
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.train import train
from ensemble_lab.workflows.vote import VoteReport, score_vote
from ensemble_lab.workflows.workers import ignore

__all__ = ["Demo", "run_demo"]


@dataclass(frozen=True)
class Demo:
    """What the demo made.

    Attributes
    ----------
    run : Run
    report : VoteReport
    found : Found
        The errors of the majority vote on test.
    pictures : tuple of Path
    """

    run: Run
    report: VoteReport
    found: Found
    pictures: tuple[Path, ...]


def run_demo(
    run: Path | str = "checkpoints/demo", *, report: Callable[[Event], None] = ignore
) -> Demo:
    """Train five members on scikit-learn's digits, vote, and draw what stays wrong.

    What an earlier call trained is not trained again.
    """
    with as_file(locate_template("demo")) as path:
        opened = train(path, run=run, report=report)
    return Demo(
        run=opened,
        report=score_vote(opened),
        found=find_errors(opened),
        pictures=save_gallery(opened, Question(), opened.path / "errors.png").paths,
    )
