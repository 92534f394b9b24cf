"""Train and warp on one backend, in a process of its own: ``peer.py BACKEND OUT.npz``."""

import os
import sys


def main(name: str, path: str) -> None:
    """Write losses, probabilities, weights and warped images to an npz file."""
    os.environ.update(KERAS_BACKEND=name, TF_CPP_MIN_LOG_LEVEL="3")
    import numpy as np

    from ensemble_lab.training.architectures import ARCHITECTURES
    from ensemble_lab.training.architectures.layers import BatchNorm, Conv, Dense, Flatten, MaxPool
    from ensemble_lab.training.augment import draw_transforms, warp
    from ensemble_lab.training.backends import load_backend
    from ensemble_lab.training.blocks import Pace
    from ensemble_lab.training.fit import Callbacks, fit
    from ensemble_lab.training.infer import infer
    from tests.training.members import WARP, build_capsule_member, build_member, draw_examples

    backend = load_backend(name)
    backend.configure(1)
    # No dropout: its masks differ between backends. 9 × 9 leaves a row that pooling drops.
    ARCHITECTURES["mlp"] = lambda spec, n_classes: (
        Conv(4, 3, "elu", "same"),
        MaxPool(),
        BatchNorm(),
        Conv(4, 3, "relu"),
        Flatten(),
        Dense(n_classes),
    )
    train, validation = draw_examples(72, size=9), draw_examples(30, size=9, seed=1)
    member = build_member(name, epochs=2, augmentation=[WARP], keep="average", average_decay=0.5)
    capsules = build_capsule_member(name, routing="max-min", epochs=2, keep="average")
    states = []

    def train_member(member=member, **options):
        return fit(member, train, validation, n_classes=3, **options)

    def flatten(fitted):
        return np.concatenate([weight.ravel() for weight in fitted.model.get_weights()])

    fitted = train_member(callbacks=Callbacks(on_state=states.append))
    resumed = train_member(resume=states[0], pace=Pace(n_steps=1, block_s=0.0))
    images = train.images[:16].astype(np.float32) / 255
    transforms = draw_transforms(member.training.augmentation, (9, 9, 1), (16,), 1, 0)
    arrays = {
        "losses": [record.loss for record in fitted.history],
        "validation": [record.validation_loss for record in fitted.history],
        "probabilities": infer(fitted.predictor, validation.images, name="toy"),
        "nearest": warp(images, transforms, "nearest"),
        "constant": warp(images, transforms, "constant"),
        "fitted": flatten(fitted),
        "resumed": flatten(resumed),
        "capsules": flatten(train_member(capsules)),
    }
    arrays |= {f"weights_{number}": each for number, each in enumerate(states[0].weights)}
    arrays |= {f"averages_{number}": each for number, each in enumerate(states[0].kept)}
    if name == "jax":
        # What runs on a GPU: on a CPU, the same steps are called one by one.
        build_steps = backend.build_steps

        def build_looping(*arguments):
            steps = build_steps(*arguments)
            steps._is_cpu = False
            return steps

        backend.build_steps = build_looping
        arrays["capsules_looped"] = flatten(train_member(capsules))
        arrays["looped"] = flatten(train_member(pace=Pace(n_steps=3)))
        arrays["looped_singly"] = flatten(train_member(pace=Pace(n_steps=1, block_s=0.0)))
    np.savez(path, **{key: np.asarray(value) for key, value in arrays.items()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
