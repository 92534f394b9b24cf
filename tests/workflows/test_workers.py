"""What workers are told of the data: here they are found once, elsewhere each looks itself."""

from pathlib import Path

import pytest

from ensemble_lab.engines import Cluster, Event, Outcome
from ensemble_lab.exceptions import InterruptedTraining
from ensemble_lab.spec.data import parse_data
from ensemble_lab.store.members import Failure, load_failure, save_failure
from ensemble_lab.workflows import workers as module
from ensemble_lab.workflows.workers import ignore, run_members


@pytest.fixture
def ask(make_run, monkeypatch):
    """Ask for a member; return what the engine was asked, and the run."""
    run, calls = make_run(), []

    def answer(name, jobs, **named):
        calls.append((name, jobs, named))
        return tuple(Outcome(job.key, "complete") for job in jobs)

    monkeypatch.setattr(module, "run_engine", answer)
    monkeypatch.setattr(module, "locate", lambda data, folder: folder or Path("/found"))

    def ask(engine, data_dir=None):
        run_members(
            run,
            ("a-0001",),
            ("--predict", "more"),
            sharing="alone",
            engine=engine,
            workers=3,
            cluster=Cluster(),
            data=parse_data({"name": "mnist"}),
            data_dir=data_dir,
            report=ignore,
        )
        return run, calls[-1]

    return ask


def test_failure_is_forgotten_as_soon_as_a_member_is_tried_again(ask, monkeypatch):
    run, _ = ask("process")
    save_failure(run, "a-0001", Failure("WorkerDied", "killed by SIGKILL", "now"))

    def try_again(name, jobs, *, report, **named):
        assert load_failure(run, "a-0001") is not None
        report(Event(event="start", key="a-0001"))
        assert load_failure(run, "a-0001") is None
        return (Outcome("a-0001", "interrupted"),)

    monkeypatch.setattr(module, "run_engine", try_again)
    with pytest.raises(InterruptedTraining):
        run_members(
            run, ("a-0001",), (), sharing="alone", engine="process", workers=None,
            cluster=Cluster(), data=parse_data({"name": "mnist"}), data_dir=None, report=ignore,
        )  # fmt: skip
    assert load_failure(run, "a-0001") is None


@pytest.mark.parametrize(
    ("engine", "data_dir", "told"),
    [
        ("process", None, "/found"),
        ("process", "given", "given"),
        ("ray", None, None),
        ("ray", "given", str(Path("given").absolute())),
    ],
)
def test_worker_is_told_where_data_are(ask, engine, data_dir, told):
    run, (name, (job,), named) = ask(engine, data_dir)
    assert (name, job.run, job.key, job.threads) == (engine, run.path, "a-0001", 1)
    assert job.options == ("--predict", "more", *(("--data-dir", told) if told else ()))
    assert job.arguments == (str(run.path), "a-0001", *job.options)
    assert job.log == run.member_folder("a-0001") / "log.txt"
    assert (named["n_workers"], named["cluster"]) == (3, Cluster())
