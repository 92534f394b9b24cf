"""Scikit-learn's bundled handwritten digits: 1,797 real scans, nothing downloaded.

The scans are the test part of E. Alpaydin and C. Kaynak, "Optical Recognition of
Handwritten Digits" (UCI, 1998): 8×8 counts from 0 to 16.
"""

from pathlib import Path

import numpy as np

from ensemble_lab.data.dataset import Dataset, Split, build_split, number_classes
from ensemble_lab.data.transforms import enlarge_by_three
from ensemble_lab.exceptions import MissingExtraError
from ensemble_lab.spec.data import Digits

__all__ = ["N_TRAIN", "load", "load_split"]

N_TRAIN = 898
"""Examples before the test split, in `load_digits` order."""

_LARGEST, _BORDER, _CLASSES = 16, 2, 10


def load(spec: Digits, data_dir: Path | None = None) -> Dataset:
    """Return train (index 0–897) and test (index 898–1796) as uint8 28×28×1.

    Both indices count in `load_digits` order. The cut is that of scikit-learn's own
    example (plot_digits_classification: ``train_test_split(test_size=0.5,
    shuffle=False)``). It rounds the test half of 1,797 up, so that the last 899
    are the test split, not the last 898.

    Parameters
    ----------
    spec : Digits
    data_dir : path, optional
        Not looked at.

    Raises
    ------
    MissingExtraError
        Scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtraError(
            "source 'digits' needs scikit-learn; it is not installed. "
            "Install it with: pip install 'ensemble-lab[train]'"
        ) from None
    scans, labels = load_digits(return_X_y=True)
    raw = scans.reshape(-1, 8, 8).astype(np.int64)
    images = enlarge_by_three(raw, largest=_LARGEST, border=_BORDER)
    index = np.arange(len(images))
    train, test = slice(0, N_TRAIN), slice(N_TRAIN, None)
    return Dataset(
        "digits",
        number_classes(_CLASSES),
        (
            build_split("train", "none", index[train], images[train], labels[train]),
            build_split("test", "report", index[test], images[test], labels[test]),
        ),
    )


def load_split(spec: Digits, split: str, data_dir: Path | None = None) -> Split:
    """Return one of the splits of `load`."""
    return load(spec, data_dir).split(split)
