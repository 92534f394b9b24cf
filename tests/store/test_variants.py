"""Variants of predictions: files of their own, asked through the run, and never mixed up."""

import dataclasses

import numpy as np
import pytest

from ensemble_lab.analysis.selection.methods import select_members
from ensemble_lab.analysis.votes.vote import combine, combine_blocks
from ensemble_lab.decision import DEFAULT, Decision
from ensemble_lab.exceptions import DamagedError, MissingError, PredictionError, StoreError
from ensemble_lab.spec.augmentation import AffineWarp
from ensemble_lab.spec.variant import AugmentedCopies, ShiftedCopies, VariantSpec
from ensemble_lab.store.labels import load_validation_labels
from ensemble_lab.store.members import load_member
from ensemble_lab.store.predictions import (
    check_predictions,
    has_predictions,
    load_predictions,
    predictions_path,
    save_predictions,
)
from ensemble_lab.store.run import open_run, open_whole, save_run
from ensemble_lab.store.variants import find_variants, load_variant
from tests.store.conftest import KEY
from tests.store.damage import edit_header

FLIP = VariantSpec(name="flip", copies=ShiftedCopies(name="shifted"))
WARPED = VariantSpec(
    name="tta-8",
    copies=AugmentedCopies(
        name="augmented", augmentation=(AffineWarp(name="affine", rotation_degrees=12.0),)
    ),
)
ROWS = np.eye(3, dtype=np.float32)[[2, 2, 1, 0]]


def save(run, *, keys=None, split="test", variant=FLIP, rows=ROWS):
    for key in run.keys if keys is None else keys:
        index = load_predictions(run, split, members=(key,)).index
        parent = load_member(run, key).weights_sha256
        given = rows[np.arange(len(index)) % len(rows)]
        save_predictions(run, key, split, given, index, parent=parent, variant=variant)


def test_a_variant_is_never_taken_for_a_split(run):
    view = run.with_variant("flip")
    assert predictions_path(view, KEY, "test").name == "predictions-test.flip.h5"
    assert predictions_path(run, KEY, "test-flip") != predictions_path(view, KEY, "test")


def test_run_is_asked_in_a_variant_and_plainly(run):
    plain = load_predictions(run)
    save(run)
    view = open_run(f"{run.path}@flip")
    found = load_predictions(view)
    assert found.variant == "flip"
    assert found.votes.tolist() == [[2, 2, 1, 0]] * 2
    assert load_predictions(run).variant is None
    assert load_predictions(run).digests == plain.digests
    assert set(found.digests).isdisjoint(plain.digests)
    assert load_variant(view, KEY, "test") == FLIP
    assert has_predictions(view, KEY, "test")
    assert not has_predictions(view, KEY, "validation")


def test_how_it_was_made_is_in_the_digest(run):
    digests = []
    for seed in (0, 1):
        copies = WARPED.copies.model_copy(update={"seed": seed})
        save(run, variant=WARPED.model_copy(update={"copies": copies}))
        digests.append(load_predictions(run.with_variant("tta-8")).digests)
    assert set(digests[0]).isdisjoint(digests[1])
    assert load_variant(run.with_variant("tta-8"), KEY, "test").copies.seed == 1


def test_address_opens_the_run_as_it_was(run, monkeypatch):
    view = open_run(f"{run.path}@tta-8")
    assert view == dataclasses.replace(run, variant="tta-8")
    assert open_run(view.address) == view
    assert open_run(run.address) == run
    assert open_run(f"{run.path}/@tta-8") == view
    monkeypatch.chdir(run.path)
    assert open_run("@tta-8").variant == "tta-8"
    assert open_run("./").variant is None


def test_folder_with_an_at_in_its_name_is_a_run_all_the_same(run):
    twin = run.path.rename(run.path.with_name("toy@home"))
    assert open_run(twin).variant is None
    assert open_run(f"{twin}@flip").variant == "flip"


@pytest.mark.parametrize("variant", ["", "Flip", "a.b", "a" * 97])
def test_what_is_no_name_is_refused(run, refusal, variant):
    error = refusal(lambda: open_run(f"{run.path}@{variant}"))
    assert isinstance(error, StoreError)
    assert "variant must be" in str(error)


def test_no_run_before_the_at_is_no_run(run, refusal):
    assert "elsewhere@flip" in str(refusal(lambda: open_run(run.path.with_name("elsewhere@flip"))))


def test_manifest_knows_nothing_of_the_variant(run):
    before = (run.path / "run.json").read_bytes()
    save_run(run.with_variant("flip"))
    assert (run.path / "run.json").read_bytes() == before


def test_what_needs_a_whole_run_refuses_a_variant(run, refusal):
    assert open_whole(run.path, to="pool") == run
    assert open_whole(run, to="pool") is run
    for asked in (f"{run.path}@flip", run.with_variant("flip")):
        error = refusal(lambda asked=asked: open_whole(asked, to="pool"))
        assert "whole to pool" in str(error)
        assert "Leave out @flip" in str(error)


def test_unknown_variant_names_those_that_are_there(run, refusal):
    error = refusal(lambda: load_predictions(run.with_variant("flap")))
    assert isinstance(error, MissingError)
    assert "there is none; got 'flap'" in str(error)
    save(run)
    save(run, variant=WARPED, keys=(KEY,))
    save(run, split="validation", variant=VariantSpec(name="other", copies=FLIP.copies))
    assert find_variants(run, "test") == ("flip", "tta-8")
    text = str(refusal(lambda: load_predictions(run.with_variant("flap"))))
    assert "variant on 'test' must be one of flip, tta-8; got 'flap'" in text
    assert "did you mean 'flip'?" in text


def test_file_with_another_name_is_no_variant(run):
    path = predictions_path(run, KEY, "test")
    for name in ("predictions-test..h5", "predictions-test.h5.old.h5", "predictions-test.A.h5"):
        path.with_name(name).write_bytes(path.read_bytes())
    assert find_variants(run, "test") == ()


def test_member_without_the_variant_is_named(run, refusal):
    save(run, keys=(KEY,))
    view = run.with_variant("flip")
    text = str(refusal(lambda: load_predictions(view)))
    assert "on 'test' in the variant 'flip'; a-0001 of" in text
    assert "ensemble-lab predict" in text
    assert load_predictions(view, members=(KEY,)).members == (KEY,)


@pytest.mark.parametrize("about", ["gone", {"name": "other"}, 3, None])
def test_file_under_another_variants_name_is_refused(run, refusal, about):
    save(run)
    view = run.with_variant("flip")
    path = predictions_path(view, KEY, "test")

    def change(header):
        header.pop("variant") if about == "gone" else header.update(variant=about)

    edit_header(path, change)
    for read in (lambda: load_predictions(view), lambda: load_variant(view, KEY, "test")):
        error = refusal(read)
        assert isinstance(error, DamagedError)
        assert str(path) in str(error)


def test_variant_under_the_plain_name_is_refused(run, refusal):
    save(run)
    path = predictions_path(run, KEY, "test")
    path.write_bytes(predictions_path(run.with_variant("flip"), KEY, "test").read_bytes())
    for read in (lambda: load_predictions(run), lambda: check_predictions(run, KEY, "test")):
        assert "variant must be none, as in the file's name; got 'flip'" in str(refusal(read))


def test_vote_says_which_predictions_it_is_of(run):
    save(run)
    plain = combine(load_predictions(run), DEFAULT).decision
    varied = combine(load_predictions(run.with_variant("flip")), DEFAULT).decision
    assert (plain.variant, varied.variant) == (None, "flip")
    assert plain.digest != varied.digest
    assert varied.text.endswith(", variant flip")


def test_decision_about_a_variant_is_not_made_on_others(run):
    save(run)
    about = Decision(variant="flip")
    assert combine(load_predictions(run.with_variant("flip")), about).decision.variant == "flip"
    with pytest.raises(PredictionError, match=r"variant 'flip'.*got plain ones.*RUN@flip"):
        combine(load_predictions(run), about)


def test_blocks_of_two_variants_do_not_belong_together(run):
    save(run)
    blocks = [load_predictions(each) for each in (run, run.with_variant("flip"))]
    with pytest.raises(PredictionError, match="variant must be the same in all blocks"):
        combine_blocks(blocks, DEFAULT)


def test_members_chosen_on_a_variant_vote_in_it(run):
    save(run, split="validation")
    judged = load_predictions(run.with_variant("flip"), "validation")
    labels = load_validation_labels(run)
    assert select_members(judged, labels, "best").variant == "flip"
    plain = load_predictions(run, "validation")
    assert select_members(plain, labels, "best").variant is None
