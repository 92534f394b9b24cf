"""Hypothesis strategies for ensembles."""

import numpy as np
from hypothesis import strategies as st

from ensemble_lab.store.predictions import Predictions
from tests.toy import toy_predictions

__all__ = ["ensembles"]


@st.composite
def ensembles(draw: st.DrawFn, max_classes: int = 5, levels: int = 4) -> Predictions:
    """Predictions of 1-6 members on 1-12 examples.

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
    return toy_predictions((parts / parts.sum(axis=-1, keepdims=True)).astype(np.float32))
