"""The zoo: every model of the source material under one name, a file a family.

To add one: a `Preset` in a family's file, and its counts in the test that pins every row.
"""

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.presets import bn_elu, cnn, committees, mlp
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spelling import closest

__all__ = ["PRESETS", "Preset", "find_preset", "load_preset"]

PRESETS: dict[str, Preset] = {
    preset.name: preset for family in (mlp, cnn, bn_elu, committees) for preset in family.PRESETS
}
"""All presets by name, family after family."""


def load_preset(name: str) -> Preset:
    """Return the preset of that name.

    Raises
    ------
    SpecError
        There is none; the message lists those there are and the closest.
    """
    if name not in PRESETS:
        raise SpecError(
            f"preset must be one of {', '.join(PRESETS)}; got {name!r}" + closest(name, PRESETS)
        )
    return PRESETS[name]


def find_preset(spec: MemberSpec) -> Preset | None:
    """Return the preset that a member was made by, whatever its seed and number of epochs.

    None where architecture or recipe are of no preset.
    """
    for preset in PRESETS.values():
        recipe = preset.training.model_copy(
            update={"epochs": spec.training.epochs, "epoch_votes": spec.training.epoch_votes}
        )
        if (preset.architecture, recipe) == (spec.architecture, spec.training):
            return preset
    return None
