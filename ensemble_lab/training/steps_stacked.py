"""Training steps of many members at once in JAX: weights stacked on a leading axis.

The step of one member (`ensemble_lab.training.steps_pure`) is mapped over the members of a
stack and compiled once. Where there are several devices each holds a share of the members;
no device ever waits for another, for members have nothing in common but the examples.
"""

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from ensemble_lab.arrays import Array, Images, Labels
from ensemble_lab.training.backends import Snapshot, StepOptions
from ensemble_lab.training.convolution import Conv2D
from ensemble_lab.training.epoch import StepArrays
from ensemble_lab.training.memory import count_places, find_free_bytes
from ensemble_lab.training.network import Network
from ensemble_lab.training.steps_jax import layer_classes as single_layer_classes
from ensemble_lab.training.steps_memory import (
    count_program_bytes,
    find_device_bytes,
    translate_exhaustion,
)
from ensemble_lab.training.steps_pure import PureStep, State, loop_steps

__all__ = ["StackedSteps", "layer_classes"]

_SPLIT, _SHARED = PartitionSpec("members"), PartitionSpec()


layer_classes = SimpleNamespace(**(vars(single_layer_classes) | {"Conv2D": Conv2D}))
"""What layers of stacked members are built from."""


class StackedSteps:
    """Compiled steps of a stack; beside `ensemble_lab.training.backends.Steps` all have members.

    There are `n_places` in the program. Fewer members are filled up with copies of the last,
    whose results nobody reads, so that one program serves however many there are.

    Parameters
    ----------
    network : Network
        Built from this module's `layer_classes`.
    optimizer : keras.Optimizer
        Built for it.
    images : uint8 (examples, height, width, channels)
    labels : int64 (examples,)
        What all members learn from; on every device.
    options : StepOptions
    n_members : int
        Of the stack.
    n_stacks : int
        That are trained side by side: each takes its part of the memory that is free.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Any,
        images: Images,
        labels: Labels,
        options: StepOptions,
        n_members: int,
        n_stacks: int = 1,
    ) -> None:
        devices = jax.local_devices()[:n_members]
        self._mesh = Mesh(np.asarray(devices), ("members",))
        self._by_member = NamedSharding(self._mesh, _SPLIT)
        self._n_wanted, self._n_devices, self._n_stacks = n_members, len(devices), n_stacks
        self.n_places = _round_up(n_members, len(devices))
        self._device = devices[0]
        self._is_cpu = devices[0].platform == "cpu"
        self._pure = PureStep(network, optimizer, options)
        everywhere = NamedSharding(self._mesh, _SHARED)
        self._examples = jax.device_put((images, labels.astype(np.int32)), everywhere)
        self._first = tuple(np.asarray(each.value) for each in optimizer.variables)
        self._dtypes = [each.dtype for each in network.model.weights]
        self._has_averages = options.average_decay is not None
        self._state: Any = None
        self._n_members = 0
        self._programs: dict[Any, Any] = {}
        infer = jax.vmap(self._pure.infer, (0, None))
        self._infer = jax.jit(self._share_out(infer, (_SPLIT, _SHARED)))
        show = jax.vmap(self._pure.show, (None, 0, None))
        self._augmentation = jax.jit(self._share_out(show, (_SHARED, _SPLIT, _SHARED)))

    @property
    def n_places_a_device(self) -> int:
        """Members that the program on one device is for: what a member's bits may depend on."""
        return self.n_places // self._n_devices

    def start(self, weights: tuple[Array, ...]) -> Snapshot:
        """Return where a member begins with its first weights."""
        weights = tuple(map(np.asarray, weights, self._dtypes))
        return Snapshot(weights, self._first, weights if self._has_averages else ())

    def fit_places(self, snapshot: Snapshot, arrays: StepArrays) -> int:
        """Make places for as many members at once as fit, and return their number.

        The program for all of them is compiled and asked how much memory it takes, and what
        NumPy holds beside it is counted; if that is more than there is, for fewer. Members in
        turn are dealt out evenly, so that the last turn is not for one.

        Parameters
        ----------
        snapshot : Snapshot
            Of a member: shapes and types.
        arrays : StepArrays
            Of one of its epochs.
        """
        free = self._find_free_bytes()
        trees = self._pure.split(snapshot), arrays
        n_own = sum(np.asarray(array).nbytes for array in jax.tree.leaves(trees))
        while True:
            described = map(self._describe, trees)
            try:
                with translate_exhaustion():
                    program = self._compile(*described)
            except MemoryError:
                self.halve_places()
                continue
            fitting = self._count_fitting(count_program_bytes(program), n_own, free)
            fitting = max(fitting // self._n_devices, 1) * self._n_devices
            n_turns = -(-self._n_wanted // fitting)
            n_places = _round_up(-(-self._n_wanted // n_turns), self._n_devices)
            if n_places >= self.n_places:
                return self.n_places
            self._set_places(n_places)

    def _count_fitting(self, n_program: int | None, n_own: int, free: int | None) -> int:
        """Return how many places fit, on the devices and in the memory of NumPy.

        The program takes `n_program` of the `free` bytes of a device; `n_own` a member has to
        itself: its state, and what it draws for an epoch.
        """
        # NumPy has what is drawn for this epoch and for the next one (see `DrawAhead`), and
        # states from before the epoch and after it.
        n_beside = 2 * n_own * self.n_places
        if self._is_cpu:
            n_all = None if n_program is None else n_program + n_beside // self._n_devices
            return count_places(self.n_places, n_all, free)
        # And both once more, stacked, on their way to the devices and back.
        n_beside += n_own * self.n_places
        on_devices = count_places(self.n_places, n_program, free)
        return min(
            on_devices, count_places(self.n_places, n_beside, self._take_part(find_free_bytes()))
        )

    def halve_places(self) -> None:
        """Make places for half as many members, for memory ran out all the same.

        Raises
        ------
        MemoryError
            There is one place a device already.
        """
        if self.n_places == self._n_devices:
            raise MemoryError("memory for one member at a time must be free; it is not.")
        self._set_places(_round_up(self.n_places // 2, self._n_devices))

    def place(self, arrays: Sequence[StepArrays]) -> StepArrays:
        """Return the arrays of the members' epoch on the devices, members first."""
        with translate_exhaustion():
            return jax.device_put(self._stack(arrays), self._by_member)

    def run(
        self, arrays: StepArrays, start: int, stop: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Take the steps start … stop − 1 of all members.

        Returns
        -------
        losses : float32 (members, stop − start)
        n_right : int32 (members, stop − start)

        Raises
        ------
        MemoryError
            The devices have too little. The state is lost: `write` it again.
        """
        with translate_exhaustion():
            program = self._compile(self._state, arrays)
            run = self._run_one_by_one if self._is_cpu else self._run_block
            losses, n_right = run(program, arrays, start, stop)
        return losses[: self._n_members], n_right[: self._n_members]

    def _run_block(
        self, program: Any, arrays: StepArrays, start: int, stop: int
    ) -> tuple[Array, Array]:
        bounds = np.int32(start), np.int32(stop)
        self._state, losses, n_right = program(self._state, self._examples, arrays, *bounds)
        return np.asarray(losses)[:, start:stop], np.asarray(n_right)[:, start:stop]

    def _run_one_by_one(
        self, program: Any, arrays: StepArrays, start: int, stop: int
    ) -> tuple[Array, Array]:
        # As `JaxSteps` does on a CPU.
        losses, n_right = [], []
        for step in range(start, stop):
            self._state, loss, right = program(self._state, self._examples, arrays, np.int32(step))
            losses.append(loss)
            n_right.append(right)
        return (
            np.stack(jax.device_get(losses), 1).astype(np.float32),
            np.stack(jax.device_get(n_right), 1).astype(np.int32),
        )

    def augment(self, arrays: StepArrays, start: int, stop: int) -> None:
        """Read and augment the images of the steps start … stop − 1, for that to be timed."""
        for step in range(start, stop):
            # One by one: nobody needs all of their images at once.
            jax.block_until_ready(self._augmentation(self._examples, arrays, np.int32(step)))

    def infer(self, images: Images) -> Callable[[], npt.NDArray[np.float32]]:
        """Ask for probabilities of the weights that would be kept; do not wait for them.

        Parameters
        ----------
        images : uint8 (batch, height, width, channels)

        Returns
        -------
        function
            Waits and returns float32 (members, batch, classes), or raises MemoryError. A device
            that is asked of the next batch meanwhile is never idle.
        """
        state, n_members = self._state, self._n_members
        weights = state.averages or self._pure.join(state.trainable, state.statistics)
        with translate_exhaustion():
            asked = self._infer(tuple(weights), images)

        def wait() -> npt.NDArray[np.float32]:
            with translate_exhaustion():
                return np.asarray(asked)[:n_members]

        return wait

    def read(self) -> tuple[Snapshot, ...]:
        """Return all that the steps have changed so far, a snapshot a member."""
        state = jax.device_get(self._state)
        weights = self._pure.join(state.trainable, state.statistics)
        return tuple(
            # Copies: a view would keep the whole stack's arrays.
            Snapshot(
                *(
                    tuple(np.array(array[number]) for array in arrays)
                    for arrays in (weights, state.optimizer, state.averages)
                )
            )
            for number in range(self._n_members)
        )

    def write(self, snapshots: Sequence[Snapshot]) -> None:
        """Go on from there, one member a snapshot, of which there are at most `n_places`."""
        self._n_members = len(snapshots)
        with translate_exhaustion():
            states = self._stack([self._pure.split(each) for each in snapshots])
            # Copies: what is donated must belong to nobody else, and may share NumPy's memory.
            self._state = jax.tree.map(jnp.copy, jax.device_put(states, self._by_member))

    def _stack(self, trees: Sequence[Any]) -> Any:
        """Return trees of a member each as one, filled up with copies of the last."""
        filled = [*trees, *[trees[-1]] * (self.n_places - len(trees))]
        return jax.tree.map(lambda *arrays: np.stack(arrays), *filled)

    def _describe(self, tree: Any) -> Any:
        """Return shapes and types of a member's tree, as `_stack` would make them."""
        return jax.tree.map(
            lambda array: jax.ShapeDtypeStruct(
                (self.n_places, *np.shape(array)),
                jax.dtypes.canonicalize_dtype(np.asarray(array).dtype),
                sharding=self._by_member,
            ),
            tree,
        )

    def _set_places(self, n_places: int) -> None:
        self.n_places = n_places
        self._state = None
        self._programs.clear()

    def _find_free_bytes(self) -> int | None:
        """Return what a device has left for this stack, or None where that is not known."""
        if not self._is_cpu:
            return self._take_part(find_device_bytes(self._device))
        # All devices of a CPU share the machine's memory.
        free = self._take_part(find_free_bytes())
        return None if free is None else free // self._n_devices

    def _take_part(self, free: int | None) -> int | None:
        # A process is told what is free for it, not what another is about to take.
        return None if free is None else free // self._n_stacks

    def _compile(self, state: State, arrays: StepArrays) -> Any:
        """Return the program for arrays of that shape: one step on a CPU, else a block."""
        shape = arrays.order.shape
        if shape not in self._programs:
            numbers = (np.int32(0),) * (1 if self._is_cpu else 2)
            take = jax.vmap(self._pure.take, (0, None, 0, None))
            function = take if self._is_cpu else partial(_take_block, take)
            kinds = (_SPLIT, _SHARED, _SPLIT, *[_SHARED] * len(numbers))
            jitted = jax.jit(self._share_out(function, kinds), donate_argnums=0)
            lowered = jitted.lower(state, self._examples, arrays, *numbers)
            self._programs[shape] = lowered.compile()
        return self._programs[shape]

    def _share_out(self, function: Any, kinds: tuple[PartitionSpec, ...]) -> Any:
        """Return a function of which each device does its members' part."""
        if self._n_devices == 1:
            return function
        return jax.shard_map(
            function, mesh=self._mesh, in_specs=kinds, out_specs=_SPLIT, check_vma=False
        )


def _take_block(
    take: Any, state: State, examples: Any, arrays: StepArrays, start: Any, stop: Any
) -> tuple[State, Any, Any]:
    n_members, n_steps = arrays.rates.shape
    state, losses, n_right = loop_steps(
        take, state, examples, arrays, (start, stop), (n_steps, n_members)
    )
    return state, losses.T, n_right.T


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
