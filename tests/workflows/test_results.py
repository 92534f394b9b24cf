"""Every value of results.json, counted another way."""

import json
import math
import re
import shlex
from dataclasses import replace

import numpy as np
import pytest

import tests.conftest as made
from ensemble_lab.spec.data import CanvasSpec
from ensemble_lab.spec.experiment import parse_experiment, read_experiment
from ensemble_lab.spec.member import parse_member
from ensemble_lab.spec.presets import PRESETS
from ensemble_lab.store.labels import load_labels
from ensemble_lab.store.members import EpochRecord, load_member
from ensemble_lab.store.predictions import load_predictions, save_votes
from ensemble_lab.store.splits import load_record
from ensemble_lab.workflows.results import collect_results, save_results

ENVIRONMENT = {
    "ensemble-lab": "0.1.0",
    "python": "3.11.7",
    "numpy": "2.4.6",
    "keras": "3.15.1",
    "tensorflow": "2.21.0",
    "backend": "tensorflow",
    "threads": 2,
    "device": "CPU",
    "cpu": "a cpu",
    "cores": 8,
    "platform": "an os",
    "commit": "c" * 40,
}
PUBLISHED = (
    '[[published]]\nfigure = "99.15 %"\nsource = "a page"\nhow_chosen = "last epoch"\n'
    '[[published]]\nfigure = "99.7 %"\nsource = "a paper"\n'
)


@pytest.fixture
def make(make_erring_run, monkeypatch):
    """Make a run that errs and whose members' environment and experiment file say more."""
    describe, train = made.describe, made.train_in_name

    def make(*, recipe="", more="", environments=(ENVIRONMENT,), **wishes):
        def describe_more(*arguments):
            return describe(*arguments).replace("epochs = 2\n", f"epochs = 2\n{recipe}") + more

        def train_there(run, key, rng):
            environment = environments[int(key[-4:]) % len(environments)]
            return train(run, key, rng, environment=environment)

        monkeypatch.setattr(made, "describe", describe_more)
        monkeypatch.setattr(made, "train_in_name", train_there)
        return make_erring_run(**wishes)

    return make


def wilson_by_hand(errors, n):
    """The interval as the roots of (p - q)² = z² q (1 - q) / n."""
    z, p = 1.959963984540054, errors / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = math.sqrt(b * b - 4 * a * c)
    return n * (-b - root) / (2 * a), n * (-b + root) / (2 * a)


def test_every_value_is_what_the_files_say(make, tmp_path):
    run = make(n_members=3, n_examples=40, n_classes=4, more=PUBLISHED, seed=3)
    saved = save_results(run, tmp_path / "results.json")
    values = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert values == saved.values
    assert not saved.look.is_repeat
    text = (run.path / "experiment.toml").read_text(encoding="utf-8")
    path = run.path / "experiment.toml"
    errors = {name: count(run, name) for name in ("validation", "test")}
    assert values["experiment"] == "toy"
    assert values["spec_digest"] == parse_experiment(text).digest
    assert values["commit"] == "c" * 40
    assert values["command"] == f"ensemble-lab train {path} --run {run.path}"
    assert values["versions"] == dict(list(ENVIRONMENT.items())[:5])
    assert values["hardware"] == dict(list(ENVIRONMENT.items())[5:11])
    # Two epochs of 1.5 seconds, three members.
    assert values["minutes"] == pytest.approx(3 * 2 * 1.5 / 60)
    # 12 multiply-adds, 3 members, 2 epochs, 24 of 32 images, forward and backward.
    assert values["tflop"] == pytest.approx(12 * 3 * 2 * 24 * 6 / 1e12)
    assert values["splits"] == {
        "train": {"n_examples": 24, "role": "none"},
        "validation": {"n_examples": 8, "role": "choose"},
        "test": {"n_examples": 40, "role": "report"},
    }
    assert values["members"] == [
        {
            "key": f"a-000{seed}",
            "group": "a",
            "seed": seed,
            "epochs": 2,
            "parameters": 15,
            "minutes": pytest.approx(2 * 1.5 / 60),
            "validation_errors": errors["validation"][seed],
            "test_errors": errors["test"][seed],
        }
        for seed in range(3)
    ]
    assert len(set(errors["test"] + errors["validation"])) > 3
    assert values["data"] == {
        "name": "npz",
        "validation": {"share": 0.25},
        "image_shape": [5, 4, 1],
    }
    assert values["chosen_on"] is None
    assert values["published"] == [
        {"figure": "99.15 %", "source": "a page", "how_chosen": "last epoch"},
        {"figure": "99.7 %", "source": "a paper", "how_chosen": "not stated"},
    ]


def count(run, split):
    labels = load_labels(run, split).values
    return [int(sum(row != labels)) for row in load_predictions(run, split).votes]


def test_votes_are_of_both_rules(make):
    run = make(n_members=4, n_examples=40, n_classes=4, seed=3)
    predictions, labels = load_predictions(run), load_labels(run).values
    mean = predictions.probabilities.astype(np.float64).mean(axis=0)
    counts = np.stack([np.bincount(column, minlength=4) for column in predictions.votes.T])
    is_first = counts == counts.max(axis=1, keepdims=True)
    majority = np.where(is_first, mean, -1).argmax(axis=1)
    wrong = [int((chosen != labels).sum()) for chosen in (majority, mean.argmax(axis=1))]
    ties = int((is_first.sum(axis=1) > 1).sum())
    assert ties > 0
    votes = collect_results(run).values["votes"]
    assert [vote["decision"] for vote in votes] == [
        "majority, ties by mean-probability",
        "mean-probability, ties to the smaller class",
    ]
    assert [vote["errors"] for vote in votes] == wrong
    assert [vote["n_ties"] for vote in votes] == [ties, 0]
    for vote, errors in zip(votes, wrong, strict=True):
        low, high = wilson_by_hand(errors, 40)
        assert vote["interval"] == {"low": pytest.approx(low), "high": pytest.approx(high)}
        assert list(vote) == ["decision", "errors", "interval", "n_ties"]


@pytest.mark.parametrize(
    ("recipe", "chosen_on"),
    [
        ("", None),
        ('keep = "average"\n', None),
        ('keep = "best-validation"\n', "validation"),
        ('schedule = { name = "plateau" }\n', "validation"),
    ],
)
def test_chosen_on_validation_where_it_chose_weights_or_rates(make, recipe, chosen_on):
    assert collect_results(make(recipe=recipe)).values["chosen_on"] == chosen_on


def test_one_member_that_was_chosen_is_enough(make):
    group = (
        '[[members]]\ngroup = "b"\narchitecture = { name = "mlp", hidden = [5] }\nseeds = [0]\n'
        'keep = "best-validation"\n'
    )
    assert collect_results(make(more=group)).values["chosen_on"] == "validation"


@pytest.mark.parametrize("is_there", [True, False])
def test_file_that_did_not_make_the_members_is_not_named(make, is_there):
    run = make(more=PUBLISHED)
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    if is_there:
        path.write_text(text.replace("seeds = [0, 1, 2]", "seeds = [0, 1]"), encoding="utf-8")
    values = collect_results(run).values
    assert (values["spec_digest"], values["command"], values["published"]) == (None, None, [])
    assert len(values["members"]) == 3
    if is_there:
        path.write_text(text.replace("epochs = 2", "epochs = 3"), encoding="utf-8")
        assert collect_results(run).values["spec_digest"] is None


def test_environments_that_differ_are_all_named(make):
    other = ENVIRONMENT | {"commit": "d" * 40, "cpu": "another"}
    values = collect_results(make(environments=(ENVIRONMENT, other))).values
    assert values["commit"] == ["c" * 40, "d" * 40]
    assert values["hardware"]["cpu"] == ["a cpu", "another"]
    assert values["hardware"]["cores"] == 8


def test_members_that_were_stacked_are_said_to_be(make):
    run = make(environments=(ENVIRONMENT | {"numerics": "stacked", "stack": 32},))
    values = collect_results(run).values
    assert (values["hardware"]["numerics"], values["hardware"]["stack"]) == ("stacked", 32)
    assert values["command"].endswith(f" --run {run.path} --engine stacked")


def test_backend_that_was_asked_for_in_the_place_of_the_files_is_part_of_the_command(make):
    run = make()
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    before = collect_results(run).values
    assert "--backend" not in before["command"]
    asked = text.replace("epochs = 2\n", 'epochs = 2\nbackend = "jax"\n')
    path.write_text(asked, encoding="utf-8")
    values = collect_results(run).values
    assert values["command"] == before["command"] + " --backend tensorflow"
    assert values["spec_digest"] == read_experiment(path).digest != before["spec_digest"]


def test_members_of_which_some_were_stacked_are_of_no_one_command(make):
    stacked = ENVIRONMENT | {"numerics": "stacked", "stack": 2}
    run = make(environments=(ENVIRONMENT | {"numerics": "single"}, stacked))
    values = collect_results(run).values
    assert values["hardware"]["numerics"] == ["single", "stacked"]
    assert values["spec_digest"] is not None
    assert values["command"] is None


def test_file_whose_data_lie_beside_another_is_no_command(make):
    run = make()
    path = run.path / "experiment.toml"
    text = path.read_text(encoding="utf-8")
    (where,) = re.findall('^path = "(.*)"$', text, re.MULTILINE)
    path.write_text(text.replace(where, "mine.npz"), encoding="utf-8")
    values = collect_results(run).values
    assert values["spec_digest"] is not None
    assert values["command"] is None


def test_command_can_be_pasted_whatever_the_folder_is_called(make, tmp_path):
    run = make()
    moved = run.path.rename(tmp_path / "my run's")
    command = collect_results(moved).values["command"]
    assert shlex.split(command)[-2:] == ["--run", str(moved)]


@pytest.mark.parametrize("commit", [{}, {"commit": ""}])
def test_commit_that_is_not_known_is_null(make, commit):
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "commit"} | commit
    assert collect_results(make(environments=(environment,))).values["commit"] is None


def test_a_group_row_says_what_its_members_have_in_common_and_their_means(make):
    run = make(groups={"b": 3, "a": 1}, n_examples=40, n_classes=4, seed=3)
    errors = {name: count(run, name) for name in ("validation", "test")}
    rows = collect_results(run).values["groups"]
    assert [row["group"] for row in rows] == ["b", "a"]
    first, second = errors["test"][:3], errors["test"][3]
    mean = sum(first) / 3
    assert mean % 1
    assert len(set(first)) > 1
    low, high = wilson_by_hand(mean, 40)
    valid = errors["validation"][:3]
    assert rows[0] == {
        "group": "b",
        "preset": None,
        "architecture": "mlp",
        "parameters": 15,
        # Dense 20 → 4 → 4 with biases, counted from the layers.
        "trainable": 21 * 4 + 5 * 4,
        "macs": 12,
        "epochs": 2,
        "n_members": 3,
        "seeds": [0, 1, 2],
        "tflop": pytest.approx(12 * 2 * 24 * 6 / 1e12),
        "minutes": pytest.approx(2 * 1.5 / 60),
        "validation_errors": {"mean": pytest.approx(sum(valid) / 3), "sd": by_hand(valid)},
        "test_errors": {
            "mean": pytest.approx(mean),
            "sd": by_hand(first),
            "low": pytest.approx(low),
            "high": pytest.approx(high),
        },
    }
    assert rows[1]["test_errors"]["mean"] == second
    assert (rows[1]["test_errors"]["sd"], rows[1]["validation_errors"]["sd"]) == (None, None)


def by_hand(errors):
    mean = sum(errors) / len(errors)
    return pytest.approx(math.sqrt(sum((e - mean) ** 2 for e in errors) / (len(errors) - 1)))


def test_epochs_that_differ_are_a_list_in_the_order_of_the_members(make_erring_run, monkeypatch):
    train = made.train_in_name

    def train_longer(run, key, rng, **wishes):
        history = tuple(
            EpochRecord(epoch, 1.0, 0.5, 0.5, 0.5, 0.001, 30.0)
            for epoch in range(1, 2 + int(key[-4:]))
        )
        return train(run, key, rng, history=history, kept_epoch=1)

    monkeypatch.setattr(made, "train_in_name", train_longer)
    (row,) = collect_results(make_erring_run(n_members=3)).values["groups"]
    assert row["epochs"] == [1, 2, 3]
    assert row["minutes"] == pytest.approx(0.5 * 2)


@pytest.fixture
def preset_of_toy(monkeypatch):
    """Make a preset of what the toy's members are."""

    def add(run, **changes):
        spec = parse_member(run.members[0].spec)
        preset = replace(
            next(iter(PRESETS.values())),
            name="toy-net",
            architecture=spec.architecture,
            training=spec.training,
            **changes,
        )
        monkeypatch.setitem(PRESETS, "toy-net", preset)

    return add


def test_preset_that_made_the_members_is_named(make, preset_of_toy):
    run = make()
    preset_of_toy(run)
    on_mnist = replace(run, data={"name": "mnist"})
    assert collect_results(on_mnist).values["groups"][0]["preset"] == "toy-net"
    # What a preset quotes is about MNIST.
    assert collect_results(run).values["groups"][0]["preset"] is None


def test_preset_for_another_canvas_is_not_named(make, preset_of_toy):
    run = replace(make(), data={"name": "mnist"})
    preset_of_toy(run, canvas=CanvasSpec(size=56))
    assert collect_results(run).values["groups"][0]["preset"] is None


def test_preset_of_corrupted_images_is_not_named(make, preset_of_toy):
    harm = [{"name": "blur", "strength": 3}]
    run = replace(make(), data={"name": "mnist", "transforms": harm})
    preset_of_toy(run)
    values = collect_results(run).values
    assert values["groups"][0]["preset"] is None
    assert values["data"]["transforms"] == harm


def test_rules_that_need_probabilities_are_left_out_where_one_member_has_votes_only(make):
    run = make(groups={"a": 2, "b": 1}, n_examples=40, n_classes=4, seed=3)
    before = collect_results(run).values
    predictions, record = load_predictions(run), load_record(run, "test")
    parent = load_member(run, "a-0001").weights_sha256
    save_votes(run, "a-0001", "test", predictions.votes[1], record.index, parent=parent)
    after = collect_results(run).values
    assert [vote["decision"] for vote in after["votes"]] == [
        "majority, ties by lowest",
        "two-level, ties by lowest",
    ]
    assert after["groups"] == before["groups"]


def test_classic_models_have_neither_epochs_nor_tflop(make_erring_run, monkeypatch):
    describe = made.describe

    def describe_classic(*arguments):
        return (
            describe(*arguments)
            .replace("[defaults]\nepochs = 2\n", "")
            .replace('{ name = "mlp", hidden = [4] }', '{ name = "naive_bayes" }')
            .replace("seeds =", 'backend = "scikit-learn"\nseeds =')
        )

    monkeypatch.setattr(made, "describe", describe_classic)
    values = collect_results(make_erring_run(n_members=2)).values
    (row,) = values["groups"]
    assert (row["epochs"], row["tflop"], values["tflop"]) == (None, None, 0)
    assert row["trainable"] == 0
    assert row["n_members"] == 2
