"""Why the vote decided as it did on an example."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ensemble_lab.analysis.subsets.curve import MAX_MEMBERS
from ensemble_lab.analysis.votes.rules import RULES
from ensemble_lab.analysis.votes.vote import Vote, combine
from ensemble_lab.arrays import Index, find_positions
from ensemble_lab.data.metadata import Metadata
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.errors.catalogue import build_catalogue, catalogue_examples
from ensemble_lab.errors.explain import build_explanations, take_rows
from ensemble_lab.errors.explanation import Explanation, Fact
from ensemble_lab.exceptions import MissingError, PredictionError
from ensemble_lab.store.predictions import Predictions
from ensemble_lab.store.reviews import current_reviews, load_reviews
from ensemble_lab.store.run import Run, open_run
from ensemble_lab.store.splits import SplitRecord, load_record
from ensemble_lab.store.voters import find_voters
from ensemble_lab.workflows.metadata import JoinedMetadata, join_metadata
from ensemble_lab.workflows.neighbours import Seen, find_seen
from ensemble_lab.workflows.scoring import Scored, score, weigh

__all__ = ["N_NEIGHBOURS", "explain_example", "explain_examples", "save_explanations"]

N_NEIGHBOURS = 5


def explain_example(
    run: Run | Path | str,
    index: int,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    n_neighbours: int = N_NEIGHBOURS,
    metadata: Sequence[Path | str] = (),
    data_dir: Path | str | None = None,
) -> Explanation:
    """Return all that bears on the decision about one example: see `explain_examples`."""
    if not isinstance(index, int | np.integer):
        raise PredictionError(
            f"index must be one whole number; got {index!r:.40}. Several are for explain_examples."
        )
    (explained,) = explain_examples(
        run,
        (index,),
        split,
        decision,
        members=members,
        n_neighbours=n_neighbours,
        metadata=metadata,
        data_dir=data_dir,
    )
    return explained


def explain_examples(
    run: Run | Path | str,
    indices: Sequence[int],
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    n_neighbours: int = N_NEIGHBOURS,
    metadata: Sequence[Path | str] = (),
    data_dir: Path | str | None = None,
) -> tuple[Explanation, ...]:
    """Return all that bears on the decision about each of some examples, at one look.

    Parameters
    ----------
    run : Run or path
    indices : sequence of int
        Positions in the split as published, right or wrong; each is explained once.
    split : str
    decision : Decision
    members : tuple of str
        Patterns of keys; none for those of the decision, or all.
    n_neighbours : int
        Nearest training examples in pixels; 0 reads no images.
    metadata : sequence of path
        Files with more about the examples: see `ensemble_lab.workflows.metadata.join_metadata`.
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Returns
    -------
    tuple of Explanation
        In the order of the indices.

    Raises
    ------
    MissingError
        No such run, split or member, or predictions are missing.
    PredictionError
        No index, one that the split does not hold, a negative `n_neighbours`, or more than 1,000
        members.
    DataError, MissingExtraError, MismatchError
        Neighbours are asked for and images are not to be had, or are others now; or a file of
        metadata cannot be read.
    """
    run = open_run(run)
    record, folder = load_record(run, split), Path(data_dir) if data_dir else None
    positions = _find(record, indices)
    index = record.index[positions]
    _check_sizes(len(find_voters(run, record, members or decision.members)), n_neighbours)
    # All that may be refused comes before the labels: a refusal must cost no look.
    images_note = _tell_why_no_images(record, n_neighbours)
    seen = () if images_note else find_seen(run, record, index, n_neighbours, folder)
    joined = join_metadata(run, split, metadata, data_dir=folder)
    facts = _list_facts(joined.metadata, index)
    reviews = current_reviews(load_reviews(run, split))
    scored = score(run, split, decision, members, command="why")
    return tuple(
        replace(
            _with_picture(
                replace(explanation, images_note=images_note),
                seen[place] if seen else None,
                n_neighbours,
            ),
            facts=facts[place],
            facts_note=_note_facts(joined),
            reviews=tuple(each for each in reviews if each.index == explanation.index),
        )
        for place, explanation in enumerate(_explain(run, scored, positions))
    )


def save_explanations(
    run: Run | Path | str,
    indices: Sequence[int],
    path: Path | str,
    split: str = "test",
    decision: Decision = DEFAULT,
    *,
    members: tuple[str, ...] = (),
    n_neighbours: int = N_NEIGHBOURS,
    metadata: Sequence[Path | str] = (),
    data_dir: Path | str | None = None,
) -> tuple[Explanation, ...]:
    """Draw `explain_examples`, a page for each example, and return them.

    Parameters
    ----------
    path : path
        Ends in ``.pdf``, or in ``.png`` or ``.svg``, numbered where there are several examples.

    Raises
    ------
    PredictionError
        As `explain_examples`, or the path ends otherwise.
    StoreError
        The files cannot be written.
    """
    from ensemble_lab.figures.explanation import draw_explanations
    from ensemble_lab.figures.files import check_figure_path

    # What cannot be drawn must cost no look at the labels.
    check_figure_path(path)
    explained = explain_examples(
        run,
        indices,
        split,
        decision,
        members=members,
        n_neighbours=n_neighbours,
        metadata=metadata,
        data_dir=data_dir,
    )
    draw_explanations(explained, path=path)
    return explained


def _find(record: SplitRecord, indices: Sequence[int]) -> Index:
    """Return where in the split the examples stand, each once."""
    if not indices:
        raise PredictionError("index must name at least one example; got none.")
    for number in indices:
        if not 0 <= number < 2**63:
            raise PredictionError(f"index must be from 0 to 2**63 - 1; got {number}.")
    wanted = np.array(list(dict.fromkeys(indices)), np.int64)
    return find_positions(record.index, wanted, split=record.name)


def _check_sizes(n_members: int, n_neighbours: int) -> None:
    if n_neighbours < 0:
        raise PredictionError(f"neighbours must be 0 or more; got {n_neighbours}.")
    if n_members > MAX_MEMBERS:
        raise PredictionError(
            f"members must be at most {MAX_MEMBERS:,} to be followed; got {n_members:,}. Name "
            "some with --members."
        )


def _tell_why_no_images(record: SplitRecord, n_neighbours: int) -> str:
    if n_neighbours == 0:
        return "images were left out"
    if record.images_sha256 is None:
        return f"images of {record.name} are unknown"
    return ""


def _with_picture(explanation: Explanation, seen: Seen | None, n_shown: int) -> Explanation:
    if seen is None:
        return explanation
    if not seen.n_training:
        note = "what the members learned from is unknown"
        return replace(explanation, image=seen.image, images_note=note)
    around = seen.describe(explanation.label, explanation.predicted, n_shown)
    return replace(explanation, image=seen.image, neighbourhood=around)


def _list_facts(metadata: Metadata | None, index: Index) -> tuple[tuple[Fact, ...], ...]:
    """Return what is known of each example besides its label."""
    if metadata is None:
        return ((),) * len(index)
    columns = [(each, each.values.tolist()) for each in metadata.take_index(index).columns]
    return tuple(
        tuple(
            Fact(each.name, values[place])
            for each, values in columns
            if each.is_known is None or each.is_known[place]
        )
        for place in range(len(index))
    )


def _note_facts(joined: JoinedMetadata) -> str:
    missing = joined.source_note
    notes = [f"nothing more is known of it: {missing}"] if missing and not joined.names else []
    return "; ".join([*joined.notes, *notes])


def _explain(run: Run, scored: Scored, positions: Index) -> tuple[Explanation, ...]:
    parts = (scored.predictions, scored.vote, scored.labels)
    decision = scored.vote.decision
    rows = take_rows(scored.predictions, positions, decision.members)
    return build_explanations(
        run.title,
        run.class_names,
        rows,
        combine(rows, decision),
        catalogue_examples(*parts, positions),
        build_catalogue(*parts),
        by_rule={rule: _ask(run, rows, decision, rule) for rule in RULES},
        n_examples=len(scored.labels.values),
        look=scored.labels.look,
    )


def _ask(run: Run, rows: Predictions, decision: Decision, rule: str) -> Vote | str:
    """Return what the members say by a rule, the decision's own as it is; or what it lacks."""
    if rule == decision.rule:
        return combine(rows, decision)
    if RULES[rule].uses_probabilities and rows.probabilities is None:
        return "only votes are known"
    asked = replace(decision, rule=rule, weights=(), chosen_on=None, chosen_among=1)
    if RULES[rule].weights == "must":
        try:
            asked = weigh(run, rows.members, asked, rows.split)
        except (MissingError, PredictionError) as error:
            return str(error)
    return combine(rows, asked)
