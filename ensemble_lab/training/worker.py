"""A process for a member: ``python -m ensemble_lab.training.worker RUN KEY``.

Says what it does as JSON lines on its standard output; everything that libraries
print goes to standard error. It writes in its member's folder only, after every
epoch what is needed to go on, and stops within a block when it is asked to
(SIGINT, SIGTERM) or when its parent has died.

With ``--in-turn`` it says ``ready`` when the member is done and reads the next one from
standard input, until that ends or it is worn. With ``--predict`` it asks further members,
``--with KEY …``, in the same pass over the splits.
"""

import argparse
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path

from ensemble_lab.data.dataset import Dataset
from ensemble_lab.exceptions import MissingError
from ensemble_lab.spec.member import MemberSpec, parse_member
from ensemble_lab.spec.variant import parse_variant
from ensemble_lab.store.epoch_votes import save_epoch_votes
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import Member, load_member, save_member
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.timings import add_sitting
from ensemble_lab.store.training_state import load_state, remove_state, state_path
from ensemble_lab.training.clock import Clock
from ensemble_lab.training.environment import describe_commit, describe_environment, leave
from ensemble_lab.training.inputs import LoadExamples, load_checked_dataset, load_examples
from ensemble_lab.training.plan import describe_plan
from ensemble_lab.training.predicting import (
    hash_architecture,
    load_responder,
    predict_splits,
    save_answers,
)
from ensemble_lab.training.reporter import Reporter, own_stdout
from ensemble_lab.training.trainers import Responder, Trained, Trainer, load_trainer
from ensemble_lab.training.turns import Wear, measure_peak, wait_for_turn

__all__ = [
    "find_unpredicted",
    "finish_member",
    "is_finished",
    "main",
    "store_trained",
    "train_member",
]


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; return its exit code: 0, 1 (failed) or 130 (stopped)."""
    chosen = _parse(arguments)
    describe_commit()  # now: it is kept for when a member is stored
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with own_stdout() as lines:
        if chosen.predict is None:
            return _train_in_turn(chosen, partial(Reporter, lines=lines, stop=stop))
        reporters = [Reporter(key, lines, stop) for key in (chosen.key, *chosen.others)]
        return _predict_together(chosen, reporters)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ensemble_lab.training.worker")
    parser.add_argument("run", type=Path)
    parser.add_argument("key")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--predict", metavar="SPLIT", nargs="+")
    parser.add_argument("--variant", metavar="JSON", type=json.loads)
    parser.add_argument("--with", dest="others", metavar="KEY", nargs="+", default=[])
    parser.add_argument("--in-turn", action="store_true")
    parser.add_argument("--profile", action="store_true")
    chosen = parser.parse_args(arguments)
    if chosen.others and not chosen.predict:
        parser.error("--with goes with --predict")
    return chosen


def _train_in_turn(chosen: argparse.Namespace, report_on: Callable[..., Reporter]) -> int:
    """Train a member, and others one after another while the parent has some."""
    began, wear = time.monotonic(), None
    # What was imported to get here kept one core busy.
    spent = time.process_time()
    load = lru_cache(maxsize=1)(load_examples)
    key: str | None = chosen.key
    while key is not None:
        clock = Clock(spent, times_augmentation=chosen.profile)
        reporter, spent = report_on(key, clock=clock), 0.0
        try:
            run = open_run(chosen.run)
            with lock_member(run, key):
                status = train_member(run, key, chosen.data_dir, reporter, load)
            reporter.say("done", status=status)
            if status == "trained":
                wear = wear or Wear(began, measure_peak())
        except Exception as error:
            if code := reporter.tell_exception(error):
                return code
        is_over = not chosen.in_turn or (wear is not None and wear.is_enough)
        key = None if is_over else wait_for_turn(reporter)
    return 0


def _predict_together(chosen: argparse.Namespace, reporters: Sequence[Reporter]) -> int:
    """Predict with one or more members, of which none waits for another to be done."""
    try:
        run = open_run(chosen.run)
        variant = None if chosen.variant is None else parse_variant(chosen.variant)
        code = predict_splits(run, reporters, chosen.predict, chosen.data_dir, variant)
        if chosen.in_turn and code != 130:
            reporters[0].say("ready")
        return code
    except Exception as error:
        return max(reporter.tell_exception(error) for reporter in reporters)


def train_member(
    run: Run,
    key: str,
    data_dir: Path | None,
    reporter: Reporter,
    load: LoadExamples = load_examples,
) -> str:
    """Do what of a member is not done yet; return ``trained``, or ``complete`` if it all was.

    Parameters
    ----------
    run : Run
    key : str
    data_dir : path or None
        Folder to look in first.
    reporter : Reporter
    load : function
        As `ensemble_lab.training.inputs.load_checked_dataset` takes it.
    """
    spec = parse_member(run.member(key).spec)
    member = _load_if_there(run, key)
    if member is not None and is_finished(run, key):
        return "complete"
    # The user's environment says where data lie; the worker's own comes after.
    dataset = load_checked_dataset(run, spec, data_dir, load)
    trainer = load_trainer(spec.backend)
    with trainer.open_libraries(spec), _keeping_timings(run, key, reporter.clock):
        if member is None:
            trained = trainer.train(run, spec, dataset, reporter)
            member = store_trained(run, spec, dataset, trained, trainer, reporter)
            splits, responder = list(run.own_splits), trained.responder
        else:
            reporter.start(spec.epochs, spec.epochs)
            splits = find_unpredicted(run, key)
            responder = load_responder(run, spec, member, trainer)
        finish_member(run, spec, dataset, member, splits, responder, reporter)
    return "trained"


@contextmanager
def _keeping_timings(run: Run, key: str, clock: Clock) -> Iterator[None]:
    """Keep where time went, also if the member is stopped before its end."""
    try:
        yield
    finally:
        add_sitting(run, key, clock.read())


def is_finished(run: Run, key: str) -> bool:
    """Whether a stored member has all its predictions, and its state's last use is over."""
    return not (find_unpredicted(run, key) or state_path(run, key).exists())


def find_unpredicted(run: Run, key: str) -> list[str]:
    """Return the splits on which a stored member lacks predictions."""
    return [split for split in run.own_splits if not has_predictions(run, key, split)]


def store_trained(
    run: Run,
    spec: MemberSpec,
    dataset: Dataset,
    trained: Trained,
    trainer: Trainer,
    reporter: Reporter,
) -> Member:
    """Write a member that was trained a moment ago, and return it."""
    n_train = dataset.split("train").n_examples
    plan = describe_plan(spec, run.image_shape, run.n_classes, n_train)
    with reporter.clock.on("files"):
        return save_member(
            run,
            spec.key,
            trained.weights,
            architecture_sha256=hash_architecture(run, spec),
            history=trained.history,
            kept_epoch=trained.kept_epoch,
            n_parameters=plan.parameters,
            training_macs=plan.macs,
            environment=describe_environment(
                spec, trainer.describe_libraries(spec), stack=trained.stack
            ),
        )


def finish_member(
    run: Run,
    spec: MemberSpec,
    dataset: Dataset,
    member: Member,
    splits: Sequence[str],
    responder: Responder,
    reporter: Reporter,
) -> None:
    """Predict splits; turn the last state into epoch votes, if they are asked for; remove it.

    The votes stay in the state until here, so a worker that dies after its member is
    stored leaves nothing out.
    """
    key = spec.key
    for split in splits:
        save_answers(run, member, dataset.split(split), responder, reporter)
    with reporter.clock.on("files"):
        state = load_state(run, key)
        if state is not None and spec.training.epoch_votes:
            for split, votes in state.epoch_votes:
                index = dataset.split(split).index
                save_epoch_votes(run, key, split, votes, index, parent=member.weights_sha256)
        remove_state(run, key)


def _load_if_there(run: Run, key: str) -> Member | None:
    try:
        return load_member(run, key)
    except MissingError:
        return None


if __name__ == "__main__":
    leave(main())
