"""Capsule networks with both routings."""

from ensemble_lab.spec.architecture import CapsNet
from ensemble_lab.spec.augmentation import Crop
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import SABOUR, ZHAO
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import Adam, Margin, TrainingSpec

__all__ = ["PRESETS"]

_LAYERS = "C9-256, 32 × 8D capsules, 10 × 16D capsules, 3 routings; decoder 512-1024-784"
_RECIPE = TrainingSpec(
    epochs=50,
    batch_size=128,
    optimizer=Adam(name="adam", rate=1e-3),
    loss=Margin(name="margin", reconstruction=0.0005),
    augmentation=(Crop(name="crop", pixels=2, fill="constant"),),
)
_OURS = (
    "Epochs (50), batch size (128) and the constant rate are ours. Probabilities are capsule "
    "lengths divided by their sum; 8,215,568 parameters with the decoder, 6,804,224 without."
)

PRESETS = (
    Preset(
        name="capsnet",
        summary=_LAYERS,
        source=SABOUR,
        place="sections 4 and 5",
        architecture=CapsNet(name="capsnet"),
        training=_RECIPE,
        published=(
            Published(
                figure="0.25 ± 0.005 % errors",
                source=f"{SABOUR.title}, table 1",
                how_chosen="not stated",
            ),
        ),
        notes=f"Public ports reach 34–40 errors. {_OURS}",
    ),
    Preset(
        name="capsnet-max-min",
        summary=f"{_LAYERS}; max-min routing",
        source=ZHAO,
        place="sections 3 and 4",
        architecture=CapsNet(name="capsnet", routing="max-min"),
        training=_RECIPE,
        published=(
            Published(
                figure="99.80 %; 3-model majority vote 99.83 %",
                source=f"{ZHAO.title}, section 4",
                how_chosen="could not be checked",
            ),
        ),
        notes=(
            "The first weights of the routed capsules have a deviation of .02, those of capsnet "
            f".1, from which max-min routing did not get going. {_OURS}"
        ),
    ),
)
