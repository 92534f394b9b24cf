"""Saved catalogues: what was asked comes back, and damage is said."""

from dataclasses import replace

import pytest

from ensemble_lab import build_catalogue, combine, load_catalogue, load_labels, load_predictions
from ensemble_lab import save_catalogue as save
from ensemble_lab.decision import Decision
from ensemble_lab.exceptions import DamagedError, StoreError
from ensemble_lab.store.hdf5 import open_sealed, write_sealed
from tests.toy import toy_labels, toy_predictions


@pytest.fixture
def run(make_run):
    return make_run(probabilities=toy_predictions().probabilities, labels=toy_labels().values)


@pytest.fixture
def wrong(run):
    predictions = load_predictions(run)
    vote = combine(predictions, Decision(ties="random", tie_seed=3))
    return build_catalogue(predictions, vote, load_labels(run))


def test_catalogue_comes_back(run, wrong):
    path = save(run, wrong, "all")
    assert path.name == f"test-{wrong.decision.digest[:8]}-all.h5"
    found = load_catalogue(path)
    assert found.decision == wrong.decision
    assert found.parents == wrong.parents
    assert found.to_rows() == wrong.to_rows()
    assert found.thumbnails is None


def test_catalogue_of_hard_votes_keeps_what_is_unknown_unknown(run):
    predictions = replace(toy_predictions(), probabilities=None)
    wrong = build_catalogue(predictions, combine(predictions, Decision()), toy_labels())
    found = load_catalogue(save(run, wrong, "hard"))
    assert found.to_rows() == wrong.to_rows()
    assert {row["gap"] for row in found.to_rows()} == {None}


def test_empty_catalogue_comes_back(run, wrong):
    assert len(load_catalogue(save(run, wrong.head(0), "none"))) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("split", None), ("split", 3), ("members", "ab"), ("members", [3]), ("parents", {}),
     ("decision", []), ("decision", {"rule": "dictator"}), ("decision", {"rues": "majority"})],
)  # fmt: skip
def test_header_of_another_making_is_refused(run, wrong, name, value):
    path = save(run, wrong, "all")
    with open_sealed(path, "catalogue") as file:
        header, arrays = file.header, {"index": file.read("index")}
    write_sealed(path, "catalogue", header | {name: value}, arrays)
    with pytest.raises(DamagedError) as refusal:
        load_catalogue(path)
    assert "\n" not in str(refusal.value)


def test_missing_column_is_refused(run, wrong):
    path = save(run, wrong, "all")
    with open_sealed(path, "catalogue") as file:
        header = file.header
    write_sealed(path, "catalogue", header, {})
    with pytest.raises(DamagedError):
        load_catalogue(path)


def test_name_that_cannot_be_part_of_a_path_is_refused(run, wrong):
    with pytest.raises(StoreError, match="lower-case"):
        save(run, wrong, "../all")
