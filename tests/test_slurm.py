"""The job file for SLURM arrays, run by bash as SLURM would run it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import ensemble_lab as lab
from tests.processes import make_environment, wait_until

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "docs" / "slurm-array.sh"
TASK = {
    "SLURM_ARRAY_TASK_ID": "2",
    "SLURM_ARRAY_TASK_MAX": "5",
    "SLURM_CPUS_PER_TASK": "4",
    "SLURM_JOB_ID": "77",
}
STAND_IN = """#!/bin/bash
echo "$@" > called
trap 'sleep 0.2; exit 130' TERM
touch running
case "$2" in
    endless.toml) while true; do sleep 0.05; done ;;
    wrong.toml) exit 1 ;;
esac
"""
EXPERIMENT = """
name = "shared-out"
data = { name = "digits" }
[defaults]
backend = "scikit-learn"
[[members]]
group = "bayes"
architecture = { name = "naive_bayes" }
seeds = [0]
[[members]]
group = "linear"
architecture = { name = "sgd_linear" }
seeds = [0, 1]
"""


@pytest.fixture
def start(tmp_path):
    """Start a task of the array in a folder of its own, where commands are what it says."""

    def lay(name: str, text: str) -> None:
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def start(command: str, *arguments: str, **task: str) -> subprocess.Popen:
        lay("ensemble-lab", command)
        lay("scontrol", '#!/bin/bash\necho "$@" > requeued\n')
        return subprocess.Popen(
            ["bash", str(SCRIPT), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=make_environment(**TASK)
            | task
            | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        )

    return start


def end(process: subprocess.Popen) -> tuple[int, str]:
    _, err = process.communicate(timeout=250)
    return process.returncode, err


@pytest.mark.parametrize(("file", "code"), [("some.toml", 0), ("wrong.toml", 1)])
def test_task_trains_its_shard_on_its_cores_and_ends_as_training_does(start, tmp_path, file, code):
    assert end(start(STAND_IN, file, "--run", "there")) == (code, "")
    called = (tmp_path / "called").read_text()
    assert called == f"train {file} --run there --shard 2/5 --workers 4\n"
    assert not (tmp_path / "requeued").exists()


def test_task_that_is_submitted_alone_keeps_its_shard(start, tmp_path):
    end(start(STAND_IN, "some.toml", SHARDS="8", SLURM_ARRAY_TASK_MAX="2"))
    assert "--shard 2/8" in (tmp_path / "called").read_text()


@pytest.mark.parametrize(
    ("number", "is_requeued"),
    [(signal.SIGUSR1, True), (signal.SIGTERM, False)],
    ids=["out of time", "preempted or cancelled"],
)
def test_task_that_is_stopped_waits_for_training_to_stop(start, tmp_path, number, is_requeued):
    """One that is preempted is put back by SLURM; one that was cancelled is not to be."""
    process = start(STAND_IN, "endless.toml")
    wait_until((tmp_path / "running").exists)
    process.send_signal(number)
    assert end(process) == (130, "")
    assert (tmp_path / "requeued").exists() == is_requeued
    if is_requeued:
        assert (tmp_path / "requeued").read_text() == "requeue 77\n"


@pytest.mark.keras
@pytest.mark.slow
def test_two_tasks_at_once_fill_one_run(start, tmp_path):
    (tmp_path / "experiment.toml").write_text(EXPERIMENT)
    command = f'#!/bin/bash\nexec "{sys.executable}" -m ensemble_lab "$@"\n'
    tasks = [
        start(
            command,
            "experiment.toml",
            SLURM_ARRAY_TASK_ID=number,
            SLURM_ARRAY_TASK_MAX="2",
            SLURM_CPUS_PER_TASK="1",
        )
        for number in "12"
    ]
    ends = [end(task) for task in tasks]
    assert [code for code, _ in ends] == [0, 0], ends
    last_lines = [err.splitlines()[-1].split(" in ")[0] for _, err in ends]
    assert last_lines == ["2 of 2 members done", "1 of 1 members done"]
    summary = lab.summarise_run(tmp_path / "checkpoints" / "shared-out")
    assert {member.key: member.status for member in summary.members} == dict.fromkeys(
        ["bayes-0000", "linear-0000", "linear-0001"], "complete"
    )
