"""Files to write that cannot be written: refused before a test label is read."""

import os

import pytest

import ensemble_lab as lab
from ensemble_lab.cli import COMMANDS

ARGUMENTS = {
    "audit": ("png",),
    "calibration": ("png", "--split", "test"),
    "compare": ("png", "--rule", "majority", "--rule", "mean-probability"),
    "confusion": ("png",),
    "curve": ("png", "--split", "test"),
    "diversity": ("png", "--split", "test"),
    "errors": ("png", "--draw", "pairs"),
    "export": ("npz", "--labels"),
    "gallery": ("html",),
    "report": ("html",),
    "select": ("json", "--split", "test", "--allow-test-selection"),
    "slices": ("png",),
    "why": ("png", "0"),
}
"""How a file of each command ends, and what the command needs beside a run."""

ELSEWHERE = {"corruptions", "data", "history", "results", "summarise"}
"""Commands that read no label of test, or that need trained members."""


def test_every_command_that_writes_a_file_is_listed(call):
    writers = {name for name in COMMANDS if "-o, --output" in call(name, "--help").out}
    assert writers - set(ARGUMENTS) - ELSEWHERE == set()


@pytest.fixture(params=["file", "folder", "read-only"])
def target(request, tmp_path, monkeypatch):
    """A place where nothing can be written, to be followed by an ending."""
    if request.param == "file":
        (tmp_path / "notes").write_text("mine")
        return lambda ending: tmp_path / "notes" / f"new.{ending}"
    if request.param == "folder":

        def make(ending):
            (tmp_path / f"there.{ending}").mkdir()
            return tmp_path / f"there.{ending}"

        return make
    # Root may write everywhere: the system's word is what counts.
    kept = tmp_path / "kept"
    kept.mkdir()
    able = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != kept and able(path, mode))
    return lambda ending: kept / f"new.{ending}"


OWN = (
    "run.json", "experiment.toml", "test-access.jsonl", "verdicts.jsonl", "splits/test.h5",
    "members/a-0000/member.weights.h5", "members/a-0000/new.json", "catalogues/new.json",
)  # fmt: skip


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("command", ["results", "select", "summarise"])
def test_file_of_a_run_is_no_place_for_another(call, pool, command, name):
    before = {path: path.read_bytes() for path in pool.path.rglob("*") if path.is_file()}
    folder = pool.path.parent if command == "summarise" else pool.path
    answer = call(command, folder, "-o", pool.path / name)
    assert answer.code == 1
    assert "is a run, and keeps its own files there" in answer.err
    assert {path: path.read_bytes() for path in before} == before
    assert lab.load_ledger(pool) == []


def test_file_of_a_run_is_known_by_any_path(call, pool, tmp_path):
    (tmp_path / "link").symlink_to(pool.path / "splits")
    (pool.path / "mine").mkdir()
    before = (pool.path / "splits" / "test.h5").read_bytes()
    for path in (tmp_path / "link" / "test.h5", pool.path / "mine" / ".." / "splits" / "test.h5"):
        assert "keeps its own files there" in call("select", pool.path, "-o", path).err
    assert (pool.path / "splits" / "test.h5").read_bytes() == before


def test_folder_of_a_run_takes_what_is_the_users(call, pool):
    assert call("select", pool.path, "-o", pool.path / "chosen.json").code == 0


@pytest.mark.parametrize("command", ARGUMENTS)
def test_file_that_cannot_be_written_costs_no_look(call, pool, command, target):
    ending, *words = ARGUMENTS[command]
    path = target(ending)
    answer = call(command, pool.path, *words, "-o", path)
    assert answer.code == 1
    assert "could not be written" in answer.err
    assert len(answer.err.splitlines()) == 1
    assert lab.load_ledger(pool) == []
