"""What the members of an import are called."""

import numpy as np
import pytest

from ensemble_lab.exceptions import PredictionError, StoreError
from ensemble_lab.workflows.import_ import name_keys


def test_keys_are_the_files_names():
    assert list(name_keys(["x/My CNN_2.npy", "b.csv"])) == ["my-cnn-2", "b"]
    assert list(name_keys(["x/My CNN_2.npy", "b.csv"], ["q", "r"])) == ["q", "r"]
    assert list(name_keys("one.npy")) == ["one"]


@pytest.mark.parametrize(
    ("files", "names", "fact"),
    [
        (["x/a.npy", "y/A.csv"], (), "'a' for x/a.npy and y/A.csv"),
        (["a.npy", "b.npy"], ("q", "q"), "'q' for a.npy and b.npy"),
        (["a.npy", "b.npy"], ("q",), "2 files; got 1"),
        (["a.npy"], ("Q",), "key of a.npy"),
        (["ж.npy"], (), "key of ж.npy"),
    ],
)
def test_keys_that_clash_or_cannot_be_are_refused(files, names, fact):
    with pytest.raises(StoreError) as caught:
        name_keys(files, names)
    assert fact in str(caught.value)


def test_arrays_must_have_keys():
    rows = np.full((2, 2), 0.5)
    for given in (rows, [rows]):
        with pytest.raises(PredictionError, match=r"\{'mine': probabilities\}"):
            name_keys(given)
