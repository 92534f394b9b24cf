"""Pages of an ensemble that guesses, and what one asks a browser about them."""

from typing import Any

import numpy as np

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue, build_catalogue, catalogue_examples
from ensemble_lab.figures.html.page import Page, build_page
from ensemble_lab.store.labels import TestLabels
from ensemble_lab.store.predictions import Predictions

FIRST_INDEX = 6570


def build_predictions(
    n_examples: int = 40,
    *,
    n_members: int = 6,
    n_classes: int = 4,
    has_probabilities: bool = True,
    seed: int = 0,
) -> Predictions:
    rng = np.random.default_rng(seed)
    shape = (n_members, n_examples)
    shared = rng.dirichlet(np.ones(n_classes), n_examples)
    own = rng.dirichlet(np.ones(n_classes), shape)
    probabilities = (0.5 * shared + 0.5 * own).astype(np.float32)
    return Predictions(
        split="test",
        index=FIRST_INDEX + np.arange(n_examples),
        members=tuple(f"cnn-{row:04d}" for row in range(n_members)),
        votes=probabilities.argmax(axis=-1).astype(np.uint8),
        probabilities=probabilities if has_probabilities else None,
        n_classes=n_classes,
        digests=("",) * n_members,
    )


def draw_labels(predictions: Predictions) -> TestLabels:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, predictions.n_classes, len(predictions.index))
    return TestLabels("test", labels, predictions.index, "sha")


def catalogue_all(predictions: Predictions, decision: Decision | None = None) -> Catalogue:
    """All examples, right and wrong, in their order."""
    vote = combine(predictions, decision or Decision())
    positions = np.arange(len(predictions.index))
    return catalogue_examples(predictions, vote, draw_labels(predictions), positions)


def catalogue_errors(predictions: Predictions) -> Catalogue:
    vote = combine(predictions, Decision())
    return build_catalogue(predictions, vote, draw_labels(predictions)).sort("gap")


def draw_images(predictions: Predictions, *, side: int = 6, channels: int = 1) -> Split:
    shape = (len(predictions.index), side, side, channels)
    images = np.random.default_rng(2).integers(0, 256, shape, dtype=np.uint8)
    return build_split("test", "report", predictions.index, images, None)


def build_bench(
    catalogue: Catalogue, predictions: Predictions, images: Split | None = None, **wishes: Any
) -> Page:
    about: dict[str, Any] = {
        "name": "guesses",
        "n_errors": int(np.count_nonzero(catalogue.label != catalogue.predicted)),
        "n_examples": len(predictions.index),
        "class_names": tuple(map(str, range(predictions.n_classes))),
    }
    return build_page(catalogue, images or draw_images(predictions), predictions, **about | wishes)


def shown_indices(tab: Any) -> list[int]:
    return [int(text) for text in tab.locator(".tile b").all_inner_texts()]


def chosen_index(tab: Any) -> int:
    return int(tab.locator("#chosen-title").inner_text().split(":")[0])


def marked_indices(tab: Any) -> list[int]:
    return [int(text) for text in tab.locator(".tile[aria-selected=true] b").all_inner_texts()]
