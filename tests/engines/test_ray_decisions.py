"""What is done about a member that is lost, locked or stopped: told to a Ray that is played."""

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from ensemble_lab.engines import Cluster, Event, Job, Outcome
from ensemble_lab.engines.nodes import Answer
from ensemble_lab.exceptions import LockedError, SpecError, TrainingError
from ensemble_lab.store.parcels import NOTHING, Parcel

loss = pytest.importorskip("ray.exceptions")
module = pytest.importorskip("ensemble_lab.engines.ray")

DONE = Event(event="done", key="a", status="trained")
TRAINED = Answer(Outcome("a", "trained"))
LOST = loss.NodeDiedError("a node died")
STATE = Parcel((("resume.weights.h5", b"a state"),))


class PlayedRay:
    """Each task that is sent ends as the next of `ends` says: what it told, and how."""

    def __init__(self, ends, machines=({"CPU": 2.0},)):
        self.ends, self.machines = iter(ends), list(machines)
        self.sent, self.told, self.cancelled, self.away = [], [], [], {}
        self.most_away = 0

    def nodes(self):
        return [{"Alive": True, "Resources": each} for each in self.machines]

    def cluster_resources(self):
        names = {name for each in self.machines for name in each}
        return {name: sum(m.get(name, 0) for m in self.machines) for name in names}

    def get_runtime_context(self):
        return SimpleNamespace(get_node_id=lambda: "0" * 56)

    def remote(self, function=None, **options):
        if function is None:
            return lambda function: self.remote(function, **options)
        if function is not module._do:
            tell = SimpleNamespace(remote=lambda *message: self.told.append(message))
            take = SimpleNamespace(remote=lambda: "messages")
            relay = SimpleNamespace(tell=tell, take=take)
            return SimpleNamespace(options=lambda **_: SimpleNamespace(remote=lambda: relay))
        return SimpleNamespace(
            options=lambda **more: SimpleNamespace(
                remote=lambda *arguments: self.send(options | more, *arguments)
            )
        )

    def send(self, options, name, task, run, _relay):
        told, end = next(self.ends)
        self.sent.append(SimpleNamespace(options=options, name=name, task=task, run=run))
        self.told += [each if isinstance(each, tuple) else (name, each) for each in told]
        reference = f"task {len(self.sent)}"
        self.away[reference] = end
        self.most_away = max(self.most_away, len(self.away))
        return reference

    def put(self, value):
        return value

    def wait(self, references, timeout):
        return list(references)[:1], list(references)[1:]

    def get(self, what):
        if what == "messages":
            told, self.told = self.told, []
            return told
        end = self.away.pop(what)
        if isinstance(end, BaseException):
            raise end
        return end

    def cancel(self, reference, **_):
        self.cancelled.append(reference)
        self.away[reference] = loss.TaskCancelledError()


class PlayedTransport:
    run = None

    def __init__(self, refusal=None):
        self.refusal, self.packed, self.kept, self.released = refusal, 0, [], []

    def pack(self, job):
        self.packed += 1
        if self.refusal and isinstance(self.refusal, LockedError):
            raise self.refusal
        return f"task of {job.key}, packed {self.packed} times"

    def keep(self, job, parcel, log=b""):
        if self.refusal:
            raise self.refusal
        self.kept.append((job.key, parcel, log))

    def release(self, key):
        self.released.append(key)


@pytest.fixture
def play(monkeypatch) -> Callable:
    """Run jobs whose tasks end as told; return outcomes, what the user was told, and the parts."""

    def played(*ends, keys="a", n_workers=None, transport=None, report=None):
        ray, transport = PlayedRay(ends), transport or PlayedTransport()
        clock = itertools.count()
        monkeypatch.setattr(module, "ray", ray)
        monkeypatch.setattr(
            module, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda _: None)
        )
        events = []
        jobs = [Job(Path("/run"), key, (), Path(f"/{key}.log")) for key in keys]
        board = module._Board(jobs, n_workers, 0.0, transport, report or events.append)
        told = board.run()
        return SimpleNamespace(outcomes=told, events=events, ray=ray, transport=transport)

    return played


def test_member_that_is_done_is_told_kept_and_let_go(play):
    got = play(([DONE], replace(TRAINED, parcel=STATE, log=b"words")))
    assert got.outcomes == (Outcome("a", "trained"),)
    assert got.events == [DONE]
    assert got.transport.kept == [("a", STATE, b"words")]
    assert got.transport.released == ["a"]


def test_outcomes_are_in_the_order_of_the_jobs_and_threads_are_cpus(play):
    ends = [([], Answer(Outcome(key, "complete"))) for key in "abc"]
    got = play(*ends, keys="abc")
    assert [outcome.key for outcome in got.outcomes] == ["a", "b", "c"]
    assert [sent.options["num_cpus"] for sent in got.ray.sent] == [1, 1, 1]
    assert {sent.options["max_retries"] for sent in got.ray.sent} == {0}


@pytest.mark.parametrize(("n_workers", "most"), [(None, 2), (1, 1), (3, 3)])
def test_no_more_are_away_than_asked_for_or_than_there_are_cores(play, n_workers, most):
    ends = [([], Answer(Outcome(key, "trained"))) for key in "abcd"]
    assert play(*ends, keys="abcd", n_workers=n_workers).ray.most_away == most


@pytest.mark.parametrize(
    "end",
    [
        LOST,
        loss.WorkerCrashedError(),
        loss.OutOfMemoryError("too much"),
        Answer(Outcome("a", "failed", "WorkerDied", "killed by SIGKILL")),
        Answer(Outcome("a", "interrupted")),
        loss.TaskCancelledError(),
    ],
    ids=lambda end: type(end).__name__,
)
def test_lost_member_is_told_and_sent_again_with_what_is_there_now(play, end):
    got = play(([], end), ([DONE], TRAINED))
    assert got.outcomes == (Outcome("a", "trained"),)
    assert [event.event for event in got.events] == ["lost", "done"]
    assert got.events[0].key == "a"
    assert got.events[0].cause
    assert [sent.task[-14:] for sent in got.ray.sent] == ["packed 1 times", "packed 2 times"]
    assert got.transport.released == ["a"]


def test_member_that_is_lost_three_times_has_failed(play):
    got = play(*[([], LOST)] * 3)
    assert got.outcomes == (
        Outcome("a", "failed", "WorkerDied", "lost 3 times, at last because its machine was lost"),
    )
    assert [event.event for event in got.events] == ["lost", "lost"]


@pytest.mark.parametrize(
    "outcome",
    [Outcome("a", "failed", "TrainingError", "loss must be finite"), Outcome("a", "locked")],
)
def test_what_ended_with_a_cause_is_not_tried_again(play, outcome):
    got = play(([], Answer(outcome)))
    assert got.outcomes == (outcome,)
    assert len(got.ray.sent) == 1


def test_lock_of_a_lost_worker_is_waited_for_in_silence(play):
    locked = ([Event(event="locked", key="a")], Answer(Outcome("a", "locked")))
    got = play(([], LOST), locked, locked, ([DONE], TRAINED))
    assert got.outcomes == (Outcome("a", "trained"),)
    assert [event.event for event in got.events] == ["lost", "done"]


def test_lock_that_stays_is_another_process(play):
    locked = ([Event(event="locked", key="a")], Answer(Outcome("a", "locked")))
    got = play(([], LOST), *[locked] * 100)
    assert got.outcomes == (Outcome("a", "locked"),)
    assert [event.event for event in got.events] == ["lost", "locked"]
    assert len(got.ray.sent) < 50


def test_state_on_the_way_is_kept_and_a_bad_one_costs_nothing(play):
    assert play(([STATE], TRAINED)).transport.kept == [
        ("a", STATE, b""),
        ("a", NOTHING, b""),
    ]
    got = play(
        ([STATE], LOST), ([DONE], LOST), ([], LOST), transport=PlayedTransport(TrainingError("x"))
    )
    assert got.outcomes[0].error == "WorkerDied"


def test_machine_that_was_given_up_is_not_listened_to(play):
    old = ("a 1", Event(event="epoch", key="a", epoch=9))
    got = play(([], LOST), ([old, ("a 1", STATE), DONE], TRAINED))
    assert [event.event for event in got.events] == ["lost", "done"]
    assert got.transport.kept == [("a", NOTHING, b"")]


def test_what_cannot_be_kept_fails_that_member_alone(play):
    transport = PlayedTransport(TrainingError("it did not come whole"))
    got = play(([], TRAINED), transport=transport)
    assert got.outcomes == (Outcome("a", "failed", "TrainingError", "it did not come whole"),)
    assert transport.released == ["a"]


def test_member_that_another_process_has_is_not_sent(play):
    got = play(transport=PlayedTransport(LockedError("in use")))
    assert got.outcomes == (Outcome("a", "locked"),)
    assert [event.event for event in got.events] == ["locked"]
    assert got.ray.sent == []


def test_what_failed_in_our_own_code_there_has_its_name(play):
    error = loss.RayTaskError("work", "Traceback\n", ModuleNotFoundError("No module named 'x'"))
    got = play(([], error))
    assert got.outcomes[0].error == "ModuleNotFoundError"
    assert got.outcomes[0].cause == "No module named 'x'"


def test_report_that_raises_stops_what_is_away(play):
    def refuse(_event):
        raise ZeroDivisionError

    transport = PlayedTransport()
    ends = [([DONE], TRAINED), ([], Answer(Outcome("b", "trained")))]
    with pytest.raises(ZeroDivisionError):
        play(*ends, keys="ab", transport=transport, report=refuse)
    assert module.ray.cancelled == ["task 1", "task 2"]
    assert sorted(transport.released) == ["a", "b"]


@pytest.mark.parametrize(
    ("gpus", "machines", "share"),
    [
        (None, [{"CPU": 1}], 0),
        (None, [{"CPU": 1}, {"CPU": 1, "GPU": 2}], 1),
        (0.25, [{"CPU": 1, "GPU": 2}], 0.25),
        (0, [{"CPU": 1, "GPU": 2}], 0),
    ],
)
def test_share_of_a_gpu_is_what_was_asked_for_or_one(monkeypatch, gpus, machines, share):
    monkeypatch.setattr(module, "ray", PlayedRay([], machines))
    assert module._choose_share(Cluster(gpus=gpus)) == share


@pytest.mark.parametrize(
    ("machines", "threads", "share", "fits"),
    [
        ([{"CPU": 4}], 4, 0, True),
        ([{"CPU": 4}, {"CPU": 2, "GPU": 1}], 2, 1, True),
        ([{"CPU": 4}, {"CPU": 2, "GPU": 1}], 3, 0.5, False),
        ([{"CPU": 4}, {"CPU": 4}], 5, 0, False),
        ([{"CPU": 4}], 1, 1, False),
        ([{}], 1, 0, False),
    ],
)
def test_member_that_no_machine_has_room_for_is_refused(
    monkeypatch, machines, threads, share, fits
):
    monkeypatch.setattr(module, "ray", PlayedRay([], machines))
    jobs = [Job(Path("/run"), key, (), Path("/log"), n) for key, n in (("a", 1), ("b", threads))]
    if fits:
        module._check_room(jobs, share)
        return
    with pytest.raises(SpecError, match=rf"{threads} CPUs and {share:g} GPUs for a member; got"):
        module._check_room(jobs, share)


def test_no_jobs_need_no_cluster():
    assert module.run_on_ray([], None, Cluster(address="nowhere:1"), pytest.fail) == ()


def test_cluster_that_is_lost_as_a_whole_is_one_line(monkeypatch, tmp_path):
    ray = PlayedRay([([], TRAINED)])
    monkeypatch.setattr(ray, "get", refuse_with(loss.ActorDiedError()))
    monkeypatch.setattr(module, "ray", ray)
    monkeypatch.setattr(module, "connected", lambda address: nullcontext())
    monkeypatch.setattr(module, "_GRACE_S", 0)
    job = Job(tmp_path, "a", (), tmp_path / "log")
    with pytest.raises(TrainingError, match=r"ActorDiedError\. The same command cont") as caught:
        module.run_on_ray([job], None, Cluster(), pytest.fail)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def refuse_with(error):
    def refuse(*_, **__):
        raise error

    return refuse
