"""Training steps in TensorFlow: a `tf.while_loop` over variables that stay in place.

No XLA: on CPUs it is slower (1,700 against 3,000 images/s on the three-convolution
net, one thread) and it ends op determinism.
"""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ensemble_lab.arrays import Images, Labels
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import Snapshot, StepOptions
from ensemble_lab.training.convolution import list_covered
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.losses import batch_loss, penalise
from ensemble_lab.training.network import Network

__all__ = [
    "Conv2D",
    "MaxPooling2D",
    "TensorFlowSteps",
    "build_steps",
    "compile_inference",
    "configure",
    "describe_device",
    "layer_classes",
]


class Conv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """Keras's layer; of images of one channel as a product of matrices.

    TensorFlow's convolution is slow at one channel on a CPU, and slower at its gradient: 17
    against 11 ms for 128 × 28 × 28 and a 5 × 5 kernel of 16 filters. The place in the kernel
    is the first axis, which is what is quick to copy. The class keeps its name, which the paths
    in weight files are made of.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution without bias: float (batch, height, width, filters)."""
        size, n_filters = kernel.shape[:2], kernel.shape[-1]
        if inputs.shape[-1] != 1 or self.strides != (1, 1):
            return super().convolution_op(inputs, kernel)
        covered = list_covered(inputs, size, self.strides, self.padding)
        rows = tf.reshape(tf.stack(covered), (len(covered), -1))
        weights = tf.reshape(kernel, (-1, n_filters))
        sums = tf.matmul(rows, weights, transpose_a=True)
        return tf.reshape(sums, (-1, *covered[0].shape[1:3], n_filters))


class MaxPooling2D(keras.layers.MaxPooling2D):  # type: ignore[misc]
    """Keras's layer for tiles that do not overlap, with a gradient of its own.

    TensorFlow's walks over the places one by one: on a CPU two and a half times slower (20
    against 8 ms for 128 × 26 × 26 × 32) than comparing all with the largest of their tile, and a
    third of a step of the three-convolution net. Bit for bit the same: of equal values the first
    gets the gradient. The class keeps its name, which the paths in weight files are made of.
    """

    def call(self, inputs: Any) -> Any:
        """Return the largest value of each tile."""
        return _pool(inputs, self.pool_size[0])


def _pool(inputs: Any, size: int) -> Any:
    @tf.custom_gradient  # type: ignore[untyped-decorator]
    def pool(values: Any) -> Any:
        largest = tf.nn.max_pool2d(values, size, size, "VALID")
        return largest, lambda gradient: _spread(values, largest, gradient, size)

    return pool(inputs)


def _spread(values: Any, largest: Any, gradient: Any, size: int) -> Any:
    """Return the gradient of each value: its tile's for the first largest one, 0 for others."""
    _, height, width, channels = values.shape
    rows, columns = height // size, width // size
    # All columns of a tile lie side by side in memory: (rows, place, columns, place and channel).
    shape = (-1, size, columns, size * channels)

    def repeat(tiles: Any) -> Any:
        return tf.reshape(tf.concat([tiles] * size, axis=-1), (-1, 1, *shape[2:]))

    values = tf.reshape(values[:, : rows * size, : columns * size], shape)
    is_largest = tf.reshape(values == repeat(largest), (-1, size, columns, size, channels))
    is_taken = tf.zeros_like(is_largest[:, 0, :, 0])
    lines = []
    for row in range(size):
        places = []
        for column in range(size):
            here = is_largest[:, row, :, column]
            places.append(here & ~is_taken)
            is_taken |= here
        lines.append(tf.concat(places, axis=-1))
    spread = tf.where(tf.stack(lines, axis=1), repeat(gradient), 0.0)
    spread = tf.reshape(spread, (-1, rows * size, columns * size, channels))
    if rows * size == height and columns * size == width:
        return spread
    return tf.pad(spread, ((0, 0), (0, height % size), (0, width % size), (0, 0)))


layer_classes = SimpleNamespace(
    **(vars(keras.layers) | {"Conv2D": Conv2D, "MaxPooling2D": MaxPooling2D})
)
"""What layers are built from: Keras's, but for two that TensorFlow is slow at."""


def configure(threads: int) -> None:
    """Fix threads and determinism; comes before anything is computed."""
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    for device in tf.config.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(device, True)


def describe_device() -> dict[str, str]:
    """Return the backend's version and the device's name."""
    details = [
        tf.config.experimental.get_device_details(device)
        for device in tf.config.list_physical_devices("GPU")
    ]
    names = [str(each.get("device_name", "GPU")) for each in details]
    return {"tensorflow": tf.__version__, "device": names[0] if names else "CPU"}


def compile_inference(model: Any, augmentation: tuple[AugmentationSpec, ...] = ()) -> Any:
    """Return a function: uint8 (batch, …) to float32 (batch, classes), weights as they are."""

    def infer_batch(images: Any, draws: Any) -> Any:
        images = tf.cast(images, tf.float32) / 255.0
        return model(augment_images(images, augmentation, *draws), training=False)

    compiled = tf.function(infer_batch)

    def infer(images: Images, *draws: Any) -> Any:
        placed = tuple(None if each is None else tf.constant(each) for each in draws)
        return compiled(tf.constant(images), placed).numpy()

    return infer


def build_steps(
    network: Network, optimizer: Any, images: Images, labels: Labels, options: StepOptions
) -> "TensorFlowSteps":
    """Return steps that start from the network's weights as they are."""
    return TensorFlowSteps(network, optimizer, images, labels, options)


class TensorFlowSteps:
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
        self._images = tf.constant(images)
        self._labels = tf.constant(labels.astype(np.int32))
        self._options = options
        self._averages: list[Any] = []
        if options.average_decay is not None:
            self._averages = [tf.Variable(each.value) for each in network.model.weights]
        self._loop = tf.function(self._run_block)
        self._augmentation = tf.function(self._augment_block)

    def place(self, arrays: StepArrays) -> StepArrays:
        """Return an epoch's arrays on the device."""
        return StepArrays(*(None if each is None else tf.constant(each) for each in arrays))

    def run(self, arrays: StepArrays, start: int, stop: int) -> tuple[Any, Any]:
        """Take the steps start … stop − 1; return losses and numbers right."""
        losses, n_right = self._loop(arrays, tf.constant(start), tf.constant(stop))
        return losses.numpy(), n_right.numpy()

    def augment(self, arrays: StepArrays, start: int, stop: int) -> None:
        """Read and augment the steps' images, for that to be timed."""
        self._augmentation(arrays, tf.constant(start), tf.constant(stop)).numpy()

    def read(self) -> Snapshot:
        """Return all that the steps have changed so far."""
        return Snapshot(
            weights=tuple(each.numpy() for each in self._network.model.weights),
            optimizer=tuple(each.numpy() for each in self._optimizer.variables),
            averages=tuple(each.numpy() for each in self._averages),
        )

    def write(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        variables = (*self._network.model.weights, *self._optimizer.variables, *self._averages)
        values = (*snapshot.weights, *snapshot.optimizer, *snapshot.averages)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)

    def _run_block(self, arrays: StepArrays, start: Any, stop: Any) -> tuple[Any, Any]:
        n_steps = stop - start

        def body(step: Any, losses: Any, n_right: Any) -> tuple[Any, Any, Any]:
            loss, right = self._take_step(arrays, step)
            place = step - start
            return step + 1, losses.write(place, loss), n_right.write(place, right)

        records = (tf.TensorArray(tf.float32, n_steps), tf.TensorArray(tf.int32, n_steps))
        _, losses, n_right = tf.while_loop(
            lambda step, *_: step < stop, body, (start, *records), parallel_iterations=1
        )
        return losses.stack(), n_right.stack()

    def _take_step(self, arrays: StepArrays, step: Any) -> tuple[Any, Any]:
        row = _take_row(arrays, step)
        images = self._show(row)
        labels = tf.gather(self._labels, row.order)
        for number, state in enumerate(self._network.seed_states):
            state.assign(row.dropout[number])
        variables = self._network.training.trainable_variables
        with tf.GradientTape() as tape:
            outputs = self._network.training([images, labels], training=True)
            loss, n_right = batch_loss(self._options.loss, labels, outputs)
            loss += penalise(self._network.penalties, [each.value for each in variables])
        gradients = tape.gradient(loss, [each.value for each in variables])
        self._optimizer.learning_rate.assign(row.rates)
        n_before = tf.cast(self._optimizer.iterations.value, tf.float32)
        self._optimizer.apply(gradients, variables)
        self._update_averages(n_before)
        return loss, n_right

    def _show(self, row: StepArrays) -> Any:
        """Return the images of a step as the net sees them."""
        images = tf.cast(tf.gather(self._images, row.order), tf.float32) / 255.0
        return augment_images(
            images, self._options.augmentation, row.transforms, row.noise, row.boxes
        )

    def _augment_block(self, arrays: StepArrays, start: Any, stop: Any) -> Any:
        def body(step: Any, total: Any) -> tuple[Any, Any]:
            # What nobody looks at would not be computed.
            return step + 1, total + tf.reduce_sum(self._show(_take_row(arrays, step)))

        _, total = tf.while_loop(
            lambda step, _: step < stop, body, (start, tf.constant(0.0)), parallel_iterations=1
        )
        return total

    def _update_averages(self, n_before: Any) -> None:
        if self._options.average_decay is None:
            return
        decay = tf.minimum(self._options.average_decay, (1.0 + n_before) / (10.0 + n_before))
        for average, weight in zip(self._averages, self._network.model.weights, strict=True):
            average.assign_add((1.0 - decay) * (weight.value - average))


def _take_row(arrays: StepArrays, step: Any) -> StepArrays:
    return StepArrays(*(None if each is None else each[step] for each in arrays))
