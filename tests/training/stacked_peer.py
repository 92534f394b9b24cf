"""Train members one by one and stacked, in a process of its own: ``stacked_peer.py MODE OUT.npz``.

MODE is ``single`` (one device, float32), ``double`` (two devices, float64) or ``seeds`` (twenty
members, float32).
"""

import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def main(mode: str, path: str) -> None:
    """Write what both ways of training gave to an npz file."""
    is_double = mode == "double"
    os.environ.update(KERAS_BACKEND="jax", NPROC="1")
    os.environ["XLA_FLAGS"] = " ".join(
        [
            "--xla_cpu_multi_thread_eigen=false",
            f"--xla_force_host_platform_device_count={2 if is_double else 1}",
        ]
    )
    if is_double:
        os.environ["JAX_ENABLE_X64"] = "1"
        import keras

        keras.config.set_floatx("float64")
    arrays = {"single": train_single, "double": train_double, "seeds": train_seeds}[mode]()
    np.savez(path, **{name: np.asarray(value) for name, value in arrays.items()})


def train_double() -> dict[str, Any]:
    """Three members of every kind of layer, on two devices: one of four places is empty.

    They have rates and schedules of their own.
    """
    from ensemble_lab.training.architectures import ARCHITECTURES
    from tests.training.members import WARP, everything_layers

    ARCHITECTURES["mlp"] = everything_layers
    recipes: list[dict[str, Any]] = [
        {},
        {"optimizer": {"name": "adam", "rate": 0.004}},
        {"schedule": {"name": "one-cycle"}},
    ]
    shared = {"epochs": 2, "augmentation": [WARP], "keep": "average", "average_decay": 0.5}
    members = [
        build_members(seed + 1, **shared, **recipe)[seed] for seed, recipe in enumerate(recipes)
    ]
    machine, stacked, _ = train_stacked(members)
    return {
        "devices": machine.steps.n_places // machine.steps.n_places_a_device,
        "places": machine.steps.n_places,
    } | compare(members, machine, stacked)


def train_single() -> dict[str, Any]:
    """Steps, resuming, failures, too little memory and the loop for GPUs, in float32."""
    arrays = take_one_step()

    # 72 images are three batches: one program.
    recipe = {"schedule": {"name": "plateau", "patience": 1}, "keep": "best-validation"}
    members = build_members(3, epochs=3, batch_size=24, **recipe)
    machine, whole, states = train_stacked(members)
    arrays |= {"places": machine.steps.n_places, "whole": flatten(whole)}
    # One was stopped an epoch before the others: it catches up in a program of as many places.
    resume = [states[key, epoch] for key, epoch in zip(keys(members), (2, 1, 2), strict=True)]
    arrays["resumed"] = flatten(train_stacked(members, machine, resume=resume)[1])
    arrays["alone"] = flatten(train_stacked(members[1:2], machine)[1])
    arrays["votes"] = [state.epoch_votes[0][1] for state in whole]
    arrays["rates"] = [[record.rate for record in state.history] for state in whole]
    arrays["kept_epochs"] = [state.kept_epoch for state in whole]
    arrays["accuracies"] = [[r.validation_accuracy for r in state.history] for state in whole]

    arrays |= spoil(members, machine, whole)
    arrays["asked"] = count_asked(members, machine)
    machine.steps._is_cpu = False
    machine.steps._programs.clear()
    arrays["looped"] = flatten(train_stacked(members, machine)[1])
    from ensemble_lab.training.blocks import Pace

    singly = train_stacked(members, machine, pace=Pace(n_steps=1, block_s=0.0))[1]
    arrays["looped_singly"] = flatten(singly)
    elastic = {"batch_size": 4, "augmentation": [{"name": "elastic"}]}
    tiny = {"architecture": {"name": "mlp", "hidden": [4]}}
    return arrays | fit_into(build_members(3, **tiny, **elastic))


def train_seeds() -> dict[str, Any]:
    """Errors on the second half of scikit-learn's digits of twenty nets, trained on the first."""
    from ensemble_lab.data.loading import load_dataset
    from ensemble_lab.spec.data import parse_data
    from ensemble_lab.training.architectures import ARCHITECTURES
    from ensemble_lab.training.architectures.layers import Conv, Dense, Flatten
    from ensemble_lab.training.fit import fit
    from ensemble_lab.training.fit_stack import fit_stack
    from ensemble_lab.training.stack_machines import build_stack
    from ensemble_lab.training.states import Examples

    ARCHITECTURES["mlp"] = lambda _spec, n_classes: (
        Conv(4, 3, "relu", strides=2), Flatten(), Dense(n_classes),
    )  # fmt: skip
    dataset = load_dataset(parse_data({"name": "digits", "validation": {"share": 0}}))
    train, test = (
        Examples(split.images, split.labels)
        for split in (dataset.split("train"), dataset.split("test"))
    )
    # 898 images are two batches: one program, where a smaller last batch would need another.
    optimizer = {"name": "adam", "rate": 0.02}
    members = build_members(20, epochs=6, batch_size=449, optimizer=optimizer)
    machine = build_stack(members, train, 10)
    stacked = fit_stack(members, machine, train, test)
    single = build_single(members[0], train, 10)
    serial = [fit(member, train, test, n_classes=10, machine=single) for member in members]
    return {
        "n_test": len(test.labels),
        "serial": [count_errors(each, test) for each in serial],
        "stacked": [count_errors(each, test) for each in stacked],
    }


def build_single(member: Any, train: Any, n_classes: int) -> Any:
    """Return what members one by one are trained by."""
    from ensemble_lab.training.machines import build_machine, draw_blueprint

    plan = draw_blueprint(member, train.images.shape[1:], n_classes)
    return build_machine(plan, train.images, train.labels)


def count_errors(trained: Any, test: Any) -> int:
    return round((1 - trained.history[-1].validation_accuracy) * len(test.labels))


def take_one_step() -> dict[str, Any]:
    """An epoch of one step, of a net with a layer of every kind."""
    from ensemble_lab.training.architectures import ARCHITECTURES
    from tests.training.members import everything_layers

    usual, ARCHITECTURES["mlp"] = ARCHITECTURES["mlp"], everything_layers
    # Not Adam, whose first step is the sign of a gradient: of one that is nothing but
    # rounding (a bias before batch norm) it makes as much as of any other.
    optimizer = {"name": "sgd", "rate": 0.1, "momentum": 0.9}
    members = build_members(2, epochs=1, batch_size=72, keep="average", optimizer=optimizer)
    machine, stacked, _ = train_stacked(members)
    compared = compare(members, machine, stacked)
    ARCHITECTURES["mlp"] = usual
    return {f"step_{name}": value for name, value in compared.items()}


def count_asked(members: Any, machine: Any) -> list[int]:
    """Return how many images members of batches of 24 are asked at once, of 30."""
    infer, asked = machine.steps.infer, []

    def note(images: Any) -> Any:
        asked.append(len(images))
        return infer(images)

    machine.steps.infer = note
    train_stacked(members, machine)
    del machine.steps.infer
    return sorted(set(asked))


def spoil(members: Any, machine: Any, whole: Any) -> dict[str, Any]:
    """Let the second member's weights be no numbers from its first epoch on."""
    first = machine.start(members[1])
    from dataclasses import replace

    spoilt = replace(first, weights=tuple(np.full_like(each, np.nan) for each in first.weights))
    failures: list[Any] = []
    _, ends, _ = train_stacked(
        members, machine, resume=[None, spoilt, None],
        on_failure=lambda key, error: failures.append((key, str(error))),
    )  # fmt: skip
    return {
        "failures": failures,
        "is_failed": [isinstance(each, Exception) for each in ends],
        "others": flatten([ends[0], ends[2]]),
        "others_alone": flatten([whole[0], whole[2]]),
    }


def fit_into(members: Any) -> dict[str, Any]:
    """Places where memory is free for two and a half members, for none, and halved.

    A member takes its part of the program, and twice its state and what it draws: before and
    after an epoch, for this epoch and the next. The first number is of a GPU.
    """
    from ensemble_lab.training import steps_memory, steps_stacked
    from ensemble_lab.training.memory import _LARGEST_SHARE
    from ensemble_lab.training.stack_machines import build_stack
    from tests.training.members import draw_examples

    machine = build_stack(members, draw_examples(72), 3)
    (program,) = machine.steps._programs.values()
    state = machine.start(members[0])
    (drawn,) = machine.draw(72, members[0], 0)
    own = [*state.weights, *state.optimizer, *(each for each in drawn if each is not None)]
    n_own = sum(np.asarray(each).nbytes for each in own)
    for_one = (steps_memory.count_program_bytes(program) / 3 + 2 * n_own) / _LARGEST_SHARE
    # On a GPU that has room for all, what NumPy holds is the limit: that once more.
    machine.steps._is_cpu = False
    steps_stacked.find_free_bytes = lambda: int(2.5 * 3 * n_own / _LARGEST_SHARE)
    places = [machine.steps._count_fitting(None, n_own, None)]
    for room in (2.5, 0.1):
        steps_stacked.find_free_bytes = lambda room=room: int(room * for_one)
        places.append(build_stack(members, draw_examples(72), 3).steps.n_places)
    # Two stacks side by side have half of what is free each.
    steps_stacked.find_free_bytes = lambda: int(2 * 1.5 * for_one)
    places.append(build_stack(members, draw_examples(72), 3, n_stacks=2).steps.n_places)
    machine.steps.halve_places()
    places.append(machine.steps.n_places)
    try:
        machine.steps.halve_places()
    except MemoryError as error:
        return {"fitting": places, "refusal": str(error)}
    return {"fitting": places, "refusal": ""}


def build_members(n_members: int, **training: Any) -> list[Any]:
    from tests.training.members import build_member

    return [
        build_member("jax", seed=seed, **training).model_copy(update={"key": f"toy-{seed:04d}"})
        for seed in range(n_members)
    ]


def train_stacked(
    members: Any, machine: Any = None, on_failure: Callable[..., None] = print, **options: Any
) -> tuple[Any, Any, dict[Any, Any]]:
    """Return the machine, the members' ends, and their states by key and epoch."""
    from ensemble_lab.training.fit_stack import StackCallbacks, fit_stack
    from ensemble_lab.training.stack_machines import build_stack
    from tests.training.members import draw_examples

    train, validation = draw_examples(72), draw_examples(30, seed=1)
    machine = machine or build_stack(members, train, 3)
    states = {}

    def keep(key: str, state: Any) -> None:
        states[key, state.epoch] = state

    ends = fit_stack(
        members, machine, train, validation, voted=(("validation", validation.images),),
        callbacks=StackCallbacks(on_state=keep, on_failure=on_failure), **options,
    )  # fmt: skip
    return machine, ends, states


def compare(members: Any, machine: Any, stacked: Any) -> dict[str, Any]:
    """Return weights, averages and losses of both ways of training, and the first weights."""
    from ensemble_lab.training.fit import Callbacks, fit
    from tests.training.members import draw_examples

    train, validation = draw_examples(72), draw_examples(30, seed=1)
    single = build_single(members[0], train, 3)
    starts = [machine.start(member) for member in members]
    serial = []
    for member, first in zip(members, starts, strict=True):
        states: list[Any] = []
        fit(
            member, train, validation, n_classes=3, resume=first, machine=single,
            callbacks=Callbacks(on_state=states.append),
        )  # fmt: skip
        serial.append(states[-1])
    own = [single.start(member) for member in members]
    return {"first": flatten(starts), "own_first": flatten(own)} | {
        f"{what}_{way}": flatten(ends, what)
        for way, ends in (("serial", serial), ("stacked", stacked))
        for what in ("weights", "optimizer", "kept", "losses")
    }


def flatten(states: Any, what: str = "weights") -> np.ndarray:
    """(members, values)"""
    if what == "losses":
        return np.array([[(r.loss, r.validation_loss) for r in each.history] for each in states])
    rows = [[np.ravel(array) for array in getattr(each, what)] for each in states]
    return np.array([np.concatenate([*row, np.zeros(1)]) for row in rows])


def keys(members: Any) -> list[str]:
    return [member.key for member in members]


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
