"""Keras runs on one backend a process: the one that ``KERAS_BACKEND`` names, or TensorFlow."""

import importlib.util
import os

import pytest

from ensemble_lab.exceptions import MissingExtraError
from ensemble_lab.training.backends import load_backend
from tests.conftest import miss


@pytest.fixture(scope="session", autouse=True)
def keras_home(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An empty one: a user's keras.json (channels_first, float16) must change no test.

    Keras reads it once, when it is imported; so it stays for the session.
    """
    os.environ["KERAS_HOME"] = str(tmp_path_factory.mktemp("keras"))


@pytest.fixture(scope="session")
def backend(keras_home: None) -> str:
    name = os.environ.get("KERAS_BACKEND")
    if name is None:
        name = "jax" if importlib.util.find_spec("tensorflow") is None else "tensorflow"
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"  # the kernels that a worker takes
    try:
        load_backend(name).configure(1)
    except MissingExtraError as error:
        miss(str(error))
    return name
