"""A member's identity: what makes its weights, and nothing else."""

import math

import pytest
from pydantic import ValidationError

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.architecture import Mlp
from ensemble_lab.spec.data import Digits, Mnist, Npz, ValidationSpec, parse_data
from ensemble_lab.spec.member import ExampleHashes, MemberSpec
from ensemble_lab.spec.training import Sgd, TrainingSpec

EXAMPLES = ExampleHashes(train="a" * 64, validation="b" * 64)
IDENTITY = "73f187faf9485b7858dec426e243ae1ac743d2ce9b8ffa2f4f42e76dc969f6ea"
MEMBER = MemberSpec.model_validate(
    {
        "key": "bn-elu-0000",
        "group": "bn-elu",
        "architecture": {"name": "bn_elu"},
        "training": {
            "schedule": {"name": "plateau"},
            "augmentation": [
                {"name": "affine", "rotation_degrees": 10.0, "zoom": 0.1, "shift": 0.1}
            ],
        },
        "seed": 0,
    }
)


def changed(**values):
    return MemberSpec.model_validate(MEMBER.model_dump() | values)


def test_identity_is_pinned():
    """Stored members are found by this: it must not change under them."""
    assert MEMBER.identity(EXAMPLES) == IDENTITY


def test_names_are_no_part_of_the_identity():
    assert changed(key="x-0000", group="x").identity(EXAMPLES) == IDENTITY
    assert changed(key="x-0000", group="x").digest != MEMBER.digest


def test_written_out_defaults_are_no_part_of_the_identity():
    assert MemberSpec.model_validate(MEMBER.model_dump()).identity(EXAMPLES) == IDENTITY


@pytest.mark.parametrize(
    "values",
    [
        {"seed": 1},
        {"held": {"varies": "init", "seed": 0}},
        {"threads": 2},
        {"backend": "jax"},
        {"architecture": {"name": "cnn3"}},
        {"architecture": {"name": "bn_elu", "outputs": 12}},
        {"training": TrainingSpec(epochs=11).model_dump()},
        {"training": TrainingSpec(epoch_votes=True).model_dump()},
    ],
)
def test_what_makes_the_weights_is_part_of_the_identity(values):
    assert changed(**values).identity(EXAMPLES) != IDENTITY


@pytest.mark.parametrize("values", [{"train": "c" * 64}, {"validation": "c" * 64}])
def test_examples_are_part_of_the_identity(values):
    assert MEMBER.identity(EXAMPLES.model_copy(update=values)) != IDENTITY


def test_member_comes_back_from_its_json():
    assert MemberSpec.model_validate(MEMBER.to_json()) == MEMBER


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_must_be_finite(value):
    for build in (
        lambda: Sgd(name="sgd", rate=value),
        lambda: Mlp(name="mlp", dropout=value),
        lambda: ValidationSpec(share=value),
    ):
        with pytest.raises(ValidationError, match="finite"):
            build()


def test_lists_become_tuples():
    mlp = Mlp.model_validate({"name": "mlp", "hidden": [3, 4]})
    assert mlp.hidden == (3, 4)
    assert type(mlp.hidden) is tuple


@pytest.mark.parametrize(
    "data",
    [
        Digits(name="digits"),
        Mnist(name="mnist", validation=ValidationSpec(share=0.0)),
        Npz(name="npz", path="x.npz"),
    ],
)
def test_data_spec_comes_back_from_its_json(data):
    assert parse_data(data.to_json()) == data


@pytest.mark.parametrize(
    "values", [{}, {"name": "cifar"}, {"name": "mnist", "x": 1}, {"name": "npz"}, {"name": ["npz"]}]
)
def test_unknown_data_spec_is_one_line(values):
    with pytest.raises(SpecError) as caught:
        parse_data(values)
    assert "\n" not in str(caught.value)
