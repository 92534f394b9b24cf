import json
import subprocess
import sys

import pytest

from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training import environment
from ensemble_lab.training.environment import (
    describe_environment,
    open_backend,
    plan_environment,
)
from tests.processes import make_environment
from tests.training.members import build_member


def test_one_thread_is_one_thread_everywhere(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_dump_to=there")
    variables = plan_environment(build_member("jax"))
    assert variables["KERAS_BACKEND"] == "jax"
    assert variables["OMP_NUM_THREADS"] == variables["NPROC"] == "1"
    assert variables["XLA_FLAGS"].split() == [
        "--xla_dump_to=there",
        "--xla_gpu_deterministic_ops=true",
        "--xla_cpu_multi_thread_eigen=false",
    ]


def test_threads_of_the_member_are_those_of_every_pool():
    member = build_member("tensorflow").model_copy(update={"threads": 2})
    variables = plan_environment(member)
    assert variables["OMP_NUM_THREADS"] == variables["NPROC"] == "2"
    assert "multi_thread" not in variables["XLA_FLAGS"]


def test_member_keeps_whose_bits_it_has():
    alone, stacked = (
        describe_environment(build_member("jax"), {"jax": "0.10"}, stack=stack)
        for stack in (None, 32)
    )
    assert alone["numerics"] == "single"
    assert "stack" not in alone
    assert (stacked["numerics"], stacked["stack"], stacked["jax"]) == ("stacked", 32, "0.10")


def test_commit_is_that_of_when_it_was_first_asked_for(monkeypatch):
    """A checkout that goes on while a member is trained is not what trained it."""
    first = environment.describe_commit()
    monkeypatch.setattr(environment, "_ask_git", lambda *_: "later")
    assert environment.describe_commit() == first != "later"


SETTINGS = "import keras; print(keras.config.floatx(), keras.config.image_data_format())"
OPENED = f"""
import os, sys
from ensemble_lab.training.environment import open_backend
from tests.training.members import build_member
with open_backend(build_member("{{backend}}")):
    {SETTINGS}
optional = set("jax matplotlib pandas sklearn".split())
optional.discard("{{backend}}")
print(os.environ["TF_ENABLE_ONEDNN_OPTS"], *optional & set(sys.modules))
import sklearn
"""


@pytest.mark.keras
@pytest.mark.parametrize(
    ("script", "said"),
    [(SETTINGS, "float16 channels_first"), (OPENED, "float32 channels_last\n1")],
    ids=["plain Keras", "worker"],
)
def test_users_settings_and_packages_reach_no_worker(backend, tmp_path, script, said):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(
        json.dumps({"floatx": "float16", "image_data_format": "channels_first"})
    )
    environment = make_environment(HOME=str(tmp_path), TF_ENABLE_ONEDNN_OPTS="0")
    del environment["KERAS_HOME"]
    answer = subprocess.run(
        [sys.executable, "-c", script.format(backend=backend)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == said


@pytest.mark.keras
def test_a_process_that_has_keras_cannot_be_a_worker(backend):
    with (
        pytest.raises(TrainingError, match="toy-0003 must have a process of its own"),
        open_backend(build_member(backend)),
    ):
        pass


@pytest.mark.keras
def test_other_backend_than_the_running_one_is_refused(backend):
    from ensemble_lab.training.backends import load_backend

    other = "jax" if backend == "tensorflow" else "tensorflow"
    with pytest.raises(TrainingError, match=f"KERAS_BACKEND={other}"):
        load_backend(other)


def test_process_leaves_with_what_is_registered_and_takes_nothing_apart(tmp_path):
    script = (
        "import atexit, tempfile\n"
        "from ensemble_lab.training.environment import leave\n"
        "class Heavy:\n"
        "    def __del__(self): print('taken apart', flush=True)\n"
        "heavy, folder = Heavy(), tempfile.TemporaryDirectory()\n"
        "atexit.register(print, 'registered')\n"
        "print('said')\n"
        "leave(3)\n"
    )
    environment = make_environment(TMPDIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (3, "said\nregistered\n", "")
    assert list(tmp_path.iterdir()) == []
