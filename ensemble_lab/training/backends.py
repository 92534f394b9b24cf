"""Which file carries out a spec's backend, and what all of them offer."""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array, Images, Labels
from ensemble_lab.exceptions import MissingExtraError, TrainingError
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.spec.training import LossSpec
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.network import Network

__all__ = ["BACKENDS", "Backend", "Snapshot", "StepOptions", "Steps", "load_backend"]

BACKENDS = {
    "tensorflow": "ensemble_lab.training.steps_tensorflow",
    "jax": "ensemble_lab.training.steps_jax",
}
"""Names of backends and their modules, each with what `Backend` lists."""


@dataclass(frozen=True)
class StepOptions:
    """What of a recipe is built into the compiled steps.

    Attributes
    ----------
    loss : LossSpec
    augmentation : tuple of AugmentationSpec
    average_decay : float or None
        Largest decay of the running average of the weights; None keeps no average.
    """

    loss: LossSpec
    augmentation: tuple[AugmentationSpec, ...] = ()
    average_decay: float | None = None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that training changes, as NumPy arrays.

    Attributes
    ----------
    weights : tuple of ndarray
        In the order of `keras.Model.weights`.
    optimizer : tuple of ndarray
        In the order of the optimizer's variables.
    averages : tuple of ndarray
        Running averages in the order of `weights`; empty where none is kept.
    """

    weights: tuple[Array, ...]
    optimizer: tuple[Array, ...]
    averages: tuple[Array, ...]


class Steps(Protocol):
    """Compiled training steps on examples that stay on the device."""

    def place(self, arrays: StepArrays) -> StepArrays:
        """Return an epoch's arrays on the device."""

    def run(
        self, arrays: StepArrays, start: int, stop: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Take the steps start … stop − 1.

        Any two numbers run the same compiled code, so how an epoch is cut into
        blocks changes no bit.

        Returns
        -------
        losses : float32 (stop − start,)
            Mean over each step's batch.
        n_right : int32 (stop − start,)
        """

    def augment(self, arrays: StepArrays, start: int, stop: int) -> None:
        """Read and augment the images of the steps start … stop − 1, for that to be timed."""

    def read(self) -> Snapshot:
        """Return all that the steps have changed so far."""

    def write(self, snapshot: Snapshot) -> None:
        """Go on from there."""


class Backend(Protocol):
    """What the module of a backend offers."""

    layer_classes: Any
    """What `Layer.build` takes classes from: `keras.layers`, or what is faster than some."""

    def configure(self, threads: int) -> None:
        """Fix threads and determinism; comes before anything is computed."""

    def build_steps(
        self,
        network: Network,
        optimizer: Any,
        images: Images,
        labels: Labels,
        options: StepOptions,
    ) -> Steps:
        """Return steps that start from the network's weights as they are."""

    def compile_inference(self, model: Any, augmentation: tuple[AugmentationSpec, ...] = ()) -> Any:
        """Return a function: uint8 (batch, …) to float32 (batch, classes), weights as they are.

        With an augmentation the images are augmented first, and its draws come behind them:
        transforms, noise and boxes, as `ensemble_lab.training.augment.augment_images` takes them.
        """

    def describe_device(self) -> dict[str, str]:
        """Return the backend's version and the device's name."""


def load_backend(name: str) -> Backend:
    """Return the module of a backend, which Keras must be running already or not yet at all.

    Raises
    ------
    MissingExtraError
        Keras or the backend is not installed.
    TrainingError
        This process runs another one: Keras has one backend a process.
    """
    extra = "jax" if name == "jax" else "train"
    try:
        import keras

        running = keras.backend.backend()
        module: Any = importlib.import_module(BACKENDS[name]) if running == name else None
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"backend {name!r} needs {error.name}, which is not installed. "
            f"Install it with: pip install 'ensemble-lab[{extra}]'"
        ) from None
    if module is None:
        raise TrainingError(
            f"Keras must run on {name!r} in this process; got {running!r}. "
            f"Set KERAS_BACKEND={name} before Keras is imported."
        )
    backend: Backend = module
    return backend
