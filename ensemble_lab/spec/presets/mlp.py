"""Multi-layer perceptrons of the write-ups."""

from ensemble_lab.spec.architecture import Mlp
from ensemble_lab.spec.augmentation import AffineWarp
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import DEEP, LESSON, MEETUP, POST
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import Adam, RmsProp, TrainingSpec

__all__ = ["PRESETS"]

_ADAM = Adam(name="adam", rate=1e-3)
_RMSPROP = RmsProp(name="rmsprop", rate=1e-3)
_DEEP_RECIPE = TrainingSpec(epochs=20, batch_size=128, optimizer=_ADAM)

_WITHOUT_VALIDATION = (
    "The source trains on all 60,000 images and validates on none; here a tenth of them is the "
    "validation split."
)
_TEST_AS_VALIDATION = (
    "The source validates on test images; here a tenth of the training images is the validation "
    "split."
)
_PENALTY = Published(
    figure="below dropout", source=f"{DEEP.title}, section 7", how_chosen="said, no figure given"
)

PRESETS = (
    Preset(
        name="mlp-256",
        summary="784-256-10, relu",
        source=MEETUP,
        place="cells 9–12",
        architecture=Mlp(name="mlp", hidden=(256,)),
        training=TrainingSpec(epochs=10, batch_size=128, optimizer=_RMSPROP),
        validation_share=0.2,
        published=(
            Published(
                figure="about 97.8 % (validation)",
                source=f"{MEETUP.title}, log of cell 11",
                how_chosen="10 epochs fixed",
            ),
        ),
        notes="The batch size is not shown; 128 is ours.",
    ),
    Preset(
        name="mlp-256-256",
        summary="784-256-256-10, relu, dropout .45",
        source=DEEP,
        place="sections 5.5–6.3",
        architecture=Mlp(name="mlp", hidden=(256, 256), dropout=0.45),
        training=_DEEP_RECIPE,
        published=(
            Published(
                figure="98.2–98.3 %",
                source=f"{DEEP.title}, sections 6.3 and 8",
                how_chosen="20 epochs fixed",
            ),
        ),
        notes=(
            f"{_WITHOUT_VALIDATION} The source's sums of the parameters have slips in their terms "
            "(200,690 for 200,960; 65,972 for 65,792); its total is right."
        ),
    ),
    Preset(
        name="mlp-256-256-l2",
        summary="784-256-256-10, relu, L2 .001 on the first hidden layer",
        source=DEEP,
        place="section 7, cell 16",
        architecture=Mlp(name="mlp", hidden=(256, 256), l2=0.001, penalised="first"),
        training=_DEEP_RECIPE,
        published=(_PENALTY,),
        notes=f"The snippet penalises the first layer only. {_WITHOUT_VALIDATION}",
    ),
    Preset(
        name="mlp-256-256-l2-both",
        summary="784-256-256-10, relu, L2 .001 on both hidden layers",
        source=DEEP,
        place="section 7",
        architecture=Mlp(name="mlp", hidden=(256, 256), l2=0.001),
        training=_DEEP_RECIPE,
        published=(_PENALTY,),
        notes=f"The text, unlike the snippet, speaks of the model. {_WITHOUT_VALIDATION}",
    ),
    Preset(
        name="mlp-512-256",
        summary="784-512-256-10, relu",
        source=LESSON,
        place="cell 5",
        architecture=Mlp(name="mlp", hidden=(512, 256)),
        training=TrainingSpec(epochs=20, batch_size=1024, optimizer=_ADAM),
        published=(
            Published(
                figure="97.86 %",
                source=f"{LESSON.title}, cell 7",
                how_chosen="20 epochs fixed; half of test, its pixels unscaled by mistake "
                "(98.26 % on the other half)",
            ),
        ),
        notes=f"{_TEST_AS_VALIDATION} All pixels are scaled here, those of test too.",
    ),
    Preset(
        name="mlp-512-512",
        summary="784-512-512-10, relu, dropout .2",
        source=POST,
        place="first listing",
        architecture=Mlp(name="mlp", hidden=(512, 512), dropout=0.2),
        training=TrainingSpec(epochs=20, batch_size=128, optimizer=_RMSPROP),
        published=(
            Published(
                figure="98.43 %",
                source=f"{POST.title}, first model",
                how_chosen="20 epochs fixed, watched on test",
            ),
        ),
        notes=f"{_TEST_AS_VALIDATION} RMSprop's epsilon is Keras 3's, 1e-7.",
    ),
    Preset(
        name="mlp-augmented",
        summary="784-512-512-10, relu, dropout .2, affine warps",
        source=MEETUP,
        place="homework list",
        architecture=Mlp(name="mlp", hidden=(512, 512), dropout=0.2),
        training=TrainingSpec(
            epochs=20,
            batch_size=128,
            optimizer=_ADAM,
            augmentation=(AffineWarp(name="affine", rotation_degrees=10, zoom=0.1, shift=0.05),),
        ),
        notes=(
            "The notebook names a deep perceptron with dropout and augmented data and shows none; "
            "widths, recipe and warps are ours."
        ),
    ),
)
