"""The groups of an experiment file, each made whole: its own keys, its preset, the defaults."""

import reprlib
from typing import Any

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.architecture import WITHOUT_RECIPE
from ensemble_lab.spec.presets import Preset, load_preset
from ensemble_lab.spec.training import TrainingSpec

__all__ = ["merge_groups"]


def merge_groups(values: dict[str, Any], source: str) -> dict[str, Any]:
    """Return the tables of an experiment file with every key in its group.

    What a group says comes first, then its preset, then ``[defaults]``. Where some groups
    have a recipe and others are classic models without one, the recipe in ``[defaults]`` is
    of the former alone.

    Raises
    ------
    SpecError
        Tables where none belong, a preset that is none or that needs another canvas.
    """
    defaults = values.get("defaults", {})
    groups = values.get("members", [])
    if not isinstance(defaults, dict):
        raise SpecError(f"defaults must be a table; got {defaults!r}, in {source}:defaults.")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise SpecError(
            f"members must be tables [[members]]; got {reprlib.repr(groups)}, in {source}:members."
        )
    unnamed = sorted(set(defaults) & {"group", "preset", "seeds"})
    if unnamed:
        raise SpecError(
            f"defaults must not hold {unnamed[0]!r}, in {source}:defaults. "
            "Say it in each [[members]]."
        )
    rest = {key: value for key, value in values.items() if key != "defaults"}
    own = [
        _resolve_preset(group, values.get("data"), f"{source}:members[{number}]") | group
        for number, group in enumerate(groups)
    ]
    is_mixed = len({_has_recipe(defaults | group) for group in own}) > 1
    merged = [
        (defaults if not is_mixed or _has_recipe(defaults | group) else _drop_recipe(defaults))
        | group
        for group in own
    ]
    for group in merged:
        group.pop("preset", None)
    return rest | {"members": merged} if groups else rest


def _has_recipe(group: dict[str, Any]) -> bool:
    architecture = group.get("architecture")
    return not isinstance(architecture, dict) or architecture.get("name") not in WITHOUT_RECIPE


def _drop_recipe(defaults: dict[str, Any]) -> dict[str, Any]:
    recipe = {*TrainingSpec.model_fields, "threads"}
    return {key: value for key, value in defaults.items() if key not in recipe}


def _resolve_preset(group: dict[str, Any], data: Any, where: str) -> dict[str, Any]:
    """Return what a group's preset says; it comes before defaults, and after the group itself."""
    if "preset" not in group:
        return {}
    if not isinstance(group["preset"], str):
        raise SpecError(f"preset must be a name; got {group['preset']!r}, in {where}.preset.")
    preset = load_preset(group["preset"], where=f", in {where}.preset")
    _check_canvas(preset, data, where)
    return {
        "group": preset.name,
        "architecture": preset.architecture.model_dump(mode="json"),
        # What makes no other net is left to the defaults: a backend, and votes after each epoch.
        **({} if preset.architecture.has_recipe else {"backend": preset.backend}),
        **preset.training.model_dump(mode="json", exclude={"epoch_votes"}),
    }


def _check_canvas(preset: Preset, data: Any, where: str) -> None:
    """Refuse a preset for another canvas: it would be another net under its name."""
    wanted = _show_placing(preset.canvas and preset.canvas.model_dump())
    found = _show_placing(data.get("canvas") if isinstance(data, dict) else None)
    if wanted != found:
        raise SpecError(
            f"data.canvas must be {wanted} for preset {preset.name!r}; got {found}, "
            f"in {where}.preset."
        )


def _show_placing(canvas: Any) -> str:
    """Return a canvas as one writes it, but for the seed, which may be any."""
    if not isinstance(canvas, dict) or not canvas:
        return "absent" if canvas is None else repr(canvas)
    keys = ("size", "largest_offset")
    parts = [f"{key} = {canvas[key]}" for key in keys if canvas.get(key) is not None]
    return f"{{ {', '.join(parts)} }}"
