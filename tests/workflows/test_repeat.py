"""Repeating a member: what is trained for it, and what the comparison says."""

import shutil

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.exceptions import MissingError, SpecError
from ensemble_lab.spec.member import parse_member
from ensemble_lab.store.predictions import save_predictions
from ensemble_lab.training.plan import find_streams
from ensemble_lab.workflows.repeat import compare_repeats, plan_repeat
from tests.conftest import train_in_name

TEXT = """
name = "toy"
[data]
name = "digits"
[[members]]
group = "plain"
architecture = { name = "mlp", hidden = [4] }
seeds = [3, 4]
[[members]]
group = "whole"
architecture = { name = "mlp", hidden = [4], dropout = 0.5 }
augmentation = [ { name = "elastic" } ]
seeds = [0]
"""


def plan(member=None, text=TEXT, **named):
    return plan_repeat(lab.parse_experiment(text), member=member, **named)


def test_only_the_stream_that_a_group_is_named_after_differs_from_the_member():
    planned, base = plan("whole-0000")
    assert planned.name == "toy-repeat"
    assert [group.group for group in planned.members] == [
        "whole", "whole-all", "whole-init", "whole-order", "whole-augment", "whole-dropout",
    ]  # fmt: skip
    streams = ("init", "order", "augment", "dropout")
    own = {stream: base.seed_of(stream) for stream in streams}
    for spec in planned.expand()[1:]:
        differing = {stream for stream in streams if spec.seed_of(stream) != own[stream]}
        varied = spec.group.removeprefix("whole-")
        assert differing == (set(streams) if varied == "all" else {varied})
        assert (spec.architecture, spec.training) == (base.architecture, base.training)
    assert planned.expand()[0] == base


def test_streams_that_a_net_does_not_draw_from_are_left_out():
    planned, base = plan()
    assert base.key == "plain-0003"
    assert find_streams(base) == ("init", "order")
    assert [len(group.seed_list) for group in planned.members] == [1, 5, 5, 5]
    assert planned.members[1].seed_list == (4, 5, 6, 7, 8)
    assert len(plan(times=7)[0].expand()) == 1 + 3 * 7


@pytest.mark.parametrize(
    ("change", "named", "fact"),
    [
        ({}, {"times": 4}, "5 or more"),
        ({}, {"member": "plain-0005"}, "did you mean 'plain-0004'"),
        ({'name = "digits"': 'name = "digits"\nvalidation = { folds = 2 }'}, {}, "folds"),
        (
            {"seeds = [3, 4]": 'seeds = [3, 4]\nheld = { varies = "order", seed = 0 }'},
            {},
            "held streams",
        ),
        (
            {
                'architecture = { name = "mlp", hidden = [4] }': 'backend = "scikit-learn"\n'
                'architecture = { name = "naive_bayes" }'
            },
            {},
            "naive_bayes",
        ),
    ],
)
def test_what_cannot_be_repeated_is_refused(change, named, fact):
    text = TEXT
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    with pytest.raises(SpecError, match=fact):
        plan(text=text, **named)


def test_members_that_train_together_are_not_repeated(tmp_path):
    with pytest.raises(SpecError, match="to repeat; got stacked, which trains members together"):
        lab.repeat(lab.parse_experiment(TEXT), engine="stacked", run=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_split_that_there_will_not_be_is_refused_before_training(tmp_path):
    experiment = lab.parse_experiment(TEXT)
    with pytest.raises(SpecError, match=r"validation or test; got 'tset'.*did you mean 'test'"):
        lab.repeat(experiment, split="tset", run=tmp_path / "run")
    alone = lab.parse_experiment(TEXT.replace('"digits"', '"digits"\nvalidation = { share = 0 }'))
    with pytest.raises(SpecError, match="predict, test; got 'validation'"):
        lab.repeat(alone, run=tmp_path / "run")
    assert not list(tmp_path.iterdir())


GROUPS = {"a": 1, "a-all": 5, "a-init": 5, "a-order": 5}


@pytest.fixture
def runs(make_run, tmp_path):
    """What training would leave, and the first member once more, the same to the bit."""
    run = make_run(tmp_path / "toy-repeat", groups=GROUPS, n_examples=30, seed=1)
    shutil.copytree(run.path, tmp_path / "toy-repeat-again")
    return run, lab.open_run(tmp_path / "toy-repeat-again")


def base_of(run):
    return parse_member(run.members[0].spec)


def test_rows_are_counted_as_by_hand(runs):
    report = compare_repeats(*runs, base_of(runs[0]), "test")
    assert [each.what for each in report.varied] == ["all", "init", "order"]
    assert report.unused == ("augment", "dropout")
    labels = lab.load_labels(runs[0]).values
    for each in report.varied:
        votes = lab.load_predictions(runs[0], members=(f"a-{each.what}-*",)).votes
        errors = (votes != labels).sum(axis=1)
        assert each.errors == tuple(errors.tolist())
        assert (each.mean, each.sd) == pytest.approx((errors.mean(), errors.std(ddof=1)))
        pairs = [(votes[i] != votes[j]).sum() for i in range(5) for j in range(i)]
        assert each.churn == pytest.approx(np.mean(pairs))
    assert report.look.number == 1


def test_equal_weights_are_equal_digests_and_no_flip(runs):
    twice = compare_repeats(*runs, base_of(runs[0]), "validation").twice
    assert twice.is_equal
    assert (len(twice.flips), twice.largest_difference) == (0, 0.0)


def test_other_weights_are_told_by_the_examples_that_flip(runs):
    run, again = runs
    rng = np.random.default_rng(5)
    parent = train_in_name(again, "a-0000", rng)
    first = lab.load_predictions(run, "validation", members=("a-0000",))
    drawn = rng.dirichlet(np.ones(3), len(first.index)).astype(np.float32)
    save_predictions(again, "a-0000", "validation", drawn, first.index, parent=parent)
    twice = compare_repeats(run, again, base_of(run), "validation").twice
    assert not twice.is_equal
    flips = first.index[drawn.argmax(axis=1) != first.votes[0]]
    assert twice.flips.tolist() == flips.tolist() != []
    assert twice.largest_difference == np.abs(first.probabilities[0] - drawn).max()


def test_run_without_the_groups_says_which_is_lacking(make_run, tmp_path):
    run = make_run(tmp_path / "toy", groups={"a": 1, "a-all": 5})
    with pytest.raises(MissingError, match="a-init"):
        compare_repeats(run, run, base_of(run), "validation")
