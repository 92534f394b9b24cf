"""What stored members say of splits: each split is loaded once and all members are asked."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.data.dataset import Split
from ensemble_lab.exceptions import InterruptedTraining, MismatchError
from ensemble_lab.spec.member import MemberSpec, parse_member
from ensemble_lab.spec.variant import VariantSpec, resolve_copies
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import Member, load_member, member_path
from ensemble_lab.store.predictions import has_predictions, save_predictions, save_votes
from ensemble_lab.store.run import Run
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.tracing import architecture_sha256
from ensemble_lab.training.inputs import load_checked_images
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import CopiesResponder, Responder, Trainer, load_trainer

__all__ = ["hash_architecture", "load_responder", "predict_splits", "save_answers"]


@dataclass(eq=False)
class _Asked:
    """A member that lacks predictions, and how far it is."""

    member: Member
    spec: MemberSpec
    variant: VariantSpec | None
    lacking: tuple[str, ...]
    reporter: Reporter
    responder: Responder | CopiesResponder | None = None
    n_done: int = 0


def predict_splits(
    run: Run,
    reporters: Sequence[Reporter],
    splits: Sequence[str],
    data_dir: Path | None,
    variant: VariantSpec | None = None,
) -> int:
    """Predict splits that the run records, each written as soon as a member is done with it.

    A member that fails leaves the others alone.

    Parameters
    ----------
    run : Run
    reporters : sequence of Reporter
        One a member, which is told what becomes of it: ``trained``, or ``complete`` if all
        was predicted before. The members are of one backend and number of threads.
    splits : sequence of str
    data_dir : path or None
        Folder to look in first.
    variant : VariantSpec or None
        How images are shown to the members; None for as they are.

    Returns
    -------
    int
        Exit code: 0; 1 if a member failed; 130 if the worker was asked to stop.
    """
    codes = [0]
    with ExitStack() as held:
        asked = []
        for reporter in reporters:
            try:
                held.enter_context(lock_member(run, reporter.key))
                asked += _begin(run, reporter, splits, variant)
            except Exception as error:
                codes.append(reporter.tell_exception(error))
        try:
            for split in splits:
                wanting = [each for each in asked if split in each.lacking]
                if wanting:
                    codes += _predict_split(run, wanting, split, data_dir, held)
        except InterruptedTraining as error:
            return max(each.reporter.tell_exception(error) for each in asked if each.lacking)
    return max(codes)


def _begin(
    run: Run, reporter: Reporter, splits: Sequence[str], variant: VariantSpec | None
) -> list[_Asked]:
    """Return the member to be asked; none if it lacks nothing."""
    member = load_member(run, reporter.key)
    spec = parse_member(member.spec)
    asked = run
    if variant is not None:
        asked = run.with_variant(variant.name)
        variant = variant.model_copy(update={"copies": resolve_copies(variant.copies, spec)})
    lacking = tuple(split for split in splits if not has_predictions(asked, reporter.key, split))
    if not lacking:
        reporter.say("done", status="complete")
    return [_Asked(member, spec, variant, lacking, reporter)] if lacking else []


def _predict_split(
    run: Run, wanting: Sequence[_Asked], split: str, data_dir: Path | None, held: ExitStack
) -> list[int]:
    """Ask members of one split; return the exit codes of those that failed."""
    codes = []
    loaded: dict[int | None, Split] = {}
    for each in wanting:
        fold = each.spec.fold
        try:
            # What cannot be had is refused before a framework is loaded.
            if fold not in loaded:
                loaded[fold] = load_checked_images(run, split, data_dir, fold=fold)
            _ask(run, each, loaded[fold], held)
        except InterruptedTraining:
            raise
        except Exception as error:
            each.lacking = ()
            codes.append(each.reporter.tell_exception(error))
    return codes


def _ask(run: Run, asked: _Asked, images: Split, held: ExitStack) -> None:
    reporter = asked.reporter
    if asked.responder is None:
        trainer = load_trainer(asked.spec.backend)
        held.enter_context(trainer.open_libraries(asked.spec))
        reporter.start(0, len(asked.lacking), unit="split")
        given = (run, asked.spec, asked.member, trainer)
        asked.responder = (
            load_responder(*given) if asked.variant is None else _load_copies(*given, asked.variant)
        )
    else:
        # The parent is to know whose turn it is, in case the process is killed.
        reporter.tell_progress()
    save_answers(run, asked.member, images, asked.responder, reporter, asked.variant)
    asked.n_done += 1
    if asked.n_done < len(asked.lacking):
        reporter.progress(asked.n_done)
    else:
        asked.lacking = ()
        reporter.say("done", status="trained")


def load_responder(run: Run, spec: MemberSpec, member: Member, trainer: Trainer) -> Responder:
    """Return the stored member, if its layers are those that would be built now.

    Raises
    ------
    MismatchError
        They are others; a later version may build other layers from the same spec.
    """
    _check_architecture(run, spec, member)
    return trainer.load(run, spec)


def _load_copies(
    run: Run, spec: MemberSpec, member: Member, trainer: Trainer, variant: VariantSpec
) -> CopiesResponder:
    """Return the stored member likewise, asked about copies of each image."""
    _check_architecture(run, spec, member)
    return trainer.load_copies(run, spec, variant.copies)


def _check_architecture(run: Run, spec: MemberSpec, member: Member) -> None:
    expected = hash_architecture(run, spec)
    if member.architecture_sha256 != expected:
        raise MismatchError(
            f"architecture of {spec.key} must be {expected[:12]} as this version builds it; got "
            f"{member.architecture_sha256[:12]}, in {member_path(run, spec.key)}. "
            "Predict with the version that trained it."
        )


def hash_architecture(run: Run, spec: MemberSpec) -> str:
    """Return the digest of the layers that this version builds for a member."""
    return architecture_sha256(describe_layers(spec.architecture, run.n_classes), run.image_shape)


def save_answers(
    run: Run,
    member: Member,
    split: Split,
    responder: Responder | CopiesResponder,
    reporter: Reporter,
    variant: VariantSpec | None = None,
) -> None:
    """Ask a member of a split's images and keep what it says."""
    given = (split.images,) if variant is None else (split.images, split.index)
    with reporter.clock.on("evaluation"):
        answers = responder(
            *given,
            name=f"{member.key} on {split.name}",
            on_batch=lambda: reporter.progress(reporter.epoch),
        )
    key, name, parent = member.key, split.name, member.weights_sha256
    with reporter.clock.on("files"):
        if answers.probabilities is None:
            save_votes(run, key, name, answers.votes, split.index, parent=parent)
        else:
            save_predictions(
                run, key, name, answers.probabilities, split.index, parent=parent, variant=variant
            )
