import pytest

from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training.environment import open_backend, plan_environment
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
