"""Jobs that share a process: in turn or together, and what a worker's end takes with it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ensemble_lab.engines import Job, Outcome, run_engine
from ensemble_lab.engines.jobs import plan_batches


@dataclass
class Shared:
    """Statuses and processes of jobs, in their order."""

    outcomes: tuple[Outcome, ...]
    folder: Path

    @property
    def statuses(self):
        return [outcome.status for outcome in self.outcomes]

    @property
    def processes(self):
        """Numbered from 0, in the order of the jobs that they did last."""
        signed = [(self.folder / f"{each.key}.by").read_text() for each in self.outcomes]
        return [list(dict.fromkeys(signed)).index(each) for each in signed]


@pytest.fixture
def share(tmp_path, stand_in):
    """Run jobs of the given modes that share processes."""

    def run(*modes, sharing="in-turn", n_workers=1, backends=None):
        jobs = [
            Job(
                run=tmp_path,
                key=f"{mode}-{number:04d}",
                options=(mode,),
                log=tmp_path / f"{number}.log",
                backend=backends[number] if backends else "",
                sharing=sharing,
            )
            for number, mode in enumerate(modes)
        ]
        events = []
        outcomes = run_engine("process", jobs, n_workers=n_workers, report=events.append)
        assert [outcome.key for outcome in outcomes] == [job.key for job in jobs]
        assert "ready" not in {event.event for event in events}
        return Shared(outcomes, tmp_path)

    return run


def test_members_take_turns_in_one_process(share):
    shared = share("trained", "complete", "trained")
    assert shared.statuses == ["trained", "complete", "trained"]
    assert shared.processes == [0, 0, 0]


def test_turns_are_handed_to_whoever_is_free(share):
    """One worker waits in its first member until another's second has come to it."""
    shared = share("meet", "trained", "meet", "trained", n_workers=2)
    assert shared.statuses == ["trained"] * 4
    assert shared.processes[:3] == [0, 1, 1]


def test_alone_is_a_process_each(share):
    assert share("trained", "trained", sharing="alone").processes == [0, 1]


def test_worn_worker_is_replaced(share):
    shared = share("trained", "worn", "trained", "trained")
    assert shared.statuses == ["trained"] * 4
    assert shared.processes == [0, 0, 1, 1]


@pytest.mark.parametrize("mode", ["killed", "exit-3", "failed", "stumble"])
def test_worker_that_ends_takes_the_member_it_is_at_and_no_other(share, mode):
    shared = share("trained", mode, "trained", "trained")
    assert shared.statuses == ["trained", "failed", "trained", "trained"]
    assert shared.processes == [0, 0, 1, 1]


def test_locked_member_is_passed_over(share):
    shared = share("trained", "locked", "trained")
    assert shared.statuses == ["trained", "locked", "trained"]


def test_each_member_keeps_a_log_of_its_own(share, tmp_path):
    """The stand-in says where it would log; a worker does so (see its own tests)."""
    share("trained", "trained", "trained")
    assert (tmp_path / "0.log").read_text().splitlines() == [
        "turns to trained-0001, whose log is 1.log",
        "turns to trained-0002, whose log is 2.log",
    ]


def test_process_is_shared_by_members_of_one_backend_only(share):
    shared = share("trained", "trained", "trained", "trained", backends=["a", "b", "a", "b"])
    assert shared.statuses == ["trained"] * 4
    assert shared.processes == [0, 1, 0, 1]


def test_together_is_one_process_for_all_its_members(share):
    shared = share(*["trained"] * 5, sharing="together", n_workers=2)
    assert shared.statuses == ["trained"] * 5
    assert shared.processes == [0, 1, 0, 1, 0]


def test_one_that_fails_among_others_leaves_them_alone(share):
    shared = share("trained", "failed", "complete", "trained", sharing="together")
    assert shared.statuses == ["trained", "failed", "trained", "trained"]
    assert shared.processes == [0, 0, 0, 0]
    assert shared.outcomes[1].cause == "it must not fail."


def test_one_that_kills_the_process_leaves_what_was_done_and_the_rest_to_another(share):
    shared = share("complete", "trained", "killed", "trained", "killed", sharing="together")
    assert shared.statuses == ["trained", "trained", "failed", "trained", "failed"]
    assert shared.processes == [0, 1, 0, 1, 2]
    assert {shared.outcomes[each].error for each in (2, 4)} == {"WorkerDied"}


def test_kinds_are_dealt_apart_and_evenly():
    jobs = [
        Job(Path(), f"{backend}{number}", (), Path(), threads, backend, "together")
        for backend, threads, count in (("a", 1, 5), ("b", 1, 1), ("a", 2, 2))
        for number in range(count)
    ]
    batches = [[job.key for job in batch] for batch in plan_batches(jobs, 3)]
    assert batches == [["a0", "a3"], ["a1", "a4"], ["a2"], ["b0"], ["a0"], ["a1"]]
