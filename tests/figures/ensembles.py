"""Small ensembles of any size, and what the figures of errors are made of."""

from typing import NamedTuple

import numpy as np

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue, build_catalogue, catalogue_examples
from ensemble_lab.errors.contested import Contested, build_contested, find_contested
from ensemble_lab.errors.margins import Margins, measure_margins
from ensemble_lab.store.labels import TestLabels
from ensemble_lab.store.predictions import Predictions

__all__ = ["Drawn", "build_drawn"]


class Drawn(NamedTuple):
    """What each figure draws, of one vote."""

    contested: Contested
    catalogue: Catalogue
    margins: Margins


def build_drawn(
    n_errors: int,
    *,
    n_members: int = 5,
    n_classes: int = 10,
    n_easy: int = 30,
    n_groups: int = 1,
    members: tuple[str, ...] = (),
) -> Drawn:
    """All members are wrong alike on `n_errors` examples; on as many more, one is wrong."""
    rng = np.random.default_rng(0)
    n_examples = 2 * n_errors + n_easy
    labels = rng.integers(0, n_classes, n_examples)
    probabilities = rng.random((n_members, n_examples, n_classes), np.float32) / n_classes
    probabilities[:, np.arange(n_examples), labels] += 1
    wrong = np.arange(n_errors)
    others = (labels + 1 + rng.integers(0, min(3, n_classes - 1), n_examples)) % n_classes
    probabilities[:, wrong, others[wrong]] += rng.uniform(1.2, 9, n_errors).astype(np.float32)
    for place in range(n_errors, 2 * n_errors if n_members > 2 else n_errors):
        probabilities[place % n_members, place, others[place]] += 1.2
    probabilities /= probabilities.sum(axis=-1, keepdims=True)
    size = -(-n_members // n_groups)
    keys = members or tuple(f"net{n // size}-{n % size:04d}" for n in range(n_members))
    predictions = Predictions(
        split="test",
        index=np.arange(n_examples) * 7,
        members=keys,
        votes=probabilities.argmax(axis=-1).astype(np.min_scalar_type(n_classes - 1)),
        probabilities=probabilities,
        n_classes=n_classes,
        digests=keys,
    )
    return _build(predictions, TestLabels("test", labels, predictions.index, "sha"))


def _build(predictions: Predictions, labels: TestLabels) -> Drawn:
    vote = combine(predictions, Decision())
    found = find_contested(predictions.votes, labels.values)
    rows = catalogue_examples(predictions, vote, labels, found)
    catalogue = build_catalogue(predictions, vote, labels)
    margins = measure_margins(np.asarray(vote.mean_probabilities), labels.values)
    return Drawn(
        build_contested(rows, predictions, labels),
        catalogue,
        Margins("test", vote.decision, catalogue.gap, margins, vote.predicted == labels.values),
    )
