"""Members made on a real Ray cluster, of several nodes on this machine: the same to the bit."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

import ensemble_lab as lab
from ensemble_lab.store.members import load_failure, load_member
from ensemble_lab.store.predictions import predictions_path
from ensemble_lab.store.seal import peek_digest
from ensemble_lab.store.training_state import state_path
from tests.conftest import need
from tests.processes import freeze, list_processes, make_environment, wait_until

pytestmark = [pytest.mark.keras, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
ENVIRONMENT = make_environment(RAY_ADDRESS="")

# Names of this test run alone: workers are found by them among all processes of the machine,
# and another run of these tests may be at it.
FELLED, ENDLESS = f"felled-{os.getpid()}", f"endless-{os.getpid()}"
NETS = f"""
name = "nets"
data = {{ name = "digits" }}
[[members]]
group = "{FELLED}"
architecture = {{ name = "mlp", hidden = [32] }}
seeds = [0, 1]
epochs = 30
[[members]]
group = "{ENDLESS}"
architecture = {{ name = "mlp", hidden = [32] }}
seeds = [0]
epochs = 5000
"""
CLASSIC = """
name = "classic"
data = { name = "digits" }
[[members]]
group = "bayes"
backend = "scikit-learn"
architecture = { name = "naive_bayes" }
seeds = [0]
"""


class Nodes:
    """The cluster of `ray_nodes.py`."""

    def __init__(self, process, words: Path):
        self._process, self._words = process, words
        self.address = self._hear("address ")

    def kill_machine_of(self, worker: int) -> None:
        self._process.stdin.write(f"kill {parent_of(parent_of(worker))}\n")
        self._process.stdin.flush()

    def wait_for_another(self) -> None:
        self._hear("another joined")

    def _hear(self, word: str) -> str:
        for line in self._process.stdout:
            if line.startswith(word):
                return line.removeprefix(word).strip()
        raise AssertionError(f"the cluster ended: {self._words.read_text()[-2000:]}")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    need("ray")
    words = tmp_path_factory.mktemp("nodes") / "words.txt"
    with (
        words.open("w") as file,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "ray_nodes.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
            env=ENVIRONMENT,
        ) as process,
    ):
        try:
            yield Nodes(process, words)
        finally:
            process.stdin.close()
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ray")
    (folder / "nets.toml").write_text(NETS)
    (folder / "classic.toml").write_text(CLASSIC)
    return folder


@pytest.fixture(scope="module")
def serial(folder):
    """What one worker after another makes."""
    return lab.train(
        folder / "nets.toml", run=folder / "serial", engine="serial", members=[f"{FELLED}-*"]
    )


def digests(run, key: str) -> list[str]:
    paths = [predictions_path(run, key, split) for split in run.own_splits]
    return [load_member(run, key).weights_sha256, *map(peek_digest, paths)]


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()[1])


def start(*arguments) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "ensemble_lab", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        cwd=ROOT,
    )


def find_worker(key: str) -> int:
    """Wait for a member's worker to have finished an epoch at least."""
    found = []

    def has_state():
        found[:] = list_processes("ensemble_lab.training.worker", key)
        return found and (folder_of(found[0]) / "members" / key / "resume.weights.h5").exists()

    wait_until(has_state, within_s=300)
    return found[0]


def folder_of(worker: int) -> Path:
    words = Path(f"/proc/{worker}/cmdline").read_bytes().decode().split("\0")
    return Path(words[words.index("ensemble_lab.training.worker") + 1])


@pytest.mark.parametrize(
    "keys", [[f"{FELLED}-0000", f"{FELLED}-0001"], [f"{FELLED}-0001"]], ids=len
)
def test_machine_lost_in_the_middle_changes_no_bit(nodes, folder, serial, keys):
    """Two members on a shared run, of whose machines one is lost; then one that is fetched."""
    is_fetched = len(keys) == 1
    path = folder / f"felled-{len(keys)}"
    more = [*(["--fetch"] if is_fetched else []), *(w for key in keys for w in ("--members", key))]
    with start(
        "train", folder / "nets.toml", "--run", path, "--engine", "ray", "--address",
        nodes.address, *more,
    ) as driver:  # fmt: skip
        worker = find_worker(f"{FELLED}-0001")
        freeze(worker)
        is_copy = folder_of(worker) != path
        nodes.kill_machine_of(worker)
        assert read_until(driver.stderr, f"{FELLED}-0001 goes on elsewhere: its machine was lost")
        with suppress(ProcessLookupError):
            # It holds its member's lock for as long as it lives, as a lost machine may.
            os.kill(worker, signal.SIGKILL)
        out, err = driver.communicate(timeout=600)
    nodes.wait_for_another()
    assert (driver.returncode, out) == (0, f"{path}\n"), err
    assert err.splitlines()[-1].startswith(f"{len(keys)} of {len(keys)} members done in")
    assert is_copy == is_fetched
    run = lab.open_run(path)
    for key in keys:
        assert digests(run, key) == digests(serial, key)
        assert load_failure(run, key) is None
        assert not state_path(run, key).exists()
    assert not list(path.glob(".shared-*"))


def test_interrupt_stops_all_and_brings_back_where_they_stand(nodes, folder):
    path, key = folder / "interrupted", f"{ENDLESS}-0000"
    with start(
        "train", folder / "nets.toml", "--run", path, "--engine", "ray", "--address",
        nodes.address, "--fetch", "--members", key,
    ) as driver:  # fmt: skip
        worker = find_worker(key)
        assert not (path / "members" / key / "resume.weights.h5").exists()
        driver.send_signal(signal.SIGINT)
        out, err = driver.communicate(timeout=300)
    assert (driver.returncode, out) == (130, "")
    assert err.splitlines()[-1] == (
        "ensemble-lab: 1 of 1 members stopped before the end; the same command continues."
    )
    assert "ray" not in err.lower()
    assert not Path(f"/proc/{worker}").exists()
    assert state_path(lab.open_run(path), key).exists()


def test_members_train_and_predict_as_here(nodes, folder):
    """Trained on a copy and predicting in place, as the user's connection to Ray is found."""
    here = lab.train(folder / "classic.toml", run=folder / "here", engine="serial")
    lab.predict(here, "digits:train", "more", engine="serial")
    path, where = folder / "away", ("--engine", "ray", "--address", nodes.address)
    made = run_to_the_end("train", folder / "classic.toml", "--run", path, *where, "--fetch")
    assert made[0] == f"{path}\n"
    assert [line.split(" in ")[0] for line in made[1].splitlines()] == ["1 of 1 members done"]
    run_to_the_end("predict", path, "--data", "digits:train", "--as", "more", *where)
    away = lab.open_run(path)
    assert digests(away, "bayes-0000") == digests(here, "bayes-0000")
    more = [predictions_path(run, "bayes-0000", "more") for run in (here, away)]
    assert peek_digest(more[0]) == peek_digest(more[1])


def run_to_the_end(*arguments) -> tuple[str, str]:
    with start(*arguments) as driver:
        out, err = driver.communicate(timeout=600)
    assert driver.returncode == 0, err
    return out, err


def read_until(lines, words: str) -> bool:
    return any(words in line for line in iter(lines.readline, ""))
