"""The surroundings of a worker: what is set before Keras is imported, what is noted, its end."""

import atexit
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

import numpy as np

from ensemble_lab import __version__
from ensemble_lab.exceptions import TrainingError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.backends import Backend, load_backend

__all__ = [
    "describe_commit",
    "describe_environment",
    "leave",
    "name_processor",
    "open_backend",
    "plan_environment",
]

_OPENED: dict[tuple[str, int], tuple[Backend, TemporaryDirectory[str]]] = {}
"""At most one: the backend and threads that this process was set up for, and Keras's home."""

_OPTIONAL = ("jax", "matplotlib", "pandas", "sklearn")
"""What Keras and TensorFlow take along where it is installed, for wrappers, plots and conversions
that no worker makes use of: two of the five seconds that importing them takes."""


def plan_environment(spec: MemberSpec) -> dict[str, str]:
    """Return the environment variables that a member's process needs.

    Threads are part of what decides a member's bits: oneDNN's sums follow their
    number. XLA takes its pool's size from ``NPROC`` and nothing else. TensorFlow leaves oneDNN
    alone on CPUs without instructions for neural nets, where it is faster too.
    """
    threads = str(spec.threads)
    variables = {
        "KERAS_BACKEND": spec.backend,
        "OMP_NUM_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "NPROC": threads,
        "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    }
    flags = [os.environ.get("XLA_FLAGS", ""), "--xla_gpu_deterministic_ops=true"]
    if spec.threads == 1:
        flags.append("--xla_cpu_multi_thread_eigen=false")
    return variables | {"XLA_FLAGS": " ".join(flags).strip()}


@contextmanager
def open_backend(spec: MemberSpec) -> Iterator[Backend]:
    """Set the environment, import Keras with a home of its own, and give the backend.

    The user's ``~/.keras/keras.json`` could change number type and axis order. What a
    process was set up for stays so: members of the same backend and threads may follow.

    Raises
    ------
    TrainingError
        Keras is imported already, or for another kind of member: it is too late to choose.
    """
    kind = (spec.backend, spec.threads)
    if kind not in _OPENED:
        if "keras" in sys.modules:
            raise TrainingError(
                f"{spec.key} must have a process of its own; Keras is imported already in this one."
            )
        home = TemporaryDirectory(prefix="keras-")
        os.environ.update(plan_environment(spec) | {"KERAS_HOME": home.name})
        with _hidden(name for name in _OPTIONAL if name != spec.backend):
            backend = load_backend(spec.backend)
        backend.configure(spec.threads)
        _OPENED[kind] = (backend, home)
    yield _OPENED[kind][0]


@contextmanager
def _hidden(names: Iterable[str]) -> Iterator[None]:
    """Have packages that were not imported yet pass for packages that are not installed."""
    hidden = {name: None for name in names if name not in sys.modules}
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None is what stops an import
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def describe_environment(
    spec: MemberSpec, libraries: Mapping[str, str], *, stack: int | None = None
) -> dict[str, str | int]:
    """Return what is to be stored with a member: its engine's numerics, libraries, the machine.

    Parameters
    ----------
    spec : MemberSpec
    libraries : mapping
        Versions, and the device's name: what the trainer says.
    stack : int or None
        Members that the program on one device was made for; None where for one alone.
    """
    numerics: dict[str, str | int] = (
        {"numerics": "single"} if stack is None else {"numerics": "stacked", "stack": stack}
    )
    return {
        "ensemble-lab": __version__,
        "commit": describe_commit(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "backend": spec.backend,
        "threads": spec.threads,
        **numerics,
        "cpu": name_processor(),
        "cores": os.cpu_count() or 0,
        "platform": platform.platform(),
        **libraries,
    }


def name_processor() -> str:
    """Return what the processor calls itself, or else its architecture."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


@cache
def describe_commit() -> str:
    """Return the commit of the package's own checkout, marked where it was changed since.

    Empty where the package is installed otherwise, also inside another repository. A worker
    asks as it starts: hours later the checkout may have gone on, and its code has not.
    """
    root = Path(__file__).parents[2]
    if _ask_git(root, "rev-parse", "--show-toplevel") != str(root.resolve()):
        return ""
    return _ask_git(root, "describe", "--always", "--abbrev=40", "--dirty=+changes", "--exclude=*")


def _ask_git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return answer.stdout.strip()


def leave(code: int) -> NoReturn:
    """End this process with what is registered for its end, and with nothing else.

    Python would take Keras and TensorFlow apart first, object by object: more than a second
    of each worker, for memory that the system takes back at once.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody is left to read it
            stream.flush()
    os._exit(code)
