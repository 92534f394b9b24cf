"""Plain convolutional nets of the write-ups, on centred images."""

from ensemble_lab.spec.architecture import Cnn, Cnn3
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import LESSON, MEETUP, POST
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import Adadelta, Adam, RmsProp, TrainingSpec

__all__ = ["PRESETS"]

_ADAM = Adam(name="adam", rate=1e-3)
_RMSPROP = RmsProp(name="rmsprop", rate=1e-3)

PRESETS = (
    Preset(
        name="cnn1",
        summary="C3-32, pool, 10",
        source=MEETUP,
        place="list of models",
        architecture=Cnn(name="cnn", stages=((32,),)),
        training=TrainingSpec(epochs=10, batch_size=128, optimizer=_RMSPROP),
        published=(
            Published(
                figure="about 98 %",
                source=f"{MEETUP.title}, list of models",
                how_chosen="not stated",
            ),
        ),
        notes=(
            "The notebook names a net with one convolution and shows none; its first convolution "
            "and its recipe are taken from its net with three, the batch of 128 is ours."
        ),
    ),
    Preset(
        name="cnn3",
        summary="C3-32, pool, C3-64, pool, C3-64, 128, 10",
        source=MEETUP,
        place="cells 14–19",
        architecture=Cnn3(name="cnn3"),
        training=TrainingSpec(epochs=10, batch_size=128, optimizer=_RMSPROP),
        published=(
            Published(
                figure="99.15–99.19 %",
                source=f"{MEETUP.title}, cells 14–19",
                how_chosen="10 epochs fixed",
            ),
        ),
        notes=(
            "The source has a relu where the softmax belongs, under a cross-entropy that takes "
            "probabilities; here it is a softmax. The batch size is not shown; 128 is ours."
        ),
    ),
    Preset(
        name="cnn3-pool",
        summary="C3-32 same, pool, C3-64, pool, C3-64, pool, 64, 10",
        source=LESSON,
        place="cell 9",
        architecture=Cnn(
            name="cnn", stages=((32,), (64,), (64,)), first_padding="same", hidden=(64,)
        ),
        training=TrainingSpec(epochs=20, batch_size=256, optimizer=_ADAM),
        published=(
            Published(
                figure="99.2 %",
                source=f"{LESSON.title}, log of cell 9",
                how_chosen="20 epochs fixed; half of test, used as validation",
            ),
        ),
        notes=(
            "The source validates on half of test; here a tenth of the training images is the "
            "validation split."
        ),
    ),
    Preset(
        name="keras-cnn",
        summary="C3-32, C3-32, pool, dropout .25, 128, dropout .5, 10",
        source=POST,
        place="second listing",
        architecture=Cnn(
            name="cnn", stages=((32, 32),), dropout=0.25, hidden=(128,), hidden_dropout=0.5
        ),
        training=TrainingSpec(
            epochs=12,
            batch_size=128,
            optimizer=Adadelta(name="adadelta", rate=1.0, rho=0.95),
        ),
        published=(
            Published(
                figure="99.14 %",
                source=f"{POST.title}, second model",
                how_chosen="12 epochs fixed, watched on test",
            ),
        ),
        notes=(
            "Adadelta's default rate was 1.0 then; in Keras 3 it is 0.001. Epsilon is that of "
            "Keras 3, 1e-7. The source validates on test; here a tenth of the training images is "
            "the validation split."
        ),
    ),
)
