"""Keras runs on one backend a process: the one that ``KERAS_BACKEND`` names, or TensorFlow."""

import importlib.util
import os

import pytest

from ensemble_lab.exceptions import MissingExtraError
from ensemble_lab.training.backends import load_backend


@pytest.fixture(scope="session")
def backend() -> str:
    name = os.environ.get("KERAS_BACKEND")
    if name is None:
        name = "jax" if importlib.util.find_spec("tensorflow") is None else "tensorflow"
    os.environ["KERAS_BACKEND"] = name
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        load_backend(name).configure(1)
    except MissingExtraError as error:
        if os.environ.get("ENSEMBLE_LAB_REQUIRE_ALL") == "1":
            raise
        pytest.skip(str(error))
    return name
