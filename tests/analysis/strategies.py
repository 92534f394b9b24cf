"""Hypothesis strategies for ensembles."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from ensemble_lab.store.predictions import Predictions
from tests.toy import toy_predictions

__all__ = ["ensembles", "rename"]


@st.composite
def ensembles(draw: st.DrawFn, max_classes: int = 5, levels: int = 4) -> Predictions:
    """Predictions of 1-6 members of up to 3 groups, in any order, on 1-12 examples.

    Probabilities are ratios of a few small whole numbers: votes and means often tie, and sums
    are not exact in binary, so that their order matters to careless arithmetic.
    """
    shape = (
        draw(st.integers(1, 6)),
        draw(st.integers(1, 12)),
        draw(st.integers(2, max_classes)),
    )
    numbers = draw(
        st.lists(
            st.integers(0, levels),
            min_size=int(np.prod(shape)),
            max_size=int(np.prod(shape)),
        )
    )
    parts = np.array(numbers, np.float64).reshape(shape) + 1e-3
    predictions = toy_predictions((parts / parts.sum(axis=-1, keepdims=True)).astype(np.float32))
    groups = draw(st.lists(st.sampled_from("abc"), min_size=shape[0], max_size=shape[0]))
    return rename(predictions, tuple(f"{group}-{i:04d}" for i, group in enumerate(groups)))


def rename(predictions: Predictions, keys: tuple[str, ...]) -> Predictions:
    """The same predictions of members with other keys."""
    return replace(predictions, members=keys, digests=tuple(f"digest of {key}" for key in keys))
