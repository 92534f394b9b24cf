"""Throughput of 32 members that train together, beside `model.fit` member after member.

Run as ``python benchmarks/stacked.py`` on a machine with a GPU that JAX sees; both sides use it,
each in a process of its own. Without one it says "not measured"; then
``--any-device --members 2 --images 512`` shows that the script works: that ratio means nothing,
and is kept nowhere.

Both sides train the net, optimizer and batch size of a preset for whole epochs, augmented as the
preset says: here by one warp, there by Keras's layers at the head of the model. Keras by itself
would not compile a model with such layers on JAX, and take far longer; here it is told to.
Compiling is not counted: both sides compile side by side, and when the second is done they are
timed one after the other, over some epochs in a row. First both train one net from the same
weights on the same images in the same order, and must end with the same weights.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
from records import finish
from timing import Ratio, Unmeasured, render_ratios

from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.environment import plan_environment
from ensemble_lab.training.epoch import draw_order
from ensemble_lab.training.fit_stack import fit_stack
from ensemble_lab.training.network import build_network, draw_weights
from ensemble_lab.training.optimizers import make_optimizer
from ensemble_lab.training.stack_machines import build_stack
from ensemble_lab.training.states import Examples
from ensemble_lab.workflows.presets import build_experiment

NETS = ("cnn3", "light")
PEER, GOAL = "model.fit in turn", ">= 10"
PACKAGES = ("jax", "jaxlib", "keras")
N_CHECKED, N_CLASSES, N_EPOCHS = 512, 10, 8
N_IMAGES = 468 * 128
"""Whole batches, so that both sides compile one step."""
READY = "ready"
SHAPE = (28, 28, 1)


def draw_examples(n_images: int) -> Examples:
    """Return noise: how long training takes does not depend on what is learnt."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (n_images, *SHAPE), dtype=np.uint8)
    return Examples(images, rng.integers(0, N_CLASSES, n_images))


def plan_members(net: str, n_members: int, epochs: int = 1) -> list[MemberSpec]:
    """Return members of a preset, on JAX, that train for so many epochs."""
    experiment = build_experiment(net, seeds=range(n_members))
    return [
        spec.model_copy(update={"training": spec.training.model_copy(update={"epochs": epochs})})
        for spec in (each.on_backend("jax") for each in experiment.expand())
    ]


def plan_checked(net: str) -> MemberSpec:
    """Return a member without anything random but the order, and with a plain optimizer."""
    (spec,) = plan_members(net, 1)
    values = spec.model_dump(mode="json")
    values["training"] |= {
        "augmentation": [],
        "optimizer": {"name": "sgd", "rate": 0.01},
        "schedule": {"name": "constant"},
        "loss": {"name": "cross-entropy"},
        "keep": "last",
    }
    if "dropout" in values["architecture"]:
        values["architecture"]["dropout"] = 0.0
    return MemberSpec.model_validate(values)


def train_ours(net: str, n_members: int, n_images: int) -> dict[str, Any]:
    """Return the checked member's weights, and the seconds of an epoch of all members."""
    checked, examples = plan_checked(net), draw_examples(N_CHECKED)
    with in_full_precision():
        (state,) = fit_stack([checked], build_stack([checked], examples, N_CLASSES), examples)
    assert not isinstance(state, Exception)
    weights = state.weights
    examples = draw_examples(n_images)
    machine = build_stack(plan_members(net, n_members), examples, N_CLASSES)
    n_places = machine.steps.n_places

    def train(epochs: int) -> None:
        members = plan_members(net, n_members, epochs)
        for start in range(0, n_members, n_places):
            fit_stack(members[start : start + n_places], machine, examples)

    return {"weights": weights, "seconds": time_epoch(train), "places": n_places}


def train_peer(net: str, n_images: int) -> dict[str, Any]:
    """Return the same weights as Keras trains them, and the seconds of an epoch of one member."""
    (spec,), checked = plan_members(net, 1), plan_checked(net)
    examples = draw_examples(N_CHECKED)
    order = draw_order(checked.seed_of("order"), 0, N_CHECKED)
    model = build_peer(checked)
    with in_full_precision():
        model.fit(
            examples.images[order],
            examples.labels[order],
            batch_size=checked.training.batch_size,
            shuffle=False,
            verbose=0,
        )
    weights = tuple(model.layers[-1].get_weights())
    examples, model = draw_examples(n_images), build_peer(spec)

    def train(epochs: int) -> None:
        batch_size = spec.training.batch_size
        model.fit(examples.images, examples.labels, batch_size=batch_size, epochs=epochs, verbose=0)

    return {"weights": weights, "seconds": time_epoch(train)}


def in_full_precision() -> AbstractContextManager[Any]:
    """Have what is compiled meanwhile multiply in float32; a GPU would round to ten bits first.

    That is what both sides are timed with, and what would hide a difference between them.
    """
    import jax

    return jax.default_matmul_precision("float32")


def build_peer(spec: MemberSpec) -> Any:
    """Return a compiled Keras model of Keras's own layers, with augmentation at its head."""
    import keras
    from keras import layers

    described = describe_layers(spec.architecture, N_CLASSES)
    net = build_network(described, SHAPE, spec.seed_of("init")).model
    net.set_weights(draw_weights(described, SHAPE, spec.seed_of("init")))
    warps = [
        layers.RandomRotation(10 / 360, fill_mode="nearest"),
        layers.RandomZoom(0.1, 0.1, fill_mode="nearest"),
        layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
    ]
    for warp in warps:
        warp.supports_jit = True  # it does; Keras says no, and would run the net uncompiled
    head = [keras.Input(SHAPE), layers.Rescaling(1 / 255)]
    model = keras.Sequential([*head, *(warps if spec.training.augmentation else []), net])
    optimizer = make_optimizer(spec.training.optimizer, keras.optimizers)
    model.compile(optimizer, "sparse_categorical_crossentropy", jit_compile=True)
    return model


def time_epoch(train: Callable[[int], None]) -> float:
    """Return the seconds of an epoch of some in a row; one before them compiles, uncounted.

    Says that it has compiled, and waits until it has the device to itself.
    """
    train(1)
    print(READY, flush=True)
    if not sys.stdin.readline():
        raise SystemExit("the other side failed.")
    began = time.perf_counter()
    train(N_EPOCHS)
    return (time.perf_counter() - began) / N_EPOCHS


class Side:
    """One side of one net, in a process of its own."""

    def __init__(self, side: str, net: str, chosen: argparse.Namespace, folder: Path) -> None:
        self._out, self._log = (folder / f"{net}-{side}.{kind}" for kind in ("npz", "log"))
        (spec,) = plan_members(net, 1)
        # Ours as a worker has it, reproducible to the bit; the script as Keras is by itself, but
        # that it leaves the device's memory to the others until it needs it.
        own = plan_environment(spec) if side == "ours" and not chosen.any_device else {}
        shared = {"KERAS_BACKEND": "jax", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
        what = ["--side", side, "--net", net, "--out", str(self._out)]
        size = ["--members", str(chosen.members), "--images", str(chosen.images)]
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, *what, *size],
                env=os.environ | own | shared,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait(self) -> None:
        """Return when everything is compiled."""
        assert self._process.stdout is not None
        if all(line.strip() != READY for line in self._process.stdout):
            self._process.wait()
            raise SystemExit(self._log.read_text())

    def stop(self) -> None:
        """Let go of the device, whatever the side is at."""
        self._process.kill()
        self._process.wait()

    def time(self) -> dict[str, Any]:
        """Let the side go on, alone; return what it says and its weights."""
        said, _ = self._process.communicate("\n")
        if self._process.returncode:
            raise SystemExit(self._log.read_text())
        with np.load(self._out) as arrays:
            return json.loads(said.splitlines()[-1]) | {"weights": [*arrays.values()]}


def measure(net: str, chosen: argparse.Namespace) -> Ratio:
    """Return what an epoch of a member takes here, beside what it takes there."""
    with tempfile.TemporaryDirectory() as folder:
        sides = [Side(side, net, chosen, Path(folder)) for side in ("ours", "peer")]
        try:
            for each in sides:
                each.wait()
            ours, peer = (each.time() for each in sides)
        finally:
            for each in sides:
                each.stop()
    return compare(net, ours, peer, chosen.members)


def compare(net: str, ours: dict[str, Any], peer: dict[str, Any], n_members: int) -> Ratio:
    """Return the ratio, if both did the same work."""
    for left, right in zip(ours["weights"], peer["weights"], strict=True):
        np.testing.assert_allclose(left, right, atol=1e-3)
    print(f"{net}: {ours['places']} at once")
    return Ratio(
        name_claim(net, n_members), PEER, ours["seconds"] / n_members, peer["seconds"], GOAL
    )


def name_claim(net: str, n_members: int) -> str:
    """Return what is measured."""
    return f"{net}: an epoch of one of {n_members} stacked members (times faster)"


def name_device() -> str:
    """Return what JAX computes on, empty without JAX; a process of its own lets go of it again."""
    if importlib.util.find_spec("jax") is None:
        return ""
    code = "import jax; d = jax.devices()[0]; print(d.platform, d.device_kind, sep=': ')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def main() -> None:
    """Print the table, or why there is none."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--members", type=int, default=32)
    parser.add_argument("--images", type=int, default=N_IMAGES)
    parser.add_argument("--net", choices=NETS, help="this one alone")
    parser.add_argument("--any-device", action="store_true")
    parser.add_argument("--side", choices=("ours", "peer"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.side is not None:
        said = (
            train_ours(chosen.net, chosen.members, chosen.images)
            if chosen.side == "ours"
            else train_peer(chosen.net, chosen.images)
        )
        np.savez(chosen.out, *said.pop("weights"))
        print(json.dumps(said))
        return
    device, nets = name_device(), [chosen.net] if chosen.net else NETS
    if chosen.any_device:
        print(render_ratios([measure(net, chosen) for net in nets]))
    elif not device or device.startswith("cpu"):
        why = "no GPU" if device else "no JAX"
        claims = [name_claim(net, chosen.members) for net in nets]
        finish([Unmeasured(claim, PEER, GOAL, why) for claim in claims], *PACKAGES)
    else:
        print(device)
        for net in nets:  # one by one: what was measured is kept if the next one fails
            finish([measure(net, chosen)], *PACKAGES)


if __name__ == "__main__":
    main()
