"""Variants of a run's predictions: who is asked, what is left alone, what is refused."""

import io
import json
import threading

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.exceptions import MismatchError, MissingError, SpecError, StoreError
from ensemble_lab.spec.augmentation import Crop
from ensemble_lab.spec.member import parse_member
from ensemble_lab.spec.variant import AugmentedCopies, VariantSpec, parse_copies, parse_variant
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import load_predictions, predictions_path, save_predictions
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.variants import load_variant
from ensemble_lab.training.classic import load
from ensemble_lab.training.copies import shift_images
from ensemble_lab.training.predicting import predict_splits
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.workflows import variants as module
from ensemble_lab.workflows.images import load_images
from ensemble_lab.workflows.inspect import summarise_run
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.train import is_complete, prepare_run
from ensemble_lab.workflows.variants import predict_variant
from tests.conftest import need
from tests.workflows.test_classic import BAYES, LINEAR, train_here, train_in, write

CROPS = AugmentedCopies(name="augmented", n_copies=3, augmentation=(Crop(name="crop", pixels=1),))


@pytest.fixture
def asked(monkeypatch):
    """What the workers would be asked; none is started."""
    calls = []
    monkeypatch.setattr(module, "run_members", lambda *args, **named: calls.append((args, named)))
    return calls


def save(run, key, split, variant):
    """Write what a worker would: all for the first class."""
    index = load_record(run, split).index
    rows = np.eye(3, dtype=np.float32)[np.zeros(len(index), int)]
    parent = load_member(run, key).weights_sha256
    save_predictions(run, key, split, rows, index, parent=parent, variant=variant)


def test_trained_members_are_asked_about_the_runs_own_splits(make_run, asked, tmp_path):
    run, events = make_run(), []
    (run.member_folder("a-0001") / "member.weights.h5").unlink()
    options = {"engine": "serial", "workers": 2, "data_dir": tmp_path}
    view = predict_variant(run, CROPS, report=events.append, **options)
    assert view == run.with_variant("tta-3")
    (((ran, keys, arguments), named),) = asked
    assert (ran, keys) == (run, ("a-0000", "a-0002"))
    *words, text = arguments
    assert words == ["--predict", "validation", "test", "--variant"]
    assert parse_variant(json.loads(text)) == VariantSpec(name="tta-3", copies=CROPS)
    assert {name: named[name] for name in options} == options
    assert named["data"].name == "npz"
    assert [(each.event, each.key) for each in events] == [
        ("waiting", "a-0000"), ("waiting", "a-0002"),
    ]  # fmt: skip


def test_splits_members_and_name_may_be_chosen(make_run, asked):
    run = make_run()
    view = predict_variant(run, "shifts", "grid", splits=("train",), members=("*-0002",))
    assert view.variant == "grid"
    (((_, keys, arguments), _),) = asked
    assert keys == ("a-0002",)
    assert arguments[:3] == ("--predict", "train", "--variant")


def test_what_is_predicted_is_left_alone(make_run, asked):
    run = make_run(n_members=2)
    variant = VariantSpec(name="tta-3", copies=CROPS)
    for split in ("validation", "test"):
        save(run, "a-0000", split, variant)
    save(run, "a-0001", "test", variant)
    predict_variant(run, CROPS)
    (((_, keys, _), _),) = asked
    assert keys == ("a-0001",)


def test_other_copies_under_the_same_name_are_refused(make_run, asked):
    run = make_run(n_members=2)
    save(run, "a-0001", "test", VariantSpec(name="tta-3", copies=CROPS))
    other = CROPS.model_copy(update={"augmentation": (Crop(name="crop", pixels=2),)})
    with pytest.raises(MismatchError, match=r"'tta-3' must stay 3 copies .*a-0001.*'test'.*--as"):
        predict_variant(run, other)
    assert asked == []
    predict_variant(run, other, "wider")
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("wishes", "error", "fact"),
    [
        ({"copies": "8"}, SpecError, "a-0000 was trained without"),
        ({"copies": "1"}, SpecError, "copies must be from 2"),
        ({"copies": "shifts:4"}, SpecError, "below 4 in images of 5 × 4; got 4"),
        ({"name": "Not a name"}, StoreError, "variant must be lower-case"),
        ({"splits": ("tset",)}, MissingError, "did you mean 'test'"),
        ({"members": ("b-*",)}, MissingError, "'b-"),
    ],
)
def test_what_cannot_be_is_refused_before_a_worker_is_started(make_run, asked, wishes, error, fact):
    run = make_run()
    before = sorted(run.path.rglob("*"))
    with pytest.raises(error, match=fact):
        predict_variant(run, **({"copies": "shifts"} | wishes))
    assert asked == []
    assert sorted(run.path.rglob("*")) == before


def test_variant_of_a_variant_is_refused(make_run, asked):
    with pytest.raises(MissingError, match="Leave out @tta-3"):
        predict_variant(f"{make_run().path}@tta-3", "shifts")


def test_run_without_weights_is_refused(make_run, asked):
    run = make_run(n_members=1)
    (run.member_folder("a-0000") / "member.weights.h5").unlink()
    with pytest.raises(MissingError, match="a member must be trained"):
        predict_variant(run, "shifts")


def predict_here(run, keys, arguments, **_options):
    """Do a worker's work in this process, which classic members do not mind."""
    *words, text = arguments
    assert words[0] == "--predict"
    reporters = [Reporter(key, io.StringIO(), threading.Event()) for key in keys]
    assert predict_splits(run, reporters, words[1:-1], None, parse_variant(json.loads(text))) == 0


@pytest.fixture
def classic(tmp_path, monkeypatch):
    """Naive Bayes, and two linear ones that give votes alone; asked in this process."""
    monkeypatch.setattr(module, "run_members", predict_here)
    return train_in(tmp_path, BAYES + LINEAR)


def test_classic_member_is_the_mean_over_shifts(classic):
    view = predict_variant(classic, "shifts", members=("nb-*",))
    found = load_predictions(view, "test", members=("nb-*",))
    member = load(classic, parse_member(classic.member("nb-0000").spec))
    images = load_images(classic, "test").images
    total = np.zeros((60, 3))
    for offset in parse_copies("shifts").offsets:
        total += member(shift_images(images, offset, "nearest"), name="twin").probabilities
    np.testing.assert_array_equal(found.probabilities[0], (total / 9).astype(np.float32))
    assert not np.array_equal(found.probabilities, load_predictions(classic).probabilities)
    assert load_variant(view, "nb-0000", "test").copies == parse_copies("shifts")


def test_repeated_and_interrupted_variants_have_the_same_bytes(classic):
    view = predict_variant(classic, "shifts", members=("nb-*",))
    paths = [predictions_path(view, "nb-0000", split) for split in ("validation", "test")]
    first = [path.read_bytes() for path in paths]
    paths[1].unlink()
    predict_variant(classic, "shifts", members=("nb-*",))
    assert [path.read_bytes() for path in paths] == first


def test_run_with_variants_is_as_complete_as_before_and_tells_of_them(classic):
    before = summarise_run(classic)
    predict_variant(classic, "shifts", members=("nb-*",), splits=("test",))
    after = summarise_run(classic)
    assert all(is_complete(classic, key) for key in classic.keys)
    assert (after.members, after.splits) == (before.members, before.splits)
    assert before.variants == ()
    (variant,) = after.variants
    assert (variant.name, variant.split, variant.n_predicted) == ("tta-shifts-1", "test", 1)
    assert variant.text == "9 copies by shifts of 1 px, fill nearest"
    assert load_ledger(classic) == []
    path = predictions_path(classic.with_variant("tta-shifts-1"), "nb-0000", "test")
    path.write_bytes(path.read_bytes()[:-1])
    (variant,) = summarise_run(classic).variants
    assert str(path) in variant.text


def test_votes_alone_have_no_mean(classic):
    with pytest.raises(SpecError, match="sgd-0000 gives votes alone"):
        predict_variant(classic, "shifts")
    with pytest.raises(SpecError, match="nb-0000 is 'naive_bayes'"):
        predict_variant(classic, "8", members=("nb-*",))


def test_member_of_a_fold_is_asked_about_its_fold(tmp_path, monkeypatch):
    need("sklearn")
    monkeypatch.setattr(module, "run_members", predict_here)
    path = write(tmp_path, BAYES)
    path.write_text(path.read_text().replace("share = 0.2", "folds = 3, seed = 5"))
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    train_here(run, run.keys, ())
    view = predict_variant(run, "shifts")
    found = load_predictions(view, "train-oof")
    assert found.probabilities.shape == (1, 90, 3)
    record, images = load_record(run, "train-oof"), load_images(run, "train-oof").images
    for fold, key in enumerate(run.keys):
        rows = record.rows_of(fold)
        member, total = load(run, parse_member(run.member(key).spec)), 0
        for offset in parse_copies("shifts").offsets:
            moved = shift_images(images[rows], offset, "nearest")
            total = total + member(moved, name="twin").probabilities.astype(np.float64)
        expected = (total / 9).astype(np.float32)
        np.testing.assert_array_equal(found.probabilities[0, rows], expected)


def test_weights_are_fitted_on_the_same_variant(make_erring_run):
    """Without it on validation there is nothing to fit them on."""
    run = make_erring_run(n_members=3, n_examples=30)
    variant = VariantSpec(name="mine", copies=CROPS)
    for key in run.keys:
        save(run, key, "test", variant)
    weighted, view = lab.Decision(rule="weighted-majority"), run.with_variant("mine")
    with pytest.raises(MissingError, match="variant on 'validation' must be one that is there"):
        lab.score_vote(view, "test", weighted)
    for key in run.keys:
        save(run, key, "validation", variant)
    fitted = lab.score_vote(view, "test", weighted).decision
    plain = lab.score_vote(run, "test", weighted).decision
    assert fitted.variant == "mine"
    # All members say the same, so their log-odds are.
    assert len(set(fitted.weights)) == 1 < len(set(plain.weights))


def test_views_open_from_an_address_everywhere(make_run):
    run = make_run()
    for key in run.keys:
        save(run, key, "test", VariantSpec(name="mine", copies=CROPS))
    report = lab.score_vote(f"{run.path}@mine")
    assert [each.errors for each in report.members] == [report.errors] * 3
    assert report.to_json()["variant"] == "mine"
    assert "variant" not in lab.score_vote(run.path).to_json()
    assert open_run(f"{run.path}@mine").title == "toy@mine"
