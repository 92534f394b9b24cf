"""Catalogues made of chosen numbers, and images of their rows."""

from collections.abc import Callable

import numpy as np
import pytest

from ensemble_lab.data.dataset import Split, build_split
from ensemble_lab.decision import Decision
from ensemble_lab.errors.catalogue import Catalogue


def build_rows(
    n_rows: int,
    *,
    n_members: int = 5,
    first_index: int = 0,
    has_gaps: bool = True,
    decision: Decision | None = None,
) -> Catalogue:
    """Errors ``0 → 1``, ``1 → 2`` …, indices descending so that order shows."""
    rows = np.arange(n_rows)
    label, for_label = rows % 10, np.minimum(rows % 3, n_members - 1)
    gap = np.where(rows % 4 == 0, -1.0, 1.0) * ((rows * 37) % 101) / 100
    gap = gap if has_gaps else np.full(n_rows, np.nan)
    return Catalogue(
        split="test",
        members=tuple(f"cnn3-{seed:04d}" for seed in range(n_members)),
        decision=decision or Decision(),
        parents=("",) * n_members,
        index=first_index + 3 * rows[::-1],
        label=label,
        predicted=(label + 1) % 10,
        gap=gap,
        margin=-gap,
        confidence=np.abs(gap),
        p_predicted=np.abs(gap),
        p_label=np.zeros(n_rows),
        votes_for_predicted=n_members - for_label,
        votes_for_label=for_label,
        is_tied=rows % 5 == 4,
        wrong_members=np.ones((n_rows, n_members), np.bool_),
    )


def build_images(
    catalogue: Catalogue, *, height: int = 7, width: int = 7, channels: int = 1
) -> Split:
    """Random images of every index of the catalogue, and of one more, in ascending order."""
    index = np.append(np.sort(catalogue.index), catalogue.index.max(initial=0) + 1)
    shape = (len(index), height, width, channels)
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return build_split("test", "report", index, images, None)


@pytest.fixture
def rows() -> Callable[..., Catalogue]:
    return build_rows


@pytest.fixture
def images() -> Callable[..., Split]:
    return build_images
