"""Small nets of ours that learn MNIST in minutes, and in one."""

from ensemble_lab.spec.architecture import Light
from ensemble_lab.spec.augmentation import AffineWarp
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import OURS
from ensemble_lab.spec.training import Adam, AdamW, CrossEntropy, OneCycle, TrainingSpec

__all__ = ["PRESETS"]

_ADAM = Adam(name="adam", rate=4e-3)
_ONE_CYCLE = OneCycle(name="one-cycle", rise=0.3, first=0.04, last=0.0)
_SMOOTHED = CrossEntropy(name="cross-entropy", smoothing=0.05)
_WARP = AffineWarp(
    name="affine", rotation_degrees=12, zoom=0.13, shear_degrees=8.5, shift=0.09, fill="constant"
)

PRESETS = (
    Preset(
        name="light",
        summary="C5-16, pool, C3-48, C3-64, pool, C3-96, dropout .2, 10; batch norm, relu",
        source=OURS,
        architecture=Light(name="light"),
        training=TrainingSpec(
            epochs=15,
            batch_size=128,
            optimizer=_ADAM,
            schedule=_ONE_CYCLE,
            loss=_SMOOTHED,
            augmentation=(_WARP,),
        ),
        notes=(
            "The recipe was found with the test set in view, before this project measured "
            "anything: its errors on test are a little too good."
        ),
    ),
    Preset(
        name="light-deep",
        summary="C5-24 strided, C3-32-48-64-96-128, dropout .2, 10; batch norm, relu",
        source=OURS,
        architecture=Light(name="light", stages=((24,), (32, 48, 64, 96, 128)), strided=True),
        training=TrainingSpec(
            epochs=13,
            batch_size=64,
            optimizer=AdamW(name="adamw", rate=3e-3, weight_decay=0.03),
            schedule=OneCycle(name="one-cycle", rise=0.3, first=0.04, last=0.05),
            loss=_SMOOTHED,
            augmentation=(_WARP,),
            keep="average",
            average_decay=0.999,
        ),
        notes=(
            "Chosen by validation on writers of their own, one seed for each of seventeen recipes; "
            "experiments/light-search tells which."
        ),
    ),
    Preset(
        name="quick",
        summary="C5-16 strided, C3-32, C3-48, pool, C3-64, 10; batch norm, relu",
        source=OURS,
        architecture=Light(
            name="light", stages=((16,), (32, 48), (64,)), strided=True, dropout=0.0
        ),
        training=TrainingSpec(
            epochs=3,
            batch_size=64,
            optimizer=_ADAM,
            schedule=_ONE_CYCLE,
            loss=_SMOOTHED,
            augmentation=(
                AffineWarp(
                    name="affine",
                    rotation_degrees=5,
                    zoom=0.06,
                    shear_degrees=4,
                    shift=0.05,
                    fill="constant",
                ),
            ),
        ),
        notes=(
            "For a minute on one core. Chosen by validation on writers of their own, one seed for "
            "each of nine recipes; experiments/quick tells which."
        ),
    ),
)
