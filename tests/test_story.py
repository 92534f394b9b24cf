"""One story from end to end: train, kill, train again, vote, ask, save, draw."""

import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import open_run
from ensemble_lab.store.splits import load_record
from ensemble_lab.store.training_state import state_path
from tests.processes import freeze, list_processes, wait_until
from tests.story import (
    KEY,
    digest,
    digests,
    draw_shapes,
    keep_one_member,
    start_training,
    wait_for_state,
    what_is_left,
    write,
    write_folds,
)

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("story")
    draw_shapes(folder)
    return folder


@pytest.fixture(scope="module")
def run(folder):
    return lab.train(write(folder), run=folder / "run", engine="serial")


def test_images_are_looked_at_before_anything_is_trained(folder):
    source = str(folder / "shapes.npz")
    summary = lab.summarise_data(source)
    assert [split.n_examples for split in summary.splits] == [140, 60]
    assert summary.repeats == ()
    lab.save_drawing(f"{source}:train", folder / "samples.png")
    lab.save_drawing(source, folder / "means.svg", lab.Drawing("means"))
    assert (folder / "samples.png").read_bytes().startswith(b"\x89PNG")


def test_training_asks_for_no_test_label(run):
    assert lab.load_ledger(run) == []


def test_every_member_is_trained_and_has_predicted(run):
    summary = lab.summarise_run(run)
    assert [member.key for member in summary.members] == ["mlp-0000", "mlp-0001", KEY]
    assert {member.status for member in summary.members} == {"complete"}
    assert not any(state_path(run, key).exists() for key in run.keys)


def test_a_second_train_touches_nothing(run, folder):
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*.h5")}
    lab.train(folder / "experiment.toml", run=run.path)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*.h5")} == before


@pytest.mark.slow
def test_process_engine_gives_the_same_members_as_serial(run, folder):
    again = lab.train(folder / "experiment.toml", run=folder / "process", workers=2)
    assert digests(again) == digests(run)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "number", "told", "status"),
    [
        (0, signal.SIGKILL, "killed by SIGKILL", "failed"),
        (1, signal.SIGTERM, "stopped before the end", "unfinished"),
        (2, signal.SIGKILL, "killed by SIGKILL", "failed"),
    ],
)
def test_worker_that_ends_early_is_continued_and_ends_the_same(
    run, folder, moment, number, told, status
):
    """At the start, and after the first and the second epoch."""
    path = folder / f"ended-{moment}"
    found, left = [], []

    def end(event):
        if event.event == "start":
            found.extend(list_processes(str(path), KEY))
        if event.event in ("start", "epoch") and event.epoch >= moment and not left:
            (worker,) = found
            freeze(worker)
            left.append(what_is_left(path))
            os.kill(worker, number)
            os.kill(worker, signal.SIGCONT)

    with pytest.raises(lab.EnsembleLabError, match=told):
        lab.train(folder / "experiment.toml", run=path, members=[KEY], report=end)
    assert left == [(moment > 0, False)]
    assert {m.key: m.status for m in lab.summarise_run(path).members}[KEY] == status
    assert what_is_left(path) == (moment > 0, False)
    again = lab.train(folder / "experiment.toml", run=path, members=[KEY])
    assert lab.load_failure(again, KEY) is None
    assert digest(again) == digest(run)


@pytest.mark.slow
def test_killed_parent_leaves_no_worker_and_ends_the_same(run, folder):
    path = folder / "orphan"
    with start_training(folder, path, "--members", KEY) as parent:
        wait_until(lambda: list_processes(str(path), "ensemble_lab.training.worker"))
        (worker,) = list_processes(str(path), "ensemble_lab.training.worker")
        wait_for_state(path)
        freeze(worker)
        parent.kill()
        parent.wait()
        left = what_is_left(path)
        os.kill(worker, signal.SIGCONT)
        assert left == (True, False)
        wait_until(lambda: not list_processes(str(path)))
    assert digest(lab.train(folder / "experiment.toml", run=path, members=[KEY])) == digest(run)


@pytest.mark.slow
def test_interrupt_stops_soon_and_says_how_to_go_on(run, folder):
    path = folder / "interrupted"
    with start_training(folder, path, "--members", KEY) as parent:
        wait_for_state(path)
        parent.send_signal(signal.SIGINT)
        _, said = parent.communicate(timeout=60)
    assert parent.returncode == 130
    *progress, last = said.strip().splitlines()
    assert "the same command continues" in last
    # On a slow machine the half minute has passed after which a line tells how far it is.
    assert all(line.startswith("members 0/1") for line in progress)
    assert what_is_left(path) == (True, False)
    assert digest(lab.train(folder / "experiment.toml", run=path, members=[KEY])) == digest(run)


@pytest.mark.slow
def test_two_that_train_one_run_share_its_members(run, folder):
    path = folder / "shared"
    parents = [start_training(folder, path, "--workers", "1") for _ in range(2)]
    for parent in parents:
        _, said = parent.communicate(timeout=200)
        assert parent.returncode == 0, said
    assert digests(open_run(path)) == digests(run)


def test_run_grows_by_a_seed_and_trains_only_that(run, folder, tmp_path):
    grown = tmp_path / "grown"
    shutil.copytree(run.path, grown)
    (folder / "more").mkdir(exist_ok=True)
    shutil.copy(folder / "shapes.npz", folder / "more")
    trained = []
    more = lab.train(
        write(folder / "more", seeds="[0, 1, 2]"),
        run=grown,
        report=lambda event: trained.append(event.key),
    )
    assert set(trained) == {"mlp-0002"}
    assert {key: digests(more)[key] for key in run.keys} == digests(run)


def test_changing_what_made_a_member_is_refused_with_both_values(run, folder):
    (folder / "other").mkdir(exist_ok=True)
    (folder / "other" / "shapes.npz").write_bytes((folder / "shapes.npz").read_bytes())
    with pytest.raises(lab.EnsembleLabError, match=r"epochs of member mlp-0000 .* 3.* got 5"):
        lab.train(write(folder / "other", epochs=5), run=run.path)
    assert {member.status for member in lab.summarise_run(run).members} == {"complete"}


def test_epoch_votes_end_in_votes_of_the_member(run):
    votes = lab.load_epoch_votes(run, KEY, "test")
    assert votes.shape == (8, 60)
    np.testing.assert_array_equal(
        votes[-1], lab.load_predictions(run, "test", members=(KEY,)).votes[0]
    )


def test_python_lines_of_the_journey(run, tmp_path):
    opened = lab.open_run(run.path)
    predictions = lab.load_predictions(opened, "test")
    labels = lab.load_labels(opened, "test")
    vote = lab.combine(predictions, lab.Decision(rule="majority"))
    wrong = lab.build_catalogue(predictions, vote, labels)
    assert len(wrong) == (vote.predicted != labels.values).sum()
    frame = wrong.filter(label=(0, 1, 2)).sort("gap").to_frame()
    assert list(frame["index"]) == list(wrong.sort("gap").indices)
    question = lab.Question(view="near-misses", where="n_wrong >= 0 and index not in (99)")
    assert len(lab.find_errors(opened, question).catalogue) + len(wrong) == len(labels.values)
    lab.draw_gallery(wrong, lab.load_images(opened, "test"), path=tmp_path / "errors.png")
    assert (tmp_path / "errors.png").read_bytes().startswith(b"\x89PNG")
    told = lab.save_report(opened, tmp_path / "report.html")
    assert told.path.read_text(encoding="utf-8").startswith("<!doctype html>")
    kept = lab.save_catalogue(opened, wrong, "all")
    assert lab.load_catalogue(kept).indices == wrong.indices


def test_plain_keras_loads_a_member_and_agrees(run, tmp_path):
    """What stands in member.weights.h5 is what any Keras model of these layers loads."""
    script = f"""
import json, numpy as np, keras
from keras import layers
model = keras.Sequential([keras.Input((10, 10, 1)), layers.Flatten(),
    layers.Dense(16, "relu"), layers.Dropout(0.2), layers.Dense(3)])
model.load_weights({str(member_path(run, "mlp-0000"))!r})
data = np.load({str(run.path.parent / "shapes.npz")!r})
logits = model(data["x_test"][..., None].astype("float32") / 255, training=False)
print(json.dumps(np.asarray(logits).argmax(1).tolist()))
"""
    environment = os.environ | {
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(tmp_path),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    answer = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    votes = lab.load_predictions(run, "test", members=("mlp-0000",)).votes[0]
    assert json.loads(answer.stdout) == votes.tolist()


@pytest.mark.slow
def test_predict_on_another_data_set_makes_a_split_for_every_command(run, folder, tmp_path):
    one = keep_one_member(run, tmp_path / "one")
    rng = np.random.default_rng(9)
    np.savez(tmp_path / "new.npz", x_test=rng.integers(0, 255, (7, 10, 10)).astype(np.uint8))
    again = lab.predict(one, str(tmp_path / "new.npz"), "unlabelled")
    assert lab.load_predictions(again, "unlabelled").votes.shape == (1, 7)
    with pytest.raises(lab.EnsembleLabError, match="must have labels"):
        lab.find_errors(again, lab.Question(split="unlabelled"))
    labelled = lab.predict(one, f"{folder / 'shapes.npz'}:test", "again")
    assert lab.find_errors(labelled, lab.Question(split="again"))
    np.testing.assert_array_equal(
        lab.load_predictions(labelled, "again").probabilities,
        lab.load_predictions(labelled, "test").probabilities,
    )
    assert {row["split"] for row in lab.load_ledger(labelled)} >= {"again"}


@pytest.mark.slow
def test_copies_of_each_image_make_a_variant_that_is_asked_with_the_run(run, tmp_path):
    one = lab.open_run(keep_one_member(run, tmp_path / "one"))
    view = lab.predict_variant(one, "shifts", splits=("test",))
    assert view.address == f"{one.path}@tta-shifts-1"
    plain, varied = lab.load_predictions(one), lab.load_predictions(view)
    assert varied.variant == "tta-shifts-1"
    assert not np.array_equal(plain.probabilities, varied.probabilities)
    compared = lab.compare_runs([one, view])
    assert compared.titles == ("one", "one@tta-shifts-1")
    labels = lab.load_labels(one).values
    assert [each.errors for each in compared.ensembles] == [
        int((each.votes[0] != labels).sum()) for each in (plain, varied)
    ]


@pytest.mark.slow
def test_corrupted_test_images_are_splits_that_are_predicted_in_one_go(run, tmp_path):
    one = keep_one_member(run, tmp_path / "one")
    question = lab.CorruptionQuestion(only=("noise", "blur"), strengths=(1, 5))
    started = []
    for _ in range(2):
        one = lab.predict_corruptions(
            one, question, report=lambda event: started.append(event.event)
        )
    assert started.count("start") == 1
    report = lab.score_corruptions(one, question)
    rows = lab.list_corruption_errors(report)
    assert [row.split for row in rows if row.kind == "vote"] == [
        "test", "test-noise1", "test-noise5", "test-blur1", "test-blur5"
    ]  # fmt: skip
    assert report.clean.errors <= max(each.report.errors for each in report.corrupted)
    wrong = lab.find_errors(one, lab.Question(split="test-noise5"))
    assert wrong.n_errors == report.corrupted[1].report.errors
    harmed = lab.corrupt_images(lab.load_images(run, "test").images, "noise", 5)
    np.testing.assert_array_equal(lab.load_images(one, "test-noise5").images, harmed)


def test_results_are_counted_from_the_run(run, tmp_path):
    results = lab.save_results(run, tmp_path / "results.json").values
    assert json.loads((tmp_path / "results.json").read_text()) == results
    labels = np.load(run.path.parent / "shapes.npz")["y_test"]
    votes = lab.load_predictions(run, "test").votes
    assert [m["test_errors"] for m in results["members"]] == (votes != labels).sum(1).tolist()
    assert results["chosen_on"] is None
    # 16·100 + 16·3 multiply-adds, 112 images, 3 epochs, two operations, three passes.
    mlp = (16 * 100 + 16 * 3) * 112 * 3 * 2 * 3 / 1e12
    assert results["tflop"] > 2 * mlp


def test_table_of_errors_names_classes_that_have_names(run):
    command = [sys.executable, "-m", "ensemble_lab", "errors", run.path, "--members", "mlp-0000"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = json.loads(
        subprocess.run([*command, "--format", "json"], capture_output=True, check=True).stdout
    )
    names = ("upright", "lying", "cross")
    for row, line in zip(rows, answer.splitlines()[1:], strict=False):
        assert line.endswith(f"{names[row['label']]} → {names[row['predicted']]}")


def test_histories_tell_every_epoch_and_can_be_drawn(run, tmp_path):
    histories = lab.load_histories(run)
    assert [(each.key, len(each.records), each.kept_epoch) for each in histories] == [
        ("mlp-0000", 3, 3), ("mlp-0001", 3, 3), (KEY, 8, 8),
    ]  # fmt: skip
    figure = lab.draw_history(histories, by="group", path=tmp_path / "curves.pdf")
    assert len(figure.axes) == 5
    assert (tmp_path / "curves.pdf").read_bytes().startswith(b"%PDF")


def test_confusion_counts_the_errors_of_the_vote(run, tmp_path):
    confusion = lab.save_confusion(run, tmp_path / "confusion.png")
    assert confusion.class_names == ("upright", "lying", "cross")
    assert confusion.n_errors == lab.score_vote(run).errors
    alone = lab.count_confusion(run, members=(KEY,))
    assert alone.n_errors == lab.score_vote(run, members=(KEY,)).errors


def test_an_example_is_explained_by_what_its_members_learned_from(run, tmp_path):
    (explained,) = lab.save_explanations(run, [0], tmp_path / "why.svg")
    assert (
        explained.predicted == lab.combine(lab.load_predictions(run), lab.Decision()).predicted[0]
    )
    assert len(explained.members) == len(run.keys)
    assert explained.neighbourhood.n_training == len(load_record(run, "train").index)


def test_what_people_say_of_labels_stands_beside_the_errors(run, tmp_path):
    run = open_run(shutil.copytree(run.path, tmp_path / "reviewed"))
    alone = lab.score_vote(run)
    first = lab.rank_labels(run, "normalized-margin", limit=1).rows[0]
    lab.add_review(run, first.index, "label-error", author="Ada", note="smudged")
    report = lab.score_vote(run)
    assert (report.errors, alone.reviewed) == (alone.errors, None)
    is_error = first.predicted != first.label
    assert report.reviewed.errors_without_label_errors == alone.errors - is_error


def test_members_that_are_pooled_vote_as_they_did(run, tmp_path):
    report = lab.pool_runs(tmp_path / "pool", (run,), members=("mlp-*",))
    assert [entry.group for entry in report.run.members] == ["mlp", "mlp"]
    alone = lab.score_vote(run, members=("mlp-*",))
    assert lab.score_vote(report.run).errors == alone.errors


def test_predictions_that_go_out_and_come_back_vote_as_they_did(run, tmp_path):
    lab.export_run(run, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as file:
        members = dict(zip(file["members"].tolist(), file["probabilities"], strict=True))
    labels = lab.load_labels(run).values
    back = lab.import_predictions(tmp_path / "back", members, labels=labels).run
    found, before = lab.find_errors(back).catalogue, lab.find_errors(run).catalogue
    assert found.members == before.members
    assert found.to_rows() == before.to_rows()


def test_ledger_tells_who_asked_what(run):
    labels = lab.load_labels(run, "test")
    rows = lab.load_ledger(run)
    assert "load_labels" in {row["command"] for row in rows}
    assert {row["split"] for row in rows} == {"test"}
    assert {row["purpose"] for row in rows} == {"report"}
    assert {row["labels_sha256"] for row in rows} == {labels.sha256}


def test_what_is_chosen_on_validation_is_scored_once_on_test(run, tmp_path):
    """Select, score, compare, doubt, and see in the ledger how often test was asked."""
    shutil.copytree(run.path, tmp_path / "honest")
    (tmp_path / "honest" / "test-access.jsonl").unlink(missing_ok=True)
    run = open_run(tmp_path / "honest")
    chosen = lab.select(run, "greedy", path=tmp_path / "chosen.json").decision
    assert lab.load_ledger(run) == []
    report = lab.score_vote(run, decision=lab.load_decision(tmp_path / "chosen.json"))
    assert (report.decision, report.look.number) == (chosen, 1)
    found = lab.audit_run(run)
    assert [each.name for each in found.shortcuts] == ["best member", "best triple", "best subset"]
    assert found.left_out[0].startswith("best epoch: needs epoch_votes")
    names = (f"{run.path}:mlp-*", f"{run.path}:conv-*")
    (pair,) = lab.compare_ensembles(names).pairs
    assert 0 < pair.p <= 1
    assert lab.score_calibration(run, "test").ensemble.temperature.split == "validation"
    lab.build_diversity(run, "test")
    (test_set,) = lab.join_ledgers(tmp_path)
    assert [look.number for look in test_set.looks] == [1, 2, 3, 4, 5, 6]
    assert [look.purpose for look in test_set.looks].count("choose") == 1


def test_training_images_are_judged_by_members_that_never_saw_them(folder):
    """In folds: two networks a seed, whose halves make one vote on all of train."""
    path = write_folds(folder)
    run = lab.train(path, run=folder / "folds")
    assert run.keys == ("mlp-0000-fold-0", "mlp-0000-fold-1")
    predictions = lab.load_predictions(run, "train-oof")
    assert (predictions.members, len(predictions.index)) == (("mlp-0000",), 140)
    labels = lab.load_validation_labels(run, "train-oof")
    wrong = lab.build_catalogue(
        predictions, lab.combine(predictions, lab.Decision(rule="majority")), labels
    )
    histories = [lab.load_member(run, key).history[-1] for key in run.keys]
    n_right = sum(70 * record.validation_accuracy for record in histories)
    assert len(wrong) == 140 - round(n_right)
    for fold, key in enumerate(run.keys):
        last = lab.load_epoch_votes(run, key, "train-oof")[-1]
        rows = load_record(run, "train-oof").rows_of(fold)
        assert np.array_equal(last, predictions.votes[0, rows])
