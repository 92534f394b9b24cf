"""Columns are the classes in their order: others' would be taken for them without a word."""

import pytest

from ensemble_lab.exceptions import MismatchError
from ensemble_lab.store.predictions import load_predictions
from ensemble_lab.workflows.import_ import import_predictions
from tests.toy import LABELS, toy_predictions

ROWS = toy_predictions().probabilities[0].tolist()


@pytest.fixture
def write(tmp_path):
    """Write the toy's first member under a line of names."""

    def write(columns):
        lines = [",".join(columns), *(",".join(map(str, row)) for row in ROWS)]
        (tmp_path / "mine.csv").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "mine.csv"

    return write


@pytest.mark.parametrize(
    ("columns", "class_names"),
    [
        (("a", "b", "c"), ("a", "b", "c")),
        (("p0", "p1", "p2"), None),
        (("x1", "y0", "z2"), None),  # Names, which say nothing of an order.
        (("cat", "dog", "cow"), ("a", "b", "c")),
    ],
)
def test_columns_in_the_order_of_the_classes_are_taken(tmp_path, write, columns, class_names):
    run = tmp_path / "theirs"
    import_predictions(run, [write(columns)], labels=LABELS, class_names=class_names)
    assert load_predictions(run).probabilities[0].tolist() == ROWS


@pytest.mark.parametrize(
    ("columns", "class_names"),
    [
        (("c", "a", "b"), ("a", "b", "c")),
        (("p2", "p1", "p0"), None),
        (("2", "0", "1"), ("a", "b", "c")),
    ],
)
def test_columns_in_another_order_are_refused(tmp_path, write, columns, class_names):
    run, file = tmp_path / "theirs", write(columns)
    with pytest.raises(MismatchError, match=f"got {', '.join(columns)}, in {file}"):
        import_predictions(run, [file], labels=LABELS, class_names=class_names)
    assert not run.exists()
