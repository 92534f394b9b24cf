"""What an experiment means for its data, before anything is trained."""

import json

import numpy as np
import pytest

from ensemble_lab.exceptions import (
    DamagedError,
    DataError,
    MismatchError,
    MissingExtraError,
    SpecError,
)
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import save_member
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.planning import choose_keys, plan_experiment
from ensemble_lab.workflows.train import is_complete, prepare_run
from ensemble_lab.workflows.workers import check_backends

MEMBER = (
    '[[members]]\ngroup = "{group}"\narchitecture = {{ name = "mlp"{extra} }}\nseeds = {seeds}\n'
)


@pytest.fixture
def write(tmp_path):
    """Write an experiment on twelve tiny images of three classes; return its path."""

    def write(*, labels=None, test=None, extra="", seeds="[0, 1]", share="0.25", more="", **recipe):
        labels = np.arange(12) % 3 if labels is None else np.array(labels)
        test = np.arange(6) % 3 if test is None else np.array(test)
        rng = np.random.default_rng(0)
        np.savez(
            tmp_path / "data.npz",
            x_train=rng.integers(0, 256, (len(labels), 4, 4)).astype(np.uint8),
            y_train=labels,
            x_test=rng.integers(0, 256, (len(test), 4, 4)).astype(np.uint8),
            y_test=test,
        )
        keys = "".join(f"{key} = {value}\n" for key, value in recipe.items())
        path = tmp_path / "experiment.toml"
        path.write_text(
            f'name = "tiny"\n[data]\nname = "npz"\npath = "data.npz"\n'
            f"validation = {{ share = {share} }}\n[defaults]\nepochs = 2\n"
            + MEMBER.format(group="a", extra=extra, seeds=seeds)
            + keys
            + more
        )
        return path

    return write


def start(run, key):
    """Write a member as training would, without training."""
    import h5py

    save_member(
        run,
        key,
        lambda path: h5py.File(path, "w").close(),
        architecture_sha256="a" * 64,
        history=(),
        kept_epoch=0,
        n_parameters=1,
        training_macs=1,
        environment={},
    )


def test_relative_data_path_is_taken_from_the_experiment_file(write, monkeypatch, tmp_path_factory):
    path = write()
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert plan_experiment(path).dataset.split("train").n_examples == 9


def test_plan_counts_what_training_takes(write):
    plan = plan_experiment(write(extra=", hidden = [5]", batch_size=4))
    first = plan.members[0]
    assert [member.spec.key for member in plan.members] == ["a-0000", "a-0001"]
    assert first.plan.parameters == 16 * 5 + 5 + 5 * 3 + 3
    assert (first.plan.images, first.plan.steps_per_epoch) == (9, 3)
    assert sum(m.plan.tflop for m in plan.members) == pytest.approx(
        2 * (16 * 5 + 5 * 3) * 9 * 2 * 6 / 1e12
    )


def test_share_zero_leaves_no_validation_split(write):
    plan = plan_experiment(write(share="0.0"))
    assert [split.name for split in plan.dataset.splits] == ["train", "test"]


@pytest.mark.parametrize(
    "recipe", [{"keep": '"best-validation"'}, {"schedule": '{ name = "plateau" }'}]
)
def test_recipe_that_needs_validation_is_refused_without_it(write, recipe):
    with pytest.raises(SpecError, match="needs validation examples"):
        plan_experiment(write(share="0.0", **recipe))


def test_class_without_training_images_is_refused_unless_outputs_is_given(write):
    labels = [0, 0, 0, 0, 2, 2, 2, 2]
    with pytest.raises(DataError, match=r"none of 1 .*outputs = 3"):
        plan_experiment(write(labels=labels))
    plan = plan_experiment(write(labels=labels, extra=", outputs = 3"))
    assert plan.class_names == ("0", "1", "2")


def test_class_absent_from_test_is_legal(write):
    assert plan_experiment(write(test=[0, 1, 1])).dataset.n_classes == 3


def test_more_outputs_than_classes_are_named_by_number(write):
    plan = plan_experiment(write(extra=", outputs = 5"))
    assert plan.class_names == ("0", "1", "2", "3", "4")
    assert plan.members[0].plan.parameters == 16 * 256 + 256 + 256 * 5 + 5


def test_fewer_outputs_than_classes_are_refused(write):
    with pytest.raises(SpecError, match=r"at least the 3 classes.*got 2"):
        plan_experiment(write(extra=", outputs = 2"))


def test_members_that_name_different_numbers_of_classes_are_refused(write):
    other = MEMBER.format(group="b", extra=", outputs = 7", seeds="[0]")
    with pytest.raises(SpecError, match="got 3, 7"):
        plan_experiment(write(more=other))


def test_backend_for_all_members_is_part_of_their_identity(write):
    path = write()
    tensorflow, jax = plan_experiment(path), plan_experiment(path, backend="jax")
    assert {member.spec.backend for member in jax.members} == {"jax"}
    assert tensorflow.members[0].entry.digest != jax.members[0].entry.digest


@pytest.mark.parametrize(
    ("shard", "keys"),
    [("1/2", ["a-0000", "a-0002", "a-0004"]), ("2/2", ["a-0001", "a-0003"]), ("3/9", ["a-0002"])],
)
def test_shards_share_the_members_out(write, shard, keys):
    plan = plan_experiment(write(seeds="{ first = 0, count = 5 }"), shard=shard)
    assert [member.spec.key for member in plan.chosen_members] == keys
    assert len(plan.members) == 5


@pytest.mark.parametrize("shard", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/" + "9" * 5000])
def test_shard_that_is_none_is_refused(shard):
    with pytest.raises(SpecError, match="I/N"):
        choose_keys(("a-0000",), (), shard)


@pytest.mark.parametrize(
    ("keys", "twin"),
    [
        ("", "a-0001"),
        ("epoch_votes = true", "a-0001"),
        ("average_decay = 0.5", "a-0001"),
        # Nothing is augmented or dropped out: of the seeds only that of the others is drawn from.
        ('held = { varies = "augment", seed = 0 }', "a-0000"),
        ('held = { varies = "dropout", seed = 0 }', "a-0000"),
    ],
)
def test_one_net_must_not_vote_twice(write, keys, twin):
    more = MEMBER.format(group="b", extra="", seeds="[1]")
    with pytest.raises(SpecError, match=f"{twin} and b-0001 have the same recipe and seed"):
        plan_experiment(write(more=f"{more}{keys}\n"))


@pytest.mark.parametrize(
    "keys",
    [
        'keep = "average"',
        'backend = "jax"',
        'held = { varies = "order", seed = 0 }',
        'held = { varies = "dropout", seed = 0 }',
    ],
)
def test_what_changes_a_weight_makes_another_net(write, keys):
    extra = ", dropout = 0.5"
    path = write(extra=extra, more=MEMBER.format(group="b", extra=extra, seeds="[1]") + keys)
    assert [member.spec.key for member in plan_experiment(path).members][-1] == "b-0001"


def test_backend_of_some_members_leaves_the_others_alone(write, tmp_path):
    path = write()
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    start(run, "a-0000")
    plan = plan_experiment(path, members=["a-0001"], backend="jax")
    grown = prepare_run(plan, tmp_path / "run", path)
    assert grown.member("a-0000") == run.member("a-0000")
    assert grown.member("a-0001").spec["backend"] == "jax"


def test_a_pattern_may_be_one_word(write):
    assert plan_experiment(write(), members="a-0001").chosen == ("a-0001",)


def test_run_holds_splits_with_roles_and_published_index(write, tmp_path):
    path = write()
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    roles = {name: load_record(run, name).role for name in run.splits}
    assert roles == {"train": "none", "validation": "choose", "test": "report"}
    both = np.sort(np.concatenate([load_record(run, n).index for n in ("train", "validation")]))
    np.testing.assert_array_equal(both, np.arange(12))
    assert (tmp_path / "run" / "experiment.toml").read_text() == path.read_text()


def test_run_grows_and_forgets_no_member(write, tmp_path):
    path = write(seeds="[0, 1]")
    prepare_run(plan_experiment(path), tmp_path / "run", path)
    path = write(seeds="[1, 2]")
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    assert run.keys == ("a-0000", "a-0001", "a-0002")
    assert open_run(tmp_path / "run") == run


def test_change_of_a_started_member_is_refused_with_both_values(write, tmp_path):
    path = write()
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    start(run, "a-0000")
    before = (tmp_path / "run" / "run.json").read_text()
    path = write(batch_size=7)
    with pytest.raises(MismatchError, match=r"batch_size of member a-0000 .*128.* got 7"):
        prepare_run(plan_experiment(path), tmp_path / "run", path)
    path = write()
    with pytest.raises(MismatchError, match=r"backend of member a-0000 .*'tensorflow'.*got 'jax'"):
        prepare_run(plan_experiment(path, backend="jax"), tmp_path / "run", path)
    assert (tmp_path / "run" / "run.json").read_text() == before


def test_change_of_a_member_that_is_in_its_first_epoch_is_refused(write, tmp_path):
    """It has no file yet: what it would leave would be refused as another's."""
    path = write()
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    path = write(batch_size=7)
    with (
        lock_member(run, "a-0000"),
        pytest.raises(MismatchError, match=r"batch_size of member a-0000 .*128.* got 7"),
    ):
        prepare_run(plan_experiment(path), tmp_path / "run", path)
    assert "batch_size" not in (tmp_path / "run" / "run.json").read_text()


def test_run_that_was_given_a_split_of_trainings_name_is_not_trained(write, tmp_path):
    """New members would have nothing to predict it from, and fail at their end."""
    path = write(share="0")
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    save_run(run.with_split("validation"))
    with pytest.raises(MismatchError, match="validation of the run must be what members are"):
        prepare_run(plan_experiment(write(share="0")), tmp_path / "run", path)


def test_change_of_a_member_that_is_not_started_is_taken(write, tmp_path):
    path = write()
    prepare_run(plan_experiment(path), tmp_path / "run", path)
    path = write(batch_size=7)
    run = prepare_run(plan_experiment(path), tmp_path / "run", path)
    assert run.member("a-0000").spec["training"]["batch_size"] == 7


def test_other_data_under_the_same_run_are_refused(write, tmp_path):
    path = write()
    prepare_run(plan_experiment(path), tmp_path / "run", path)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text())
    path = write(labels=[0, 1, 2] * 5)
    with pytest.raises(MismatchError, match=r"images_sha256 of split 'train'"):
        prepare_run(plan_experiment(path), tmp_path / "run", path)
    assert json.loads((tmp_path / "run" / "run.json").read_text()) == manifest


@pytest.mark.parametrize(("backend", "extra"), [("tensorflow", "train"), ("jax", "jax")])
def test_absent_backend_says_how_to_install_it(monkeypatch, backend, extra):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'ensemble-lab\[{extra}\]'"):
        check_backends({backend})


def test_run_keeps_its_name(write, tmp_path):
    path = write()
    prepare_run(plan_experiment(path), tmp_path / "run", path)
    path.write_text(path.read_text().replace('name = "tiny"', 'name = "other"'))
    with pytest.raises(MismatchError, match="name of the run must stay 'tiny'; got 'other'"):
        prepare_run(plan_experiment(path), tmp_path / "run", path)
    assert open_run(tmp_path / "run").name == "tiny"


def test_damaged_predictions_are_not_taken_for_complete(make_run):
    run = make_run()
    path = run.member_folder("a-0001") / "predictions-test.h5"
    path.write_bytes(path.read_bytes()[:-1])
    assert is_complete(run, "a-0000")
    with pytest.raises(DamagedError):
        is_complete(run, "a-0001")


def test_member_without_predictions_is_not_complete(make_run):
    run = make_run()
    (run.member_folder("a-0001") / "predictions-validation.h5").unlink()
    assert not is_complete(run, "a-0001")
