"""Variants: what a user types, what is stored, and of whom it cannot be asked."""

import pytest
from pydantic import ValidationError

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.augmentation import AffineWarp, Crop
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.variant import (
    AugmentedCopies,
    ShiftedCopies,
    VariantSpec,
    name_variant,
    parse_copies,
    parse_variant,
    resolve_copies,
)

WARP = AffineWarp(name="affine", rotation_degrees=12.0)


def member(augmentation=(), **architecture):
    return MemberSpec.model_validate(
        {
            "key": "a-0000",
            "group": "a",
            "seed": 0,
            "architecture": architecture or {"name": "mlp", "hidden": (4,)},
            "training": {"augmentation": augmentation},
        }
        | ({"backend": "scikit-learn", "training": {}} if architecture else {})
    )


@pytest.mark.parametrize(
    ("text", "copies", "name"),
    [
        ("8", AugmentedCopies(name="augmented"), "tta-8"),
        ("2", AugmentedCopies(name="augmented", n_copies=2), "tta-2"),
        ("16:3", AugmentedCopies(name="augmented", n_copies=16, seed=3), "tta-16-seed-3"),
        ("shifts", ShiftedCopies(name="shifted"), "tta-shifts-1"),
        ("shifts:2", ShiftedCopies(name="shifted", pixels=2), "tta-shifts-2"),
    ],
)
def test_copies_are_typed_in_a_word_that_names_the_variant(text, copies, name):
    assert parse_copies(text) == copies
    assert name_variant(copies) == name


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("1", "from 2 to 1000; got 1"),
        ("1001", "from 2 to 1000"),
        ("0", "from 2"),
        ("-3", "N, N:SEED, shifts or shifts:PIXELS; got '-3'"),
        ("", "got ''"),
        ("shift", "did you mean 'shifts'"),
        ("8:", "seed of copies"),
        ("8:x", "seed of copies"),
        (f"8:{2**63}", "seed of copies"),
        ("shifts:0", "pixels of shifts must be from 1"),
        ("shifts:1.5", "pixels of shifts"),
        ("٣", "copies must be"),
    ],
)
def test_what_is_no_copies_is_refused(text, fact):
    with pytest.raises(SpecError, match=fact):
        parse_copies(text)


def test_shifts_are_the_nine_of_a_grid_and_the_image_itself_comes_first():
    offsets = ShiftedCopies(name="shifted", pixels=2).offsets
    assert offsets[0] == (0, 0)
    assert sorted(offsets) == [(down, right) for down in (-2, 0, 2) for right in (-2, 0, 2)]


@pytest.mark.parametrize(
    "copies",
    [
        AugmentedCopies(name="augmented", n_copies=3, augmentation=(WARP,), seed=5),
        AugmentedCopies(name="augmented"),
        ShiftedCopies(name="shifted", fill="constant"),
    ],
)
def test_variant_comes_back_from_its_json(copies):
    variant = VariantSpec(name="mine", copies=copies)
    assert parse_variant(variant.to_json()) == variant


def test_digest_is_pinned():
    """Prediction files hold it in their header: a changed default would change what they say."""
    copies = AugmentedCopies(name="augmented", augmentation=(WARP,))
    assert VariantSpec(name="tta-8", copies=copies).canonical == (
        '{"copies":{"augmentation":[{"name":"affine","rotation_degrees":12.0}],'
        '"name":"augmented"},"name":"tta-8"}'
    )
    assert VariantSpec(name="s", copies=ShiftedCopies(name="shifted")).canonical == (
        '{"copies":{"name":"shifted"},"name":"s"}'
    )
    defaults = AugmentedCopies(name="augmented"), ShiftedCopies(name="shifted")
    assert (defaults[0].n_copies, defaults[0].seed) == (8, 0)
    assert (defaults[1].pixels, defaults[1].fill) == (1, "nearest")


@pytest.mark.parametrize("name", ["", "../up", "A", "a_b", "-a", "a" * 97, "a\n", "a.b"])
def test_name_that_could_leave_the_folder_is_refused(name):
    with pytest.raises(ValidationError):
        VariantSpec(name=name, copies=ShiftedCopies(name="shifted"))
    with pytest.raises(SpecError, match="variant must be one that this version knows"):
        parse_variant({"name": name, "copies": {"name": "shifted"}})


def test_augmentation_is_the_members_own_unless_one_is_named():
    own = member((WARP.model_dump(),))
    asked = AugmentedCopies(name="augmented", seed=2)
    assert resolve_copies(asked, own).augmentation == (WARP,)
    assert resolve_copies(asked, own).seed == 2
    crop = AugmentedCopies(name="augmented", augmentation=(Crop(name="crop", pixels=1),))
    assert resolve_copies(crop, own) == crop
    assert resolve_copies(crop, member()) == crop
    shifts = ShiftedCopies(name="shifted")
    assert resolve_copies(shifts, member()) == shifts
    assert resolve_copies(shifts, member(name="naive_bayes")) == shifts


@pytest.mark.parametrize(
    ("text", "asked", "fact"),
    [
        ("8", member(), "a-0000 was trained without"),
        ("8", member(name="naive_bayes"), "a-0000 is 'naive_bayes'"),
        ("8", member(name="sgd_linear"), "a-0000 gives votes alone"),
        ("shifts", member(name="sgd_linear"), "a-0000 gives votes alone"),
    ],
)
def test_member_that_cannot_be_asked_is_refused(text, asked, fact):
    with pytest.raises(SpecError, match=fact):
        resolve_copies(parse_copies(text), asked)
    assert resolve_copies(parse_copies("shifts"), member(name="sgd_linear", loss="log_loss"))


def test_copies_are_told_in_words():
    copies = AugmentedCopies(name="augmented", n_copies=4, augmentation=(WARP,))
    assert copies.text == "4 copies by affine (rotation_degrees 12), seed 0"
    assert parse_copies("4").text == "4 copies by their training's augmentation, seed 0"
    assert parse_copies("shifts").text == "9 copies by shifts of 1 px, fill nearest"
