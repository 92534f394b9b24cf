"""The nets too heavy to be trained in a test learn 200 images by heart, at their full size."""

import pytest

from ensemble_lab.data.loading import load_published
from ensemble_lab.spec.data import Digits
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.presets import load_preset
from ensemble_lab.training.fit import Callbacks, Examples, fit

# A slow machine beside other work takes more than the five minutes that a test may take.
pytestmark = [pytest.mark.keras, pytest.mark.slow, pytest.mark.timeout(1200)]

MOST_EPOCHS = 60


class ByHeart(Exception):  # noqa: N818 - nothing went wrong
    """All images are right."""


@pytest.mark.parametrize("name", ["capsnet", "capsnet-max-min", "m3", "m5", "m7"])
def test_heavy_net_learns_200_images_by_heart(name, backend):
    preset = load_preset(name)
    train = load_published(Digits(name="digits")).split("train")
    recipe = {"epochs": MOST_EPOCHS, "batch_size": 50, "augmentation": (), "keep": "last"}
    member = MemberSpec(
        key=f"{name}-0000",
        group=name,
        architecture=preset.architecture,
        training=preset.training.model_copy(update=recipe),
        seed=0,
        backend=backend,
    )
    losses = []

    def stop_when_all_are_right(state):
        losses.append(state.history[-1].loss)
        if state.history[-1].accuracy == 1:
            raise ByHeart

    with pytest.raises(ByHeart):
        fit(
            member,
            Examples(train.images[:200], train.labels[:200]),
            n_classes=10,
            callbacks=Callbacks(on_state=stop_when_all_are_right),
        )
    assert losses[-1] < losses[0] / 2
