"""Which members may train together, and how many at once: decided without Keras."""

import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.member import HeldStreams, MemberSpec
from ensemble_lab.training import memory
from ensemble_lab.training.memory import count_places, find_free_bytes
from ensemble_lab.training.stacks import name_stack
from tests.training.members import build_member

MEMBER = build_member("jax")


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 4},
        {"key": "other-0003", "group": "other"},
        {"held": HeldStreams(varies="order", seed=1)},
    ],
)
def test_names_and_random_streams_part_no_members(change):
    assert name_stack(MEMBER.model_copy(update=change)) == name_stack(MEMBER)


@pytest.mark.parametrize(
    "recipe",
    [
        {"optimizer": {"name": "adam", "rate": 0.02}},
        {"schedule": {"name": "plateau", "patience": 1}},
        {"schedule": {"name": "one-cycle"}},
    ],
)
def test_rates_and_schedules_part_no_members(recipe):
    other = build_member("jax", **recipe)
    assert other != MEMBER
    assert name_stack(other) == name_stack(MEMBER)


@pytest.mark.parametrize(
    "other",
    [
        build_member("jax", epochs=5),
        build_member("jax", batch_size=8),
        build_member("jax", keep="average"),
        build_member("jax", optimizer={"name": "sgd"}),
        build_member("jax", optimizer={"name": "adam", "beta_1": 0.8}),
        build_member("jax", augmentation=[{"name": "affine", "shift": 0.1}]),
        build_member("jax", architecture={"name": "mlp", "hidden": [16]}),
        MEMBER.model_copy(update={"fold": 0}),
        MEMBER.model_copy(update={"threads": 2}),
    ],
)
def test_all_that_is_compiled_in_or_learnt_from_parts_members(other):
    assert name_stack(other) != name_stack(MEMBER)


def test_member_of_another_backend_is_refused_with_what_to_do():
    with pytest.raises(SpecError) as caught:
        name_stack(build_member("tensorflow"))
    assert str(caught.value) == (
        "backend of toy-0003 must be 'jax' for the stacked engine; got 'tensorflow'. "
        "Say --backend jax."
    )
    classic = {"key": "nb-0000", "group": "nb", "seed": 0, "backend": "scikit-learn"}
    spec = MemberSpec.model_validate(classic | {"architecture": {"name": "naive_bayes"}})
    with pytest.raises(SpecError, match=r"got 'scikit-learn'\. Leave it out with --members"):
        name_stack(spec)


def test_all_places_fit_where_nothing_is_known():
    assert count_places(7, None, 1) == count_places(7, 1 << 50, None) == 7


def test_free_memory_is_the_least_that_machine_or_container_has(tmp_path, monkeypatch):
    for name, text in {
        "_MEMINFO": "MemTotal: 9 kB\nMemAvailable:       3 kB\n",
        "_LIMIT": "max\n",
        "_USED": "1000\n",
    }.items():
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(memory, name, tmp_path / name)
    assert find_free_bytes() == 3 * 1024
    (tmp_path / "_LIMIT").write_text("2500\n")
    assert find_free_bytes() == 1500
    (tmp_path / "_LIMIT").write_text("500\n")
    assert find_free_bytes() == 0
    (tmp_path / "_LIMIT").unlink()
    (tmp_path / "_MEMINFO").unlink()
    assert find_free_bytes() is None
