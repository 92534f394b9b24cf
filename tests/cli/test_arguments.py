"""What is typed reaches the workflow, option by option."""

from pathlib import Path

import pytest

from ensemble_lab.decision import Decision
from ensemble_lab.engines import HERE, Cluster
from ensemble_lab.errors.orders import ORDERS
from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.workflows import (
    confusion,
    errors,
    gallery,
    history,
    planning,
    predict,
    recipes,
    results,
    significance,
    train,
    vote,
)
from ensemble_lab.workflows.question import Question

QUESTIONS = [
    ([], {}),
    (["--split", "validation"], {"split": "validation"}),
    (["--rule", "mean-probability"], {"decision": Decision(rule="mean-probability")}),
    (["--ties", "lowest"], {"decision": Decision(ties="lowest")}),
    (["--ties", "random:7"], {"decision": Decision(ties="random", tie_seed=7)}),
    (["--members", "a-0000", "--members", "a-0002"], {"members": ("a-0000", "a-0002")}),
    (["--label", "1", "--label", "2"], {"label": (1, 2)}),
    (["--predicted", "0,2"], {"predicted": (0, 2)}),
    (["--pair", "1:2", "--pair", "2->0"], {"pair": ((1, 2), (2, 0))}),
    (["--index", "3,1", "--index", "0"], {"index": (3, 1, 0)}),
    (["--min-gap", "0.25"], {"min_gap": 0.25}),
    (["--max-gap", "0.5"], {"max_gap": 0.5}),
    (["--tied"], {"tied": True}),
    (["--view", "all"], {"view": "all"}),
    (["--view", "persistent", "--share", "0.75"], {"view": "persistent", "share": 0.75}),
    (["--where", "gap > 0.5"], {"where": "gap > 0.5"}),
    *((["--sort", sort], {"sort": sort}) for sort in ORDERS),
    (["--reverse"], {"reverse": True}),
    (["--limit", "2"], {"limit": 2}),
    (["--limit", "0"], {"limit": 0}),
]


@pytest.fixture
def spy(monkeypatch):
    """Replace a workflow by one that notes its arguments, and answers as the real one or so."""

    def replace(module, name, answer=None):
        calls = []
        real = getattr(module, name)

        def listen(*args, **named):
            calls.append((args, named))
            return real(*args, **named) if answer is None else answer

        monkeypatch.setattr(module, name, listen)
        return calls

    return replace


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ([], {}),
        (["--run", "there"], {"run": Path("there")}),
        (["--engine", "serial"], {"engine": "serial"}),
        (["--engine", "stacked"], {"engine": "stacked"}),
        (["--engine", "ray", "--fetch"], {"engine": "ray", "cluster": Cluster(fetch=True)}),
        (
            ["--engine", "ray", "--address", "auto", "--gpus", "0.25"],
            {"engine": "ray", "cluster": Cluster(address="auto", gpus=0.25)},
        ),
        (["--workers", "3"], {"workers": 3}),
        (["--members", "a-*", "--members", "b-0001"], {"members": ["a-*", "b-0001"]}),
        (["--shard", "2/3"], {"shard": "2/3"}),
        (["--data-dir", "data"], {"data_dir": Path("data")}),
        (["--backend", "jax"], {"backend": "jax"}),
    ],
)
def test_train(call, make_run, spy, typed, wanted):
    run = make_run()
    calls = spy(train, "train", run)
    answer = call("train", "some.toml", *typed)
    assert (answer.code, answer.out) == (0, f"{run.path}\n")
    (((experiment,), named),) = calls
    assert experiment == Path("some.toml")
    assert callable(named.pop("report"))
    usual = {"run": None, "engine": "process", "workers": None, "members": [], "shard": None}
    assert (
        named
        == usual | {"profile": False, "cluster": HERE, "data_dir": None, "backend": None} | wanted
    )


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["--members", "a-0001"], {"members": ["a-0001"]}),
        (["--shard", "2/3"], {"shard": "2/3"}),
        (["--data-dir", "data"], {"data_dir": Path("data")}),
        (["--backend", "jax"], {"backend": "jax"}),
    ],
)
def test_dry_run(call, make_run, spy, typed, wanted):
    run = make_run()
    plans, lacks = spy(planning, "plan_experiment"), spy(train, "find_lacking")
    path = run.path / "experiment.toml"
    answer = call("train", path, "--dry-run", "--run", run.path, *typed)
    usual = {"members": [], "shard": None, "data_dir": None, "backend": None}
    assert plans == [((path,), usual | wanted)]
    assert [args[1] for args, _ in lacks] == [run.path]
    if "backend" in wanted:
        # What train refuses, its plan must not promise.
        assert answer.code == 1
        assert "backend of member a-0000 must stay 'tensorflow'" in answer.err
    else:
        assert answer.code == 0, answer.err
        assert "0 members to train, 0 TFLOP" in answer.out


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ([], {}),
        (["--engine", "serial"], {"engine": "serial"}),
        (["--engine", "ray", "--fetch"], {"engine": "ray", "cluster": Cluster(fetch=True)}),
        (
            ["--engine", "ray", "--address", "auto", "--gpus", "0.25"],
            {"engine": "ray", "cluster": Cluster(address="auto", gpus=0.25)},
        ),
        (["--workers", "3"], {"workers": 3}),
        (["--data-dir", "data"], {"data_dir": Path("data")}),
        (
            ["--transform", "blur:3", "--transform", "shift:1"],
            {"transforms": ("blur:3", "shift:1")},
        ),
    ],
)
def test_predict(call, make_run, spy, typed, wanted):
    run = make_run()
    (run.member_folder("a-0001") / "predictions-test.h5").unlink()
    calls = spy(predict, "predict", run)
    answer = call("predict", run.path, "--data", "mine.npz:train", "--as", "test", *typed)
    assert answer.code == 0, answer.err
    ((args, named),) = calls
    assert args == (run.path, "mine.npz:train", "test")
    assert callable(named.pop("report"))
    usual = {"transforms": (), "engine": "process", "workers": None, "data_dir": None}
    assert named == usual | {"cluster": HERE} | wanted
    assert answer.out.splitlines() == [
        "2 of 3 members have predictions on test",
        "not trained yet: a-0001; train, then predict again",
        "ask with --split test",
    ]


@pytest.mark.parametrize(
    ("typed", "split", "decision", "members"),
    [
        ([], "test", Decision(), ()),
        (["--split", "validation"], "validation", Decision(), ()),
        (["--rule", "mean-probability"], "test", Decision(rule="mean-probability"), ()),
        (["--ties", "lowest"], "test", Decision(ties="lowest"), ()),
        (["--ties", "random:9"], "test", Decision(ties="random", tie_seed=9), ()),
        (["--members", "a-*"], "test", Decision(), ("a-*",)),
        (["--members", "a-0001", "--members", "b-*"], "test", Decision(), ("a-0001", "b-*")),
    ],
)
@pytest.mark.parametrize("by", [(), ("--by", "group")])
def test_vote(call, make_run, spy, typed, split, decision, members, by):
    run = make_run(groups={"a": 2, "b": 1})
    whole, groups = spy(vote, "score_vote"), spy(vote, "score_vote_by_group")
    assert call("vote", run.path, *typed, *by).code == 0
    wanted = ((run.path, split, decision), {"members": members})
    assert whole == [wanted]
    assert groups == ([wanted] if by else [])


@pytest.mark.parametrize(
    ("typed", "split", "decision", "members"),
    [
        ([], "test", Decision(), ()),
        (["--split", "validation"], "validation", Decision(), ()),
        (["--rule", "mean-probability"], "test", Decision(rule="mean-probability"), ()),
        (["--ties", "random:9"], "test", Decision(ties="random", tie_seed=9), ()),
        (["--members", "a-0001", "--members", "a-*"], "test", Decision(), ("a-0001", "a-*")),
        (["--member", "a-0001"], "test", Decision(), ("a-0001",)),
    ],
)
@pytest.mark.parametrize("normalise", [False, True])
def test_confusion(call, make_run, spy, tmp_path, typed, split, decision, members, normalise):
    run, path = make_run(), tmp_path / "matrix.png"
    counts, drawn = spy(confusion, "count_confusion"), spy(confusion, "save_confusion")
    typed = [*typed, *(["--normalise"] if normalise else [])]
    assert call("confusion", run.path, *typed).code == 0
    assert (counts, drawn) == ([((run.path, split, decision), {"members": members})], [])
    assert call("confusion", run.path, *typed, "-o", path).out == f"{path}\n"
    wanted = {"members": members, "normalise": normalise}
    assert drawn == [((run.path, path, split, decision), wanted)]


@pytest.mark.parametrize(
    ("typed", "split", "decision", "wanted"),
    [
        ([], "test", Decision(), {}),
        (["--split", "validation"], "validation", Decision(), {}),
        (["--rule", "mean-probability"], "test", Decision(rule="mean-probability"), {}),
        (["--ties", "random:9"], "test", Decision(ties="random", tie_seed=9), {}),
        (["--interval", "clopper-pearson"], "test", Decision(), {"interval": "clopper-pearson"}),
        (["--difference", "2"], "test", Decision(), {"difference": 2}),
        (["--seed", "3"], "test", Decision(), {"seed": 3}),
        (["--data-dir", "data"], "test", Decision(), {"data_dir": Path("data")}),
    ],
)
def test_significance(call, make_run, spy, typed, split, decision, wanted):
    names = [f"{make_run().path}:a-000{seed}" for seed in range(2)]
    calls = spy(significance, "compare_ensembles")
    assert call("significance", *names, *typed).code == 0
    usual = {"interval": "wilson", "cluster": None, "difference": None, "data_dir": None, "seed": 0}
    assert calls == [((names, split, decision), usual | wanted)]


@pytest.mark.parametrize(
    ("typed", "split", "seed"),
    [([], "test", 0), (["--split", "validation"], "validation", 0), (["--seed", "3"], "test", 3)],
)
def test_significance_by_member(call, make_run, spy, typed, split, seed):
    names = [f"{make_run().path}:a-000{number}" for number in range(2)]
    calls = spy(recipes, "compare_member_errors")
    assert call("significance", *names, "--by", "member", *typed).code == 0
    assert calls == [((names, split), {"seed": seed})]


@pytest.mark.parametrize(
    ("typed", "members", "by"),
    [
        ([], (), "member"),
        (["--by", "group"], (), "group"),
        (["--members", "a-0001", "--members", "a-0002"], ("a-0001", "a-0002"), "member"),
    ],
)
def test_history(call, make_run, spy, tmp_path, typed, members, by):
    run, path = make_run(), tmp_path / "curves.png"
    loaded, drawn = spy(history, "load_histories"), spy(history, "save_history")
    assert call("history", run.path, *typed).code == 0
    assert (loaded, drawn) == ([((run.path,), {"members": members})], [])
    assert call("history", run.path, *typed, "-o", path).out == f"{path}\n"
    assert drawn == [((run.path, path), {"members": members, "by": by})]


@pytest.mark.parametrize(("typed", "wanted"), QUESTIONS)
def test_errors(call, make_run, spy, typed, wanted):
    run = make_run(n_examples=30)
    calls = spy(errors, "find_errors")
    assert call("errors", run.path, *typed).code == 0
    assert calls == [((run.path, Question(**wanted)), {})]


def test_errors_that_are_kept(call, make_run, spy, tmp_path):
    run = make_run()
    calls = spy(errors, "keep_errors", tmp_path / "kept.h5")
    answer = call("errors", run.path, "--save", "hard", "--data-dir", "data")
    assert answer.err.splitlines()[0] == f"saved {tmp_path / 'kept.h5'}"
    (((kept_in, _, name), named),) = calls
    assert (kept_in, name, named) == (run.path, "hard", {"data_dir": Path("data")})


@pytest.mark.parametrize(("typed", "wanted"), QUESTIONS)
def test_gallery(call, tmp_path, spy, typed, wanted):
    pages = (tmp_path / "errors-1.png", tmp_path / "errors-2.png")
    calls = spy(gallery, "save_gallery", gallery.Drawn(pages, None))
    answer = call("gallery", "toy", "-o", "errors.png", "--data-dir", "data", *typed)
    assert (answer.code, answer.out.split()) == (0, [str(page) for page in pages])
    wanted_call = (Path("toy"), Question(**wanted), Path("errors.png"))
    assert calls == [(wanted_call, {"metadata": (), "data_dir": Path("data")})]


def test_results(call, spy):
    calls = spy(results, "save_results", results.Results({}, None))
    assert call("results", "toy", "-o", "out.json").out == "out.json\n"
    assert calls == [((Path("toy"), Path("out.json")), {})]


@pytest.mark.parametrize(
    ("module", "name", "typed"),
    [
        (train, "train", ["train", "some.toml"]),
        (predict, "predict", ["predict", "toy", "--data", "digits", "--as", "more"]),
    ],
)
def test_stopped_work_is_one_line_and_exit_130(call, monkeypatch, module, name, typed):
    def stop(*args, **named):
        raise InterruptedTraining("1 of 2 members stopped before the end;\nthe same command.")

    monkeypatch.setattr(module, name, stop)
    answer = call(*typed)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == (
        "ensemble-lab: 1 of 2 members stopped before the end; the same command.\n"
    )


def test_control_c_ends_with_130_and_no_traceback(call, monkeypatch):
    def stop(*args, **named):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "train", stop)
    answer = call("train", "some.toml")
    assert (answer.code, answer.out) == (130, "")
    # Some versions of Typer end without a word.
    assert answer.err in ("", "ensemble-lab: stopped.\n")


def test_train_prints_nothing_but_the_run(call, make_run, monkeypatch, tmp_path):
    """No figure of test: a look at those has its own commands, which are in the ledger."""
    monkeypatch.setattr(train, "run_members", lambda *args, **named: None)
    path = make_run().path / "experiment.toml"
    monkeypatch.chdir(tmp_path)
    answer = call("train", path)
    assert (answer.code, answer.out) == (0, str(Path("checkpoints/toy")) + "\n")
    assert (tmp_path / "checkpoints/toy/run.json").is_file()
    assert not (tmp_path / "checkpoints/toy/test-access.jsonl").exists()
    assert call("train", path, "--run", "there").out == "there\n"
    assert (tmp_path / "there/run.json").is_file()
