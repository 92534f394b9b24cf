"""Training steps in JAX: a `lax.fori_loop` over arrays that each block hands to the next.

The arrays of weights and optimizer are donated, so that a block works in place; Keras's
variables are templates only and do not change in training.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ensemble_lab.arrays import Images, Labels
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import Snapshot, StepOptions
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.network import Network
from ensemble_lab.training.steps_pure import PureStep, State, loop_steps

__all__ = [
    "JaxSteps",
    "MaxPooling2D",
    "build_steps",
    "compile_inference",
    "configure",
    "describe_device",
    "layer_classes",
]


class MaxPooling2D(keras.layers.MaxPooling2D):  # type: ignore[misc]
    """Keras's layer for tiles that do not overlap, as a maximum over reshaped axes.

    XLA's gradient of a window maximum is a scatter: ten times slower on a CPU (59
    against 4 ms for 128 × 26 × 26 × 32), and on a GPU serial where it must be
    deterministic. Equal values share the gradient here, where a window gives it to the
    first. The class keeps its name, which the paths in weight files are made of.
    """

    def call(self, inputs: Any) -> Any:
        """Return the largest value of each tile."""
        size = self.pool_size[0]
        _, height, width, channels = inputs.shape
        rows, columns = height // size, width // size
        tiles = inputs[:, : rows * size, : columns * size]
        return tiles.reshape(-1, rows, size, columns, size, channels).max(axis=(2, 4))


layer_classes = SimpleNamespace(**(vars(keras.layers) | {"MaxPooling2D": MaxPooling2D}))
"""What layers are built from: Keras's, but for pooling."""


def configure(threads: int) -> None:
    """Nothing to do: XLA reads threads and determinism from the environment at its start."""


def describe_device() -> dict[str, str]:
    """Return the backend's version and the device's name."""
    device = jax.devices()[0]
    name = "CPU" if device.platform == "cpu" else str(device.device_kind)
    return {"jax": jax.__version__, "device": name}


def compile_inference(model: Any, augmentation: tuple[AugmentationSpec, ...] = ()) -> Any:
    """Return a function: uint8 (batch, …) to float32 (batch, classes), weights as they are."""

    @jax.jit
    def infer_batch(trainable: Any, rest: Any, images: Any, draws: Any) -> Any:
        images = augment_images(images.astype(jnp.float32) / 255.0, augmentation, *draws)
        return model.stateless_call(trainable, rest, images, training=False)[0]

    def infer(images: Images, *draws: Any) -> Any:
        trainable = [each.value for each in model.trainable_variables]
        rest = [each.value for each in model.non_trainable_variables]
        return np.asarray(infer_batch(trainable, rest, images, draws))

    return infer


def build_steps(
    network: Network, optimizer: Any, images: Images, labels: Labels, options: StepOptions
) -> "JaxSteps":
    """Return steps that start from the network's weights as they are."""
    return JaxSteps(network, optimizer, images, labels, options)


class JaxSteps:
    """Compiled training steps; see `ensemble_lab.training.backends.Steps`."""

    def __init__(
        self,
        network: Network,
        optimizer: Any,
        images: Images,
        labels: Labels,
        options: StepOptions,
    ) -> None:
        self._pure = PureStep(network, optimizer, options)
        self._examples = (jnp.asarray(images), jnp.asarray(labels.astype(np.int32)))
        weights = tuple(np.asarray(each.value) for each in network.model.weights)
        self._state: State
        self.write(
            Snapshot(
                weights=weights,
                optimizer=tuple(np.asarray(each.value) for each in optimizer.variables),
                averages=() if options.average_decay is None else weights,
            )
        )
        self._loop = jax.jit(self._run_block, donate_argnums=0)
        self._step = jax.jit(self._pure.take, donate_argnums=0)
        self._augmentation = jax.jit(self._pure.show)
        self._is_cpu = jax.devices()[0].platform == "cpu"

    def place(self, arrays: StepArrays) -> StepArrays:
        """Return an epoch's arrays on the device."""
        return jax.device_put(arrays)

    def run(self, arrays: StepArrays, start: int, stop: int) -> tuple[Any, Any]:
        """Take the steps start … stop − 1; return losses and numbers right."""
        if self._is_cpu:
            return self._run_one_by_one(arrays, start, stop)
        self._state, losses, n_right = self._loop(
            self._state, self._examples, arrays, np.int32(start), np.int32(stop)
        )
        return np.asarray(losses)[start:stop], np.asarray(n_right)[start:stop]

    def _run_one_by_one(self, arrays: StepArrays, start: int, stop: int) -> tuple[Any, Any]:
        # XLA's CPU convolutions are ten times slower inside a loop of its own (500
        # against 40 ms a step of the three-convolution net), calls cost next to nothing.
        losses, n_right = [], []
        for step in range(start, stop):
            self._state, loss, right = self._step(
                self._state, self._examples, arrays, np.int32(step)
            )
            losses.append(loss)
            n_right.append(right)
        return np.asarray(losses, np.float32), np.asarray(n_right, np.int32)

    def augment(self, arrays: StepArrays, start: int, stop: int) -> None:
        """Read and augment the steps' images, for that to be timed."""
        shown = [
            self._augmentation(self._examples, arrays, np.int32(step))
            for step in range(start, stop)
        ]
        jax.block_until_ready(shown)

    def read(self) -> Snapshot:
        """Return all that the steps have changed so far."""
        state = jax.device_get(self._state)
        return Snapshot(
            weights=self._pure.join(state.trainable, state.statistics),
            optimizer=tuple(map(np.asarray, state.optimizer)),
            averages=tuple(map(np.asarray, state.averages)),
        )

    def write(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        # Copies: what is donated must belong to nobody else, and arrays made from
        # NumPy may share its memory.
        self._state = jax.tree.map(
            lambda array: jnp.array(array, copy=True), self._pure.split(snapshot)
        )

    def _run_block(
        self, state: State, examples: Any, arrays: StepArrays, start: Any, stop: Any
    ) -> tuple[State, Any, Any]:
        shape = (len(arrays.rates),)
        return loop_steps(self._pure.take, state, examples, arrays, (start, stop), shape)
