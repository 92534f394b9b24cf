"""What an explanation says is what predictions, rules and pixels say."""

from dataclasses import replace

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.analysis.subsets.curve import chances_of_error
from ensemble_lab.arrays import find_positions
from ensemble_lab.data.metadata import Column, build_metadata
from ensemble_lab.decision import RULES, Decision
from ensemble_lab.exceptions import DataError, MismatchError, MissingError, PredictionError
from ensemble_lab.store.members import member_path
from ensemble_lab.store.predictions import predictions_path, save_votes
from ensemble_lab.store.seal import peek_digest
from ensemble_lab.store.splits import load_record, save_split
from ensemble_lab.workflows import metadata, why
from ensemble_lab.workflows.neighbours import find_seen
from ensemble_lab.workflows.scoring import weigh
from ensemble_lab.workflows.why import explain_example, explain_examples, save_explanations


def keep_votes_only(run):
    for key in run.keys:
        path, votes = predictions_path(run, key, "test"), lab.load_predictions(run, members=(key,))
        path.unlink()
        parent = peek_digest(member_path(run, key))
        save_votes(run, key, "test", votes.votes[0], votes.index, parent=parent)


def forget_images(run):
    """Leave a run that knows its examples by their labels alone, as an import may."""
    record, labels = load_record(run, "test"), lab.load_labels(run).values
    (run.path / "splits" / "test.h5").unlink()
    (run.path / "test-access.jsonl").unlink()
    save_split(run, replace(record, images_sha256=None, source={}), labels)


def pixels(run, name):
    with np.load(f"{run.path}.npz") as file:
        return file[name].reshape(len(file[name]), -1).astype(np.int64)


@pytest.fixture
def run(make_run):
    """Five members of two groups that often disagree, on 40 examples of 4 classes."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, 40)
    given = rng.dirichlet(np.ones(4), (5, 40)) + 0.4 * np.eye(4)[labels]
    given /= given.sum(axis=-1, keepdims=True)
    return make_run(probabilities=given, labels=labels, groups={"a": 3, "b": 2})


@pytest.fixture
def everything(run):
    """Every example of the split explained, at one look."""
    return explain_examples(run, range(40))


def test_members_say_what_is_stored(run, everything):
    predictions, labels = lab.load_predictions(run), lab.load_labels(run).values
    for place, explained in enumerate(everything):
        assert (explained.index, explained.label) == (place, labels[place])
        assert np.array_equal(explained.probabilities, predictions.probabilities[:, place])
        assert [each.key for each in explained.members] == list(run.keys)
        for row, each in zip(predictions.probabilities[:, place], explained.members, strict=True):
            assert each.vote == row.argmax()
            assert (each.p_vote, each.p_label) == (row.max(), row[labels[place]])
            assert each.is_right == (each.vote == labels[place])
        votes = predictions.votes[:, place]
        assert explained.vote_counts.tolist() == np.bincount(votes, minlength=4).tolist()


def test_the_vote_is_that_of_the_catalogue_and_so_is_the_rank(run, everything):
    found = lab.find_errors(run).catalogue
    assert [each.index for each in everything if not each.is_right] == sorted(found.indices)
    for rank, row in enumerate(found.to_rows(), start=1):
        explained = everything[row["index"]]
        for name in ("label", "predicted", "gap", "margin", "confidence"):
            assert getattr(explained, name) == row[name]
        assert (explained.rank, explained.n_errors) == (rank, len(found))
        assert explained.is_tied == row["tied"]
    assert {each.rank for each in everything if each.is_right} == {None}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_it_says_of_the_whole_split(run, everything, rule):
    predictions = lab.load_predictions(run)
    decision = Decision(rule=rule, members=run.keys)
    if rule == "weighted-majority":
        decision = weigh(run, predictions.members, decision, "test")
    vote = lab.combine(predictions, decision)
    said = [each for explained in everything for each in explained.rules if each.rule == rule]
    assert [each.predicted for each in said] == vote.predicted.tolist()
    assert [each.is_tied for each in said] == vote.is_tied.tolist()
    assert [each.is_right for each in said] == (
        vote.predicted == lab.load_labels(run).values
    ).tolist()


def test_members_join_until_all_have_voted(run, everything):
    votes, labels = lab.load_predictions(run).votes, lab.load_labels(run).values
    for explained in everything:
        joining = explained.joining
        said = {each.rule: each.predicted for each in explained.rules}
        assert len(joining.majority) == len(joining.mean) == len(joining.chances) == 5
        assert joining.majority[0] == joining.mean[0] == explained.members[0].vote
        assert joining.majority[-1] == said["majority"]
        assert joining.mean[-1] == said["mean-probability"]
        assert set(joining.majority[joining.majority_settled - 1 :]) == {said["majority"]}
        assert joining.majority_settled == 1 or (
            joining.majority[joining.majority_settled - 2] != said["majority"]
        )
    for k in range(1, 6):
        expected = chances_of_error(votes, labels, 4, k)
        assert [each.joining.chances[k - 1] for each in everything] == expected.tolist()


def test_outlook_is_the_verdict_of_the_curve(run, everything):
    report = lab.judge_run(run, "test")
    judged = dict(zip(report.index.tolist(), range(len(report.index)), strict=True))
    verdicts = report.verdicts
    for explained in everything:
        outlook = explained.outlook
        if explained.index not in judged:
            assert (outlook.verdict, outlook.rival, outlook.p) == ("right", None, None)
            continue
        row = judged[explained.index]
        assert outlook.rival == verdicts.rivals[row]
        assert outlook.p == verdicts.p_values[row]
        assert (outlook.verdict == "irreducible") == verdicts.is_irreducible[row]


def test_a_decision_names_the_order_and_its_weights_are_its_own(run):
    keys = ("b-0001", "a-0000", "a-0002")
    decision = Decision(
        rule="mean-probability", members=keys, weights=(0.0, 1.0, 0.0), chosen_on="validation"
    )
    for place in range(10):
        explained = explain_example(run, place, decision=decision)
        assert tuple(each.key for each in explained.members) == keys
        assert explained.predicted == explained.members[1].vote
        said = {each.rule: each.predicted for each in explained.rules}
        assert said["mean-probability"] == explained.predicted
        assert explained.joining.majority[0] == explained.members[0].vote
        assert said["median"] == np.argmax(np.median(explained.probabilities, axis=0))


def test_order_of_members_changes_nothing_but_how_they_join(run):
    for place in range(10):
        one, other = (
            explain_example(run, place, decision=Decision(members=keys))
            for keys in (run.keys, run.keys[::-1])
        )
        assert one.members == other.members[::-1]
        assert one.means.tolist() == other.means.tolist()
        assert one.joining.chances.tolist() == other.joining.chances.tolist()
        for name in ("predicted", "gap", "rank", "rules", "outlook"):
            assert getattr(one, name) == getattr(other, name)


def test_one_member_is_itself(run):
    explained = explain_example(run, 0, members=("a-0000",))
    (alone,) = explained.members
    assert {each.predicted for each in explained.rules} == {alone.vote}
    assert explained.joining.majority.tolist() == explained.joining.mean.tolist() == [alone.vote]
    assert explained.joining.chances.tolist() == [float(not alone.is_right)]


def test_votes_alone_leave_out_what_needs_probabilities(run):
    keep_votes_only(run)
    explained = explain_example(run, 3)
    assert explained.means is explained.probabilities is explained.joining.mean is None
    assert explained.confidence is explained.gap is explained.rank is None
    assert {each.p_vote for each in explained.members} == {None}
    asked = {each.rule for each in explained.rules if each.predicted is not None}
    assert asked == {"majority", "two-level", "weighted-majority"}
    reasons = {each.why_not for each in explained.rules if each.predicted is None}
    assert reasons == {"only votes are known"}


def test_a_rule_whose_weights_cannot_be_fitted_says_why(run):
    without = replace(run, splits=("test", "train"))
    (said,) = (
        each for each in explain_example(without, 0).rules if each.rule == "weighted-majority"
    )
    assert said.predicted is said.is_right is said.is_tied is None
    assert "validation" in said.why_not


def test_neighbours_are_the_nearest_that_the_members_learned_from(run):
    explained = explain_example(run, 7, n_neighbours=30)
    wanted, others = pixels(run, "x_test")[7], pixels(run, "x_train")
    learned = load_record(run, "train").index
    squared = ((others[learned] - wanted) ** 2).sum(axis=1)
    order = np.lexsort((learned, squared))
    around = explained.neighbourhood
    assert around.n_training == len(learned) == len(around.nearest) == 24
    assert [each.index for each in around.nearest] == learned[order].tolist()
    assert [each.label for each in around.nearest] == (learned[order] % 4).tolist()
    assert [each.distance for each in around.nearest] == (np.sqrt(squared[order]) / 255).tolist()
    near = (learned[order] % 4)[:20].tolist()
    assert list(around.near_labels) == near
    assert around.n_label == near.count(explained.label)
    assert around.n_predicted == near.count(explained.predicted)
    assert sum(count for _, count in around.label_counts) == 20
    assert np.array_equal(explained.image.reshape(-1), wanted)
    first = around.nearest[0]
    assert np.array_equal(first.image.reshape(-1), others[first.index])


def test_few_neighbours_shown_leave_twenty_counted(run):
    around = explain_example(run, 0, n_neighbours=1).neighbourhood
    assert (len(around.nearest), len(around.near_labels)) == (1, 20)


def test_neighbours_of_validation_are_what_the_members_learned_from(run):
    record = load_record(run, "validation")
    explained = explain_example(run, int(record.index[0]), "validation", n_neighbours=99)
    assert explained.look is None
    found = {each.index for each in explained.neighbourhood.nearest}
    assert found == set(load_record(run, "train").index.tolist())
    assert not found & set(record.index.tolist())


def test_neighbours_out_of_fold_lie_outside_the_fold(make_run):
    run = make_run(groups={"a": 2}, folds=3)
    record = load_record(run, "train-oof")
    for index in (0, 11, 23):
        around = explain_example(run, index, "train-oof", n_neighbours=99).neighbourhood
        found = np.array([each.index for each in around.nearest])
        own, others = (
            record.fold[find_positions(record.index, wanted, split="train-oof")]
            for wanted in (np.array([index]), found)
        )
        assert not (others == own).any()
        assert len(found) == around.n_training == np.count_nonzero(record.fold != own)
        assert "fold" in around.training


def test_what_members_learned_from_may_be_unknown(run):
    bare = replace(run, splits=("test",))
    around = explain_example(bare, 0, n_neighbours=99).neighbourhood
    assert around.n_training == len(around.nearest) == 32
    assert "npz" in around.training
    assert "not known" in around.training


def test_an_example_of_train_is_no_neighbour_of_itself(run):
    """Members may have predicted what they learned from, as a split of another name."""
    record = replace(load_record(run, "train"), name="again")
    save_split(run, record, lab.load_labels(run, "train").values)
    again = run.with_split("again")
    seen = find_seen(again, record, record.index[:2], 99, None)
    for index, each in zip(record.index[:2], seen, strict=True):
        assert index not in each.index
        assert each.n_training == len(record.index) - 1


def test_without_neighbours_no_image_is_read(run):
    (run.path.parent / f"{run.path.name}.npz").unlink()
    explained = explain_example(run, 0, n_neighbours=0)
    assert explained.image is explained.neighbourhood is None
    assert explained.images_note == "images were left out"
    assert explained.look.number == 1


def test_images_that_are_not_there_are_refused_before_a_look(run):
    (run.path.parent / f"{run.path.name}.npz").unlink()
    with pytest.raises(DataError, match="--neighbours 0"):
        explain_example(run, 0)
    assert lab.load_ledger(run) == []


def test_other_images_are_refused_before_a_look(run):
    path = run.path.parent / f"{run.path.name}.npz"
    with np.load(path) as file:
        arrays = dict(file)
    arrays["x_test"][0] += 1
    np.savez(path, **arrays)
    with pytest.raises(MismatchError, match="--neighbours 0"):
        explain_example(run, 0)
    assert lab.load_ledger(run) == []


def test_unknown_images_are_said_to_be_so(run):
    forget_images(run)
    explained = explain_example(run, 0)
    assert explained.image is explained.neighbourhood is None
    assert explained.images_note == "images of test are unknown"
    assert explained.facts == ()


def test_image_is_shown_although_nobody_knows_what_the_members_learned_from(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 4, 4), np.uint8)
    np.save(tmp_path / "labels.npy", rng.integers(0, 3, 30))
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "theirs.npy", rng.dirichlet(np.ones(3), 30))
    given = lab.import_predictions(
        tmp_path / "run",
        [tmp_path / "theirs.npy"],
        labels=tmp_path / "labels.npy",
        images=tmp_path / "images.npy",
    )
    explained = explain_example(given.run, 7)
    assert np.array_equal(explained.image[..., 0], images[7])
    assert explained.neighbourhood is None
    assert explained.images_note == "what the members learned from is unknown"


def test_several_examples_cost_one_look_and_come_once(run):
    found = explain_examples(run, [9, 2, 9])
    assert [each.index for each in found] == [9, 2]
    (row,) = lab.load_ledger(run)
    assert (row["command"], row["decision"]) == ("why", found[0].decision.digest)


@pytest.mark.parametrize(
    ("indices", "wishes", "fact"),
    [
        ([40], {}, "from 0 to 39; got 40"),
        ([0, 40], {}, "got 40"),
        ([-1], {}, "got -1"),
        ([2**63], {}, "got 9223372036854775808"),
        ([], {}, "got none"),
        ([0], {"n_neighbours": -1}, "0 or more; got -1"),
    ],
)
def test_what_cannot_be_explained_is_refused_before_a_look(run, indices, wishes, fact):
    with pytest.raises(PredictionError, match=fact):
        explain_examples(run, indices, **wishes)
    assert lab.load_ledger(run) == []


def test_too_many_members_are_refused_before_a_look(run, monkeypatch):
    monkeypatch.setattr(why, "MAX_MEMBERS", 4)
    with pytest.raises(PredictionError, match="--members"):
        explain_example(run, 0)
    assert lab.load_ledger(run) == []
    assert len(explain_example(run, 0, members=("a-*",)).members) == 3


def test_no_such_run_or_member(run, tmp_path):
    with pytest.raises(MissingError):
        explain_example(tmp_path / "none", 0)
    with pytest.raises(MissingError, match="a-0009"):
        explain_example(run, 0, members=("a-0009",))


def test_what_the_source_knows_of_an_example_is_told(run, monkeypatch):
    known = build_metadata(np.arange(40)[::-1].copy(), [Column("writer", np.arange(40))])
    monkeypatch.setattr(metadata, "load_metadata", lambda spec, split, data_dir: known)
    (fact,) = explain_example(run, 3).facts
    assert (fact.name, fact.value, type(fact.value)) == ("writer", 36, int)


def test_what_the_source_should_know_and_is_not_there_is_told_as_that(run, monkeypatch):
    def miss(spec, split, data_dir):
        raise DataError("the labels are nowhere.")

    monkeypatch.setattr(metadata, "load_metadata", miss)
    explained = explain_example(run, 3)
    assert explained.facts == ()
    assert explained.facts_note == "nothing more is known of it: the labels are nowhere."


def test_what_a_file_says_of_an_example_is_told(run, tmp_path):
    path = tmp_path / "who.csv"
    path.write_text("index,hand,age\n3,left,41\n5,right,\n", encoding="utf-8")
    explained = explain_examples(run, [3, 5, 6], metadata=[path])
    told = [[(fact.name, fact.value) for fact in each.facts] for each in explained]
    assert told == [[("hand", "left"), ("age", 41)], [("hand", "right")], []]
    assert "does not name" in explained[0].facts_note


def test_pictures_that_cannot_be_written_cost_no_look(run, tmp_path):
    with pytest.raises(PredictionError, match="gif"):
        save_explanations(run, [0], tmp_path / "why.gif")
    assert lab.load_ledger(run) == []
