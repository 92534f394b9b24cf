"""Which augmentations may stand in a recipe, in which order, and how the others are answered."""

import pytest
from pydantic import ValidationError

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.augmentation import (
    AffineWarp,
    Crop,
    Elastic,
    Erase,
    find_fill,
    split_stages,
)
from ensemble_lab.spec.experiment import parse_experiment
from ensemble_lab.spec.frozen import describe_spec
from ensemble_lab.spec.training import TrainingSpec

TEXT = """
name = "augmented"
data = { name = "digits" }
[[members]]
group = "net"
architecture = { name = "mlp" }
seeds = [0]
augmentation = [ENTRIES]
"""
ORDER = [
    "augmentation must be affine and crop entries, then at most one elastic",
    "then at most one erase",
]


def parse(entries):
    (group,) = parse_experiment(TEXT.replace("ENTRIES", entries)).members
    return group.augmentation


def refuse(text):
    with pytest.raises(SpecError) as caught:
        parse_experiment(text, source="net.toml")
    message = str(caught.value)
    assert "\n" not in message
    assert "net.toml" in message
    return message


def test_entries_by_name_in_the_order_of_doing():
    entries = parse(
        '{ name = "crop", pixels = 2 }, { name = "affine", zoom = 0.1 }, '
        '{ name = "elastic", alpha = 20, sigma = 3.5 }, { name = "erase", value = 0.5 }'
    )
    crop, affine = Crop(name="crop", pixels=2), AffineWarp(name="affine", zoom=0.1)
    elastic, erase = Elastic(name="elastic", alpha=20, sigma=3.5), Erase(name="erase", value=0.5)
    assert entries == (crop, affine, elastic, erase)
    assert split_stages(entries) == ((crop, affine), elastic, erase)


def test_every_kind_may_stand_alone():
    for name in ("affine", "crop", "elastic", "erase"):
        (entry,) = parse(f'{{ name = "{name}" }}')
        assert entry.to_json() == {"name": name}


def test_nothing_is_no_stage():
    assert split_stages(()) == ((), None, None)


def test_fill_is_that_of_the_entries_that_move_pixels():
    constant = AffineWarp(name="affine", fill="constant")
    assert find_fill((constant, constant)) == "constant"
    assert find_fill((Elastic(name="elastic"), Erase(name="erase"))) == "nearest"
    assert find_fill((Erase(name="erase"),)) is None
    assert find_fill(()) is None


def test_digest_of_a_recipe_with_a_warp_is_pinned():
    """It is in stored members, from before there were other entries."""
    recipe = TrainingSpec(augmentation=(AffineWarp(name="affine", shift=0.1),))
    assert recipe.digest == "4be25e18910fad5ff9755221957a48dba51a99ae42e539efb9213cb8a6adca5c"


@pytest.mark.parametrize(
    ("entries", "got"),
    [
        ('{ name = "elastic" }, { name = "affine" }', "got elastic, affine"),
        ('{ name = "erase" }, { name = "crop" }', "got erase, crop"),
        ('{ name = "erase" }, { name = "elastic" }', "got erase, elastic"),
        ('{ name = "elastic" }, { name = "elastic" }', "got elastic, elastic"),
        ('{ name = "affine" }, { name = "erase" }, { name = "erase" }', "affine, erase, erase"),
    ],
)
def test_other_orders_are_refused_with_the_rule_and_what_came(entries, got):
    message = refuse(TEXT.replace("ENTRIES", entries))
    for fact in (*ORDER, got, "members[0].augmentation"):
        assert fact in message


@pytest.mark.parametrize(
    ("entries", "facts"),
    [
        (
            '{ name = "crop", fill = "constant" }, { name = "elastic" }',
            ["fill must be the same", "constant and nearest", "members[0].augmentation"],
        ),
        ('{ name = "crop", pixels = 0 }', ["pixels must be at least 1", "augmentation[0].pixels"]),
        ('{ name = "crop", pixels = 1.5 }', ["pixels must be a whole number"]),
        ('{ name = "elastic", sigma = 0 }', ["sigma must be at least 0.1"]),
        ('{ name = "elastic", alpha = -1 }', ["alpha must be at least 0"]),
        ('{ name = "elastic", alhpa = 1 }', ["augmentation[0].alhpa", "'alpha'?"]),
        ('{ name = "erase", probability = 2 }', ["probability must be at most 1"]),
        ('{ name = "erase", value = 255 }', ["value must be at most 1", "255"]),
        ('{ name = "erase", smallest_area = 0 }', ["smallest_area must be greater than 0"]),
        (
            '{ name = "erase", smallest_area = 0.5 }',
            ["largest_area must be at least smallest_area, 0.5; got 0.4", "augmentation[0]"],
        ),
        (
            '{ name = "erase", highest_aspect = 0.2 }',
            ["highest_aspect must be at least lowest_aspect, 0.3; got 0.2"],
        ),
        ('{ name = "erase", fill = "nearest" }', ["fill is no key here"]),
        ('{ name = "elastc" }', ["affine, crop, elastic, erase", "'elastic'?"]),
    ],
)
def test_wrong_argument_is_answered_in_one_line(entries, facts):
    message = refuse(TEXT.replace("ENTRIES", entries))
    for fact in facts:
        assert fact in message


def test_standardise_is_refused_where_no_layer_would_do_it():
    classic = TEXT.replace("augmentation = [ENTRIES]", 'backend = "scikit-learn"')
    classic = classic.replace('"mlp"', '"naive_bayes", standardise = true')
    message = refuse(classic)
    assert "standardise must be left out of a model of scikit-learn" in message


def test_entries_are_frozen():
    with pytest.raises(ValidationError):
        Crop(name="crop").pixels = 3


def test_entry_is_described_without_defaults_unless_they_are_asked_for():
    entry = Elastic(name="elastic", sigma=10)
    assert describe_spec(entry) == "elastic (sigma 10)"
    assert describe_spec(entry, fill=entry.fill) == "elastic (fill nearest, sigma 10)"
    assert describe_spec(Erase(name="erase"), highest_aspect=10 / 3) == (
        "erase (highest_aspect 3.33333)"
    )
    assert describe_spec(Crop(name="crop")) == "crop"
