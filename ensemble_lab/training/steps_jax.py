"""Training steps in JAX: a `lax.fori_loop` over arrays that each block hands to the next.

The arrays of weights and optimizer are donated, so that a block works in place; Keras's
variables are templates only and do not change in training.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from jax import lax

from ensemble_lab.arrays import Images, Labels
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import Snapshot, StepOptions
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.losses import batch_loss, penalise
from ensemble_lab.training.network import Network

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


class _State(NamedTuple):
    """All that training changes, on the device."""

    trainable: list[Any]
    statistics: list[Any]
    optimizer: list[Any]
    averages: list[Any]


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
        self._network = network
        self._optimizer = optimizer
        self._examples = (jnp.asarray(images), jnp.asarray(labels.astype(np.int32)))
        self._options = options
        # Not model.non_trainable_variables: those hold the seed states too.
        self._statistics = [each for each in network.model.weights if not each.trainable]
        weights = tuple(np.asarray(each.value) for each in network.model.weights)
        self._state: _State
        self.write(
            Snapshot(
                weights=weights,
                optimizer=tuple(np.asarray(each.value) for each in optimizer.variables),
                averages=() if options.average_decay is None else weights,
            )
        )
        self._loop = jax.jit(self._run_block, donate_argnums=0)
        self._step = jax.jit(self._take_step, donate_argnums=0)
        self._augmentation = jax.jit(self._augment_step)
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
            weights=self._join(state.trainable, state.statistics),
            optimizer=tuple(map(np.asarray, state.optimizer)),
            averages=tuple(map(np.asarray, state.averages)),
        )

    def write(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        is_trainable = [each.trainable for each in self._network.model.weights]
        pairs = list(zip(is_trainable, snapshot.weights, strict=True))
        # Copies: what is donated must belong to nobody else, and arrays made from
        # NumPy may share its memory.
        self._state = jax.tree.map(
            lambda array: jnp.array(array, copy=True),
            _State(
                trainable=[value for trainable, value in pairs if trainable],
                statistics=[value for trainable, value in pairs if not trainable],
                optimizer=list(snapshot.optimizer),
                averages=list(snapshot.averages),
            ),
        )

    def _join(self, trainable: list[Any], statistics: list[Any]) -> tuple[Any, ...]:
        """Return both in the order of `keras.Model.weights`."""
        left, right = iter(trainable), iter(statistics)
        return tuple(
            next(left) if each.trainable else next(right) for each in self._network.model.weights
        )

    def _run_block(
        self, state: _State, examples: Any, arrays: StepArrays, start: Any, stop: Any
    ) -> tuple[_State, Any, Any]:
        n_steps = len(arrays.rates)

        def body(step: Any, carry: Any) -> Any:
            state, losses, n_right = carry
            state, loss, right = self._take_step(state, examples, arrays, step)
            return state, losses.at[step].set(loss), n_right.at[step].set(right)

        records = (jnp.zeros(n_steps, jnp.float32), jnp.zeros(n_steps, jnp.int32))
        return lax.fori_loop(start, stop, body, (state, *records))

    def _take_step(
        self, state: _State, examples: Any, arrays: StepArrays, step: Any
    ) -> tuple[_State, Any, Any]:
        row = _take_row(arrays, step)
        images, labels = self._show(examples, row)
        evaluate = jax.value_and_grad(self._evaluate, has_aux=True)
        (loss, (n_right, statistics)), gradients = evaluate(
            state.trainable, state.statistics, row.dropout, images, labels
        )
        trainable, optimizer = self._optimizer.stateless_apply(
            self._with_rate(state.optimizer, row.rates), gradients, state.trainable
        )
        averages = self._update_averages(state, self._join(trainable, statistics))
        return _State(trainable, statistics, optimizer, averages), loss, n_right

    def _show(self, examples: Any, row: StepArrays) -> tuple[Any, Any]:
        """Return the images of a step as the net sees them, and their labels."""
        images, labels = (jnp.take(each, row.order, axis=0) for each in examples)
        images = images.astype(jnp.float32) / 255.0
        # GPUs round coordinates to ten bits otherwise: a hundredth of a pixel.
        with jax.default_matmul_precision("highest"):
            images = augment_images(
                images, self._options.augmentation, row.transforms, row.noise, row.boxes
            )
        return images, labels

    def _augment_step(self, examples: Any, arrays: StepArrays, step: Any) -> Any:
        return self._show(examples, _take_row(arrays, step))[0]

    def _evaluate(
        self, trainable: list[Any], statistics: list[Any], dropout: Any, images: Any, labels: Any
    ) -> tuple[Any, tuple[Any, list[Any]]]:
        """Return the loss, and beside it the number right and the statistics after the batch."""
        model = self._network.training
        values = dict(zip(map(id, self._statistics), statistics, strict=True))
        values |= {id(each): dropout[n] for n, each in enumerate(self._network.seed_states)}
        others = model.non_trainable_variables
        outputs, after = model.stateless_call(
            trainable, [values[id(each)] for each in others], [images, labels], training=True
        )
        values = dict(zip(map(id, others), after, strict=True))
        loss, n_right = batch_loss(self._options.loss, labels, outputs)
        loss += penalise(self._network.penalties, trainable)
        return loss, (n_right, [values[id(each)] for each in self._statistics])

    def _with_rate(self, values: list[Any], rate: Any) -> list[Any]:
        target = self._optimizer.learning_rate
        return [
            rate if each is target else value
            for each, value in zip(self._optimizer.variables, values, strict=True)
        ]

    def _update_averages(self, state: _State, weights: tuple[Any, ...]) -> list[Any]:
        if self._options.average_decay is None:
            return []
        variables = zip(self._optimizer.variables, state.optimizer, strict=True)
        n_before = next(v for each, v in variables if each is self._optimizer.iterations)
        n_before = n_before.astype(jnp.float32)
        decay = jnp.minimum(self._options.average_decay, (1.0 + n_before) / (10.0 + n_before))
        pairs = zip(state.averages, weights, strict=True)
        return [average + (1.0 - decay) * (weight - average) for average, weight in pairs]


def _take_row(arrays: StepArrays, step: Any) -> StepArrays:
    return StepArrays(*(None if each is None else each[step] for each in arrays))
