"""A training step in JAX as a function of arrays alone, for one member or, mapped, for many."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ensemble_lab.training.augment import augment_images
from ensemble_lab.training.backends import Snapshot, StepOptions
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.losses import batch_loss, penalise
from ensemble_lab.training.network import Network

__all__ = ["PureStep", "State", "loop_steps"]


class State(NamedTuple):
    """All that training changes: lists of arrays."""

    trainable: list[Any]
    statistics: list[Any]
    optimizer: list[Any]
    averages: list[Any]


class PureStep:
    """A step of a network's training; Keras's variables are templates only and do not change."""

    def __init__(self, network: Network, optimizer: Any, options: StepOptions) -> None:
        self._network = network
        self._optimizer = optimizer
        self._options = options
        # Not model.non_trainable_variables: those hold the seed states too.
        self._statistics = [each for each in network.model.weights if not each.trainable]

    def split(self, snapshot: Snapshot) -> State:
        """Return a snapshot's arrays as `take` wants them."""
        is_trainable = [each.trainable for each in self._network.model.weights]
        pairs = list(zip(is_trainable, snapshot.weights, strict=True))
        return State(
            trainable=[value for trainable, value in pairs if trainable],
            statistics=[value for trainable, value in pairs if not trainable],
            optimizer=list(snapshot.optimizer),
            averages=list(snapshot.averages),
        )

    def join(self, trainable: list[Any], statistics: list[Any]) -> tuple[Any, ...]:
        """Return both in the order of `keras.Model.weights`."""
        left, right = iter(trainable), iter(statistics)
        return tuple(
            next(left) if each.trainable else next(right) for each in self._network.model.weights
        )

    def take(
        self, state: State, examples: Any, arrays: StepArrays, step: Any
    ) -> tuple[State, Any, Any]:
        """Return the state after row `step` of `arrays`, the batch's mean loss and number right."""
        row = _take_row(arrays, step)
        images, labels = self._show_row(examples, row)
        evaluate = jax.value_and_grad(self._evaluate, has_aux=True)
        (loss, (n_right, statistics)), gradients = evaluate(
            state.trainable, state.statistics, row.dropout, images, labels
        )
        trainable, optimizer = self._optimizer.stateless_apply(
            self._with_rate(state.optimizer, row.rates), gradients, state.trainable
        )
        averages = self._update_averages(state, self.join(trainable, statistics))
        return State(trainable, statistics, optimizer, averages), loss, n_right

    def show(self, examples: Any, arrays: StepArrays, step: Any) -> Any:
        """Return the images of row `step` of `arrays` as the net sees them."""
        return self._show_row(examples, _take_row(arrays, step))[0]

    def infer(self, weights: tuple[Any, ...], images: Any) -> Any:
        """Return probabilities of a batch of uint8 images; `weights` as `join` gives them."""
        model = self._network.model
        values = dict(zip(map(id, model.weights), weights, strict=True))
        return model.stateless_call(
            [values[id(each)] for each in model.trainable_variables],
            # Seed states of dropout, which does nothing here, are no weights.
            [values.get(id(each), each.value) for each in model.non_trainable_variables],
            images.astype(jnp.float32) / 255.0,
            training=False,
        )[0]

    def _show_row(self, examples: Any, row: StepArrays) -> tuple[Any, Any]:
        """Return the images of a step as the net sees them, and their labels."""
        images, labels = (jnp.take(each, row.order, axis=0) for each in examples)
        images = images.astype(jnp.float32) / 255.0
        # GPUs round coordinates to ten bits otherwise: a hundredth of a pixel.
        with jax.default_matmul_precision("highest"):
            images = augment_images(
                images, self._options.augmentation, row.transforms, row.noise, row.boxes
            )
        return images, labels

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

    def _update_averages(self, state: State, weights: tuple[Any, ...]) -> list[Any]:
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


def loop_steps(
    take: Any, state: Any, examples: Any, arrays: StepArrays, bounds: tuple[Any, Any], shape: Any
) -> tuple[Any, Any, Any]:
    """Take steps in one compiled loop.

    Parameters
    ----------
    take : function
        `PureStep.take`, or the same mapped over members.
    state : State
    examples : tuple of array
        Images and labels.
    arrays : StepArrays
    bounds : tuple of int
        The first step, and the one after the last; they are values, not shapes, so that all
        blocks of an epoch run the same code.
    shape : tuple of int
        (steps,), or (steps, members) where `take` is mapped.

    Returns
    -------
    state : State
    losses : float32 of `shape`
    n_right : int32 of `shape`
        Zero outside the bounds, as losses are.
    """

    def body(step: Any, carry: Any) -> Any:
        state, losses, n_right = carry
        state, loss, right = take(state, examples, arrays, step)
        return state, losses.at[step].set(loss), n_right.at[step].set(right)

    records = (jnp.zeros(shape, jnp.float32), jnp.zeros(shape, jnp.int32))
    return lax.fori_loop(*bounds, body, (state, *records))
