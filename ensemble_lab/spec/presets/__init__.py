"""The zoo: every model of the source material under one name, a file a family.

To add one: a `Preset` in a family's file, and its counts in the test that pins every row.
"""

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.data import CanvasSpec
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.presets import (
    bn_elu,
    capsules,
    classic,
    cnn,
    committees,
    light,
    mlp,
    uncentred,
)
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spelling import closest

__all__ = ["PRESETS", "Preset", "find_preset", "load_preset"]

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for family in (classic, mlp, cnn, bn_elu, uncentred, capsules, committees, light)
    for preset in family.PRESETS
}
"""All presets by name, family after family."""


def load_preset(name: str, *, where: str = "") -> Preset:
    """Return the preset of that name; `where` is said after what was got.

    Raises
    ------
    SpecError
        There is none; the message lists those there are and the closest.
    """
    if name not in PRESETS:
        raise SpecError(
            f"preset must be one of {', '.join(PRESETS)}; got {name!r}{where}"
            + closest(name, PRESETS)
        )
    return PRESETS[name]


def find_preset(spec: MemberSpec, canvas: CanvasSpec | None = None) -> Preset | None:
    """Return the preset that a member was made by, whatever its seed and number of epochs.

    Parameters
    ----------
    spec : MemberSpec
    canvas : CanvasSpec or None
        Of the data that it was trained on; its seed may be any.

    Returns
    -------
    Preset or None
        None where architecture, recipe or canvas are of no preset.
    """
    for preset in PRESETS.values():
        recipe = preset.training.model_copy(
            update={"epochs": spec.training.epochs, "epoch_votes": spec.training.epoch_votes}
        )
        wanted = (preset.architecture, recipe, _without_seed(preset.canvas))
        if wanted == (spec.architecture, spec.training, _without_seed(canvas)):
            return preset
    return None


def _without_seed(canvas: CanvasSpec | None) -> CanvasSpec | None:
    return canvas and canvas.model_copy(update={"seed": 0})
