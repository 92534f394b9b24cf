"""Predictions on copies of each image, kept as a variant beside the plain ones."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ensemble_lab.engines import HERE, Cluster, Event, find_engine
from ensemble_lab.exceptions import MismatchError, SpecError
from ensemble_lab.spec.data import DataSpec, parse_data
from ensemble_lab.spec.member import parse_member
from ensemble_lab.spec.variant import (
    CopiesSpec,
    ShiftedCopies,
    VariantSpec,
    name_variant,
    parse_copies,
    resolve_copies,
)
from ensemble_lab.store.files import check_name
from ensemble_lab.store.predictions import has_predictions
from ensemble_lab.store.run import Run, open_whole
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.variants import load_variant
from ensemble_lab.workflows.predict import find_trained
from ensemble_lab.workflows.workers import check_backends, ignore, run_members

__all__ = ["predict_variant"]


def predict_variant(
    run: Run | Path | str,
    copies: CopiesSpec | str,
    name: str | None = None,
    *,
    splits: Sequence[str] = (),
    members: tuple[str, ...] = (),
    engine: str = "process",
    workers: int | None = None,
    cluster: Cluster = HERE,
    data_dir: Path | str | None = None,
    report: Callable[[Event], None] = ignore,
) -> Run:
    """Predict with trained members on copies of each image: test-time augmentation.

    What a member has predicted in the variant is left alone, so that the same call goes on after
    an interruption. No labels are read.

    Parameters
    ----------
    run : Run or path
    copies : CopiesSpec or str
        Or what `ensemble_lab.spec.variant.parse_copies` reads: ``8`` for the image as it is and
        seven copies by the augmentation of the member's training, ``shifts`` for the nine of a
        grid.
    name : str, optional
        What the variant is called; ``tta-8`` of the first, unless given.
    splits : sequence of str
        Of the run; its own, validation and test, unless given.
    members : tuple of str
        Patterns of keys; none for all that are trained.
    engine, workers, cluster, data_dir, report
        As in `ensemble_lab.workflows.predict.predict`.

    Returns
    -------
    Run
        Asked in the variant: what is computed of it, such as `score_vote`, is of these predictions.

    Raises
    ------
    SpecError
        No such copies, or a member or an engine that cannot be asked about them.
    MismatchError
        Members have predictions of other copies under that name.
    MissingError
        No such run, split or member, or none that is trained.
    TrainingError
        A worker failed.
    """
    find_engine(engine, cluster, to="predict")
    run = open_whole(run, to="predict a variant")
    made = parse_copies(copies) if isinstance(copies, str) else copies
    name = name_variant(made) if name is None else check_name(name, what="variant")
    variant, names = VariantSpec(name=name, copies=made), tuple(splits) or run.own_splits
    trained = find_trained(run, members)
    for split in names:
        run.check_split(split)
    _check_reach(run, made)
    asked = run.with_variant(name)
    for key in trained:
        _check_same(asked, key, names, variant)
    keys = tuple(key for key in trained if not all(has_predictions(asked, key, n) for n in names))
    check_backends({parse_member(run.member(key).spec).backend for key in keys}, to="predict")
    for key in keys:
        report(Event(event="waiting", key=key))
    run_members(
        run,
        keys,
        ("--predict", *names, "--variant", variant.canonical),
        sharing="together",
        engine=engine,
        workers=workers,
        cluster=cluster,
        data=_find_source(run, names[0]),
        data_dir=data_dir,
        report=report,
    )
    return asked


def _check_reach(run: Run, copies: CopiesSpec) -> None:
    """Refuse shifts that leave nothing of an image to see."""
    height, width = run.image_shape[:2]
    if isinstance(copies, ShiftedCopies) and copies.pixels >= min(height, width):
        raise SpecError(
            f"pixels of shifts must be below {min(height, width)} in images of {height} × {width}; "
            f"got {copies.pixels}."
        )


def _check_same(asked: Run, key: str, splits: tuple[str, ...], variant: VariantSpec) -> None:
    """Refuse a member that cannot be asked about these copies, or was asked about others."""
    copies = resolve_copies(variant.copies, parse_member(asked.member(key).spec))
    for split in splits:
        if has_predictions(asked, key, split):
            known = load_variant(asked, key, split).copies
            if known != copies:
                raise MismatchError(
                    f"variant {variant.name!r} must stay {known.text}, as {key} has it on "
                    f"{split!r}; got {copies.text}, in {asked.path}. Name another with --as."
                )


def _find_source(run: Run, split: str) -> DataSpec:
    """Return where a split's images come from; a run's own where they are kept in the run."""
    return parse_data(load_record(run, split).source.get("data", run.data))
