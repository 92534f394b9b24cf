"""List the models of the zoo, or show one layer by layer.

A preset is an architecture with its arguments, input shape and recipe under one name: say
preset = "NAME" in a group of an experiment file, or ensemble-lab train --preset NAME.
"""

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from ensemble_lab.cli.arguments import Argument, Option, UsageError
from ensemble_lab.cli.output import Format, render_json, render_json_rows, render_table

if TYPE_CHECKING:
    from ensemble_lab.workflows.presets import SizedPreset

__all__ = ["command"]

_WIDTH = 80


def command(
    name: Annotated[
        str | None,
        Argument(metavar="NAME", help="Show this one.", show_default=False),
    ] = None,
    format: Format = "table",
    diagram: Annotated[
        Path | None,
        Option(
            "--diagram",
            metavar="FILE",
            help="With NAME: draw its layers; svg, png or pdf (needs Graphviz), or dot.",
        ),
    ] = None,
) -> None:
    """List the models of the zoo, or show one layer by layer."""
    if name is not None:
        _show(name, format, diagram)
        return
    if diagram is not None:
        raise UsageError("--diagram goes with the NAME of a preset")
    from ensemble_lab.workflows.presets import list_presets

    presets = list_presets()
    if format == "json":
        print(render_json_rows([_describe(preset) for preset in presets]))
        return
    rows = [
        {
            "preset": each.preset.name,
            "net": each.preset.architecture.name,
            "parameters": each.plan.parameters,
            "trainable": each.plan.trainable,
            "macs, k": round(each.plan.macs / 1000),
            "source": each.preset.source.key,
        }
        for each in presets
    ]
    print(render_table(rows, list(rows[0])))


def _describe(sized: "SizedPreset") -> dict[str, Any]:
    preset, plan = sized.preset, sized.plan
    place = f", {preset.place}" if preset.place else ""
    return {
        "name": preset.name,
        "summary": preset.summary,
        "architecture": preset.architecture.to_json(),
        "parameters": plan.parameters,
        "trainable": plan.trainable,
        "macs": plan.macs,
        "tflop": plan.tflop if preset.architecture.has_recipe else None,
        "input_shape": list(preset.input_shape),
        "canvas": preset.canvas and preset.canvas.to_json(),
        "validation_share": preset.validation_share,
        "training": preset.training.model_dump(mode="json")
        if preset.architecture.has_recipe
        else None,
        "source": preset.source.title + place,
        "published": [each.model_dump() for each in preset.published],
        "notes": preset.notes,
    }


def _show(name: str, format: str, diagram: Path | None) -> None:
    from ensemble_lab.workflows.presets import size_preset, trace_preset

    sized, layers = size_preset(name), trace_preset(name)
    rows = [
        {
            "layer": type(each.layer).__name__,
            "arguments": each.layer.text,
            "output": "×".join(map(str, each.output_shape)),
            "parameters": each.parameters,
            "macs": each.macs,
        }
        for each in layers
    ]
    if diagram is not None:
        from ensemble_lab.workflows.presets import save_diagram

        print(save_diagram(name, diagram))
    elif format == "json":
        print(render_json(_describe(sized) | {"layers": rows}))
    else:
        print("\n".join(_introduce(sized)) + "\n")
        print(render_table(rows, list(rows[0])))
        print("\n" + _sum_up(sized))


def _sum_up(sized: "SizedPreset") -> str:
    plan = sized.plan
    lines = [
        f"{plan.parameters:,} parameters, {plan.trainable:,} of them trainable",
        f"{plan.macs:,} multiply-adds an image",
    ]
    if sized.preset.architecture.has_recipe:
        lines.append(f"{plan.tflop:,.3g} TFLOP to train {plan.epochs} epochs on MNIST")
    return "\n".join(lines)


def _introduce(sized: "SizedPreset") -> list[str]:
    """Return what a reader would ask first, in lines that fit a terminal."""
    from ensemble_lab.workflows.presets import describe_recipe

    preset, values = sized.preset, _describe(sized)
    height, width, channels = preset.input_shape
    canvas = ", each placed at random on a canvas of zeros" if preset.canvas else ""
    has_recipe = preset.architecture.has_recipe
    recipe = describe_recipe(preset.training) if has_recipe else f"fitted by {preset.backend}"
    sentences = [
        f"{preset.name}: {preset.summary}",
        f"source: {values['source']}",
        f"images: {height}×{width}×{channels}{canvas}; {preset.validation_share * 100:.0f} % of "
        "train for validation",
        f"recipe: {recipe}",
        *(f"published: {each.figure}; {each.how_chosen}" for each in preset.published),
        *([preset.notes] if preset.notes else []),
    ]
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(sentence, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)
    ]
