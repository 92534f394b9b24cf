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
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.losses import batch_loss, penalise
from ensemble_lab.training.network import Network

__all__ = [
    "BatchNormalization",
    "TensorFlowSteps",
    "build_steps",
    "compile_inference",
    "configure",
    "describe_device",
    "layer_classes",
]


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer as `BatchNorm` builds it, in one operation while it learns from images.

    Keras composes it of a dozen, each of which walks over all values: with the gradient 4.9
    against 1.3 ms for 128 × 24 × 24 × 16 on a CPU thread; the light net's steps took a fifth
    longer with it. What the operation cannot do is left to Keras. The class keeps its name, which
    the paths in weight files are made of.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the inputs normalised; while it learns, by the batch."""
        is_plain = len(inputs.shape) == 4 and inputs.dtype == tf.float32 and mask is None
        if not (training and self.trainable and is_plain):
            return super().call(inputs, training=training, mask=mask)
        outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
            inputs, self.gamma, self.beta, epsilon=self.epsilon
        )
        # The operation gives the sample variance, n − 1; Keras keeps that of the batch itself.
        n_values = tf.cast(tf.reduce_prod(tf.shape(inputs)[:-1]), tf.float32)
        variance *= (n_values - 1.0) / n_values
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1.0 - self.momentum))
        return outputs


layer_classes = SimpleNamespace(**(vars(keras.layers) | {"BatchNormalization": BatchNormalization}))
"""What layers are built from: Keras's, but for one that is slow as Keras composes it."""


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
