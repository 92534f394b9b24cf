"""One member in one process: ``python -m ensemble_lab.training.worker RUN KEY``.

Says what it does as JSON lines on its standard output; everything that libraries
print goes to standard error. It writes in its member's folder only, after every
epoch what is needed to go on, and stops within a block when it is asked to
(SIGINT, SIGTERM) or when its parent has died.
"""

import argparse
import contextlib
import json
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from ensemble_lab.data.dataset import Dataset, Split
from ensemble_lab.exceptions import (
    InterruptedTraining,
    LockedError,
    MismatchError,
    MissingError,
)
from ensemble_lab.spec.member import MemberSpec, parse_member
from ensemble_lab.spec.variant import VariantSpec, parse_variant, resolve_copies
from ensemble_lab.store.epoch_votes import save_epoch_votes
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import Member, load_member, member_path, save_member
from ensemble_lab.store.predictions import has_predictions, save_predictions, save_votes
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.training_state import load_state, remove_state, state_path
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.tracing import architecture_sha256
from ensemble_lab.training.environment import describe_environment
from ensemble_lab.training.inputs import load_checked_dataset, load_checked_images
from ensemble_lab.training.plan import describe_plan
from ensemble_lab.training.reporter import Reporter, own_stdout
from ensemble_lab.training.trainers import CopiesResponder, Responder, Trainer, load_trainer

__all__ = ["main", "predict_splits", "train_member"]


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; return its exit code: 0, 1 (failed) or 130 (stopped)."""
    parser = argparse.ArgumentParser(prog="python -m ensemble_lab.training.worker")
    parser.add_argument("run", type=Path)
    parser.add_argument("key")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--predict", metavar="SPLIT", nargs="+")
    parser.add_argument("--variant", metavar="JSON", type=json.loads)
    chosen = parser.parse_args(arguments)
    with own_stdout() as lines:
        reporter = Reporter(chosen.key, lines)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, reporter.ask_to_stop)
        try:
            run = open_run(chosen.run)
            with lock_member(run, chosen.key):
                if chosen.predict is None:
                    status = train_member(run, chosen.key, chosen.data_dir, reporter)
                else:
                    variant = None if chosen.variant is None else parse_variant(chosen.variant)
                    status = predict_splits(
                        run, chosen.key, chosen.predict, chosen.data_dir, reporter, variant
                    )
            reporter.say("done", status=status)
        except InterruptedTraining:
            with contextlib.suppress(InterruptedTraining):
                reporter.say("interrupted", epoch=reporter.epoch)
            return 130
        except LockedError:
            reporter.say("locked")
        except Exception as error:
            # The parent needs a cause whatever happened; the log gets all of it.
            traceback.print_exc()
            cause = " ".join(str(error).split()) or "no message"
            reporter.say("failed", error=type(error).__name__, cause=cause)
            return 1
    return 0


def train_member(run: Run, key: str, data_dir: Path | None, reporter: Reporter) -> str:
    """Do what of a member is not done yet; return ``trained``, or ``complete`` if it all was."""
    spec = parse_member(run.member(key).spec)
    member = _load_if_there(run, key)
    predicted = list(run.own_splits)
    if member is not None:
        predicted = [split for split in predicted if not has_predictions(run, key, split)]
        if not predicted and not state_path(run, key).exists():
            return "complete"
    # The user's environment says where data lie; the worker's own comes after.
    dataset = load_checked_dataset(run, spec, data_dir)
    trainer = load_trainer(spec.backend)
    with trainer.open_libraries(spec):
        if member is None:
            member, responder = _train(run, spec, dataset, trainer, reporter)
        else:
            reporter.start(spec.epochs, spec.epochs)
            responder = _load_responder(run, spec, member, trainer)
        for split in predicted:
            _predict(run, member, dataset.split(split), responder, reporter)
        _finish(run, dataset, spec, member)
    return "trained"


def predict_splits(
    run: Run,
    key: str,
    splits: Sequence[str],
    data_dir: Path | None,
    reporter: Reporter,
    variant: VariantSpec | None = None,
) -> str:
    """Predict splits that the run records, plainly or in a variant, each written when it is done.

    Returns
    -------
    str
        ``trained``, or ``complete`` if all of them were predicted before.
    """
    member = load_member(run, key)
    asked = run if variant is None else run.with_variant(variant.name)
    lacking = [split for split in splits if not has_predictions(asked, key, split)]
    if not lacking:
        return "complete"
    spec = parse_member(member.spec)
    # What cannot be had is refused before a framework is loaded.
    if variant is not None:
        variant = variant.model_copy(update={"copies": resolve_copies(variant.copies, spec)})
    images = load_checked_images(run, lacking[0], data_dir, fold=spec.fold)
    trainer = load_trainer(spec.backend)
    with trainer.open_libraries(spec):
        reporter.start(0, len(lacking), unit="split")
        responder: Responder | CopiesResponder = (
            _load_responder(run, spec, member, trainer)
            if variant is None
            else _load_copies(run, spec, member, trainer, variant)
        )
        for n_done, split in enumerate(lacking):
            if n_done:
                images = load_checked_images(run, split, data_dir, fold=spec.fold)
            _predict(run, member, images, responder, reporter, variant)
            reporter.progress(n_done + 1)
    return "trained"


def _train(
    run: Run, spec: MemberSpec, dataset: Dataset, trainer: Trainer, reporter: Reporter
) -> tuple[Member, Responder]:
    trained = trainer.train(run, spec, dataset, reporter)
    n_train = dataset.split("train").n_examples
    plan = describe_plan(spec, run.image_shape, run.n_classes, n_train)
    member = save_member(
        run,
        spec.key,
        trained.weights,
        architecture_sha256=_hash_architecture(run, spec),
        history=trained.history,
        kept_epoch=trained.kept_epoch,
        n_parameters=plan.parameters,
        training_macs=plan.macs,
        environment=describe_environment(spec, trainer.describe_libraries(spec)),
    )
    return member, trained.responder


def _load_responder(run: Run, spec: MemberSpec, member: Member, trainer: Trainer) -> Responder:
    """Return the stored member, if its layers are those that would be built now."""
    _check_architecture(run, spec, member)
    return trainer.load(run, spec)


def _load_copies(
    run: Run, spec: MemberSpec, member: Member, trainer: Trainer, variant: VariantSpec
) -> CopiesResponder:
    """Return the stored member likewise, asked about copies of each image."""
    _check_architecture(run, spec, member)
    return trainer.load_copies(run, spec, variant.copies)


def _check_architecture(run: Run, spec: MemberSpec, member: Member) -> None:
    expected = _hash_architecture(run, spec)
    if member.architecture_sha256 != expected:
        raise MismatchError(
            f"architecture of {spec.key} must be {expected[:12]} as this version builds it; got "
            f"{member.architecture_sha256[:12]}, in {member_path(run, spec.key)}. "
            "Predict with the version that trained it."
        )


def _predict(
    run: Run,
    member: Member,
    split: Split,
    responder: Responder | CopiesResponder,
    reporter: Reporter,
    variant: VariantSpec | None = None,
) -> None:
    given = (split.images,) if variant is None else (split.images, split.index)
    answers = responder(
        *given,
        name=f"{member.key} on {split.name}",
        on_batch=lambda: reporter.progress(reporter.epoch),
    )
    key, name, parent = member.key, split.name, member.weights_sha256
    if answers.probabilities is None:
        save_votes(run, key, name, answers.votes, split.index, parent=parent)
    else:
        save_predictions(
            run, key, name, answers.probabilities, split.index, parent=parent, variant=variant
        )


def _finish(run: Run, dataset: Dataset, spec: MemberSpec, member: Member) -> None:
    """Turn the last state into epoch votes, if they are asked for, and remove it.

    The votes stay in the state until here, so a worker that dies after its member is
    stored leaves nothing out.
    """
    state = load_state(run, spec.key)
    if state is not None and spec.training.epoch_votes:
        for split, votes in state.epoch_votes:
            index = dataset.split(split).index
            save_epoch_votes(run, spec.key, split, votes, index, parent=member.weights_sha256)
    remove_state(run, spec.key)


def _load_if_there(run: Run, key: str) -> Member | None:
    try:
        return load_member(run, key)
    except MissingError:
        return None


def _hash_architecture(run: Run, spec: MemberSpec) -> str:
    return architecture_sha256(describe_layers(spec.architecture, run.n_classes), run.image_shape)


if __name__ == "__main__":
    sys.exit(main())
