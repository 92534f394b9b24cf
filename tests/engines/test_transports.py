"""How members reach their run: a file that only sharers see, or a lock held while they are away."""

import pytest

from ensemble_lab.engines import Job
from ensemble_lab.engines.transports import fetching, sharing
from ensemble_lab.exceptions import DamagedError, LockedError, StoreError
from ensemble_lab.store.lock import lock_member
from ensemble_lab.store.members import load_member, member_path
from ensemble_lab.store.parcels import Parcel, pack_member

KEY = "a-0001"


@pytest.fixture
def run(make_run):
    return make_run()


@pytest.fixture
def job(run):
    return Job(run.path, KEY, (), run.member_folder(KEY) / "log.txt")


def test_sharers_find_a_file_that_is_gone_afterwards(run, job):
    with sharing(run.path) as transport:
        task = transport.pack(job)
        assert transport.run is None
        assert (run.path / task.token).is_file()
        assert task.token.startswith(".shared-")
        with sharing(run.path) as other:
            assert other.pack(job).token != task.token
        with lock_member(run, KEY):  # by the worker, wherever it is
            pass
    assert not list(run.path.glob(".shared-*"))


def test_run_that_cannot_be_shared_is_one_line(tmp_path):
    with (
        pytest.raises(StoreError, match="run folder must be writable"),
        sharing(tmp_path / "none"),
    ):
        pass


def test_fetched_member_is_locked_while_it_is_away(run, job):
    with fetching(run.path) as transport:
        assert transport.pack(job).member == pack_member(run, KEY)
        transport.pack(job)  # again, after it was lost
        with pytest.raises(LockedError), lock_member(run, KEY):
            pass
        with lock_member(run, "a-0000"):
            pass
        transport.release(KEY)
        with lock_member(run, KEY):
            pass
        transport.pack(job)
    with lock_member(run, KEY):
        pass


def test_member_that_another_process_trains_is_not_sent(run, job):
    with fetching(run.path) as transport, lock_member(run, KEY), pytest.raises(LockedError):
        transport.pack(job)


def test_what_comes_back_is_kept(run, job):
    parcel, member = pack_member(run, KEY), load_member(run, KEY)
    member_path(run, KEY).unlink()
    job.log.write_bytes(b"before\n")
    with fetching(run.path) as transport:
        transport.pack(job)
        transport.keep(job, parcel, b"after\n")
        assert load_member(run, KEY) == member
        with pytest.raises(DamagedError):
            transport.keep(job, Parcel((("predictions-test.h5", b"no seal"),)))
    assert job.log.read_bytes() == b"before\nafter\n"


def test_log_that_cannot_be_written_is_one_line(run, job):
    job.log.mkdir()
    with fetching(run.path) as transport, pytest.raises(StoreError, match=r"log\.txt must be"):
        transport.keep(job, Parcel(), b"words")
