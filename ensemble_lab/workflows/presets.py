"""The zoo as a user meets it: presets with their sizes, and experiments made of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ensemble_lab.data.sources import parse_source
from ensemble_lab.exceptions import SpecError
from ensemble_lab.figures.diagram import Box, draw_diagram
from ensemble_lab.spec.data import DataSpec, ValidationSpec, resolve_path
from ensemble_lab.spec.experiment import ExperimentSpec, MemberGroup
from ensemble_lab.spec.frozen import describe_spec
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.presets import PRESETS, Preset, load_preset
from ensemble_lab.spec.training import TrainingSpec
from ensemble_lab.spelling import render_count
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.tracing import Traced, trace
from ensemble_lab.training.plan import MemberPlan, describe_plan

__all__ = [
    "SizedPreset",
    "build_experiment",
    "describe_recipe",
    "list_presets",
    "save_diagram",
    "size_preset",
    "trace_preset",
]

_N_CLASSES = 10
_MNIST_TRAIN = 60_000


@dataclass(frozen=True)
class SizedPreset:
    """A preset and what one member of it is and costs on MNIST.

    Attributes
    ----------
    preset : Preset
    plan : MemberPlan
        For MNIST's 60,000 training images less the validation share, and 10 classes.
    """

    preset: Preset
    plan: MemberPlan


def list_presets() -> tuple[SizedPreset, ...]:
    """Return all presets with their sizes, family after family. Nothing heavy is loaded."""
    return tuple(size_preset(name) for name in PRESETS)


def size_preset(name: str) -> SizedPreset:
    """Return one preset with its size.

    Raises
    ------
    SpecError
        No such preset.
    """
    preset = load_preset(name)
    spec = MemberSpec(
        key=f"{name}-0000",
        group=name,
        architecture=preset.architecture,
        training=preset.training,
        seed=0,
        backend=preset.backend,
    )
    n_train = _MNIST_TRAIN - round(_MNIST_TRAIN * preset.validation_share)
    return SizedPreset(preset, describe_plan(spec, preset.input_shape, _N_CLASSES, n_train))


def trace_preset(name: str) -> tuple[Traced, ...]:
    """Return the layers of a preset's net for its own input shape and 10 classes.

    Raises
    ------
    SpecError
        No such preset.
    """
    preset = load_preset(name)
    return trace(describe_layers(preset.architecture, _N_CLASSES), preset.input_shape)


def describe_recipe(training: TrainingSpec) -> str:
    """Return a recipe in words: the rate, and of the rest what is not at its default.

    Examples
    --------
    >>> describe_recipe(TrainingSpec(epochs=12, batch_size=64))
    'adam (rate 0.001), constant, batch 64, 12 epochs, cross-entropy'
    """
    parts = [
        describe_spec(training.optimizer, rate=training.optimizer.rate),
        describe_spec(training.schedule),
        f"batch {training.batch_size}",
        render_count(training.epochs, "epoch"),
        describe_spec(training.loss),
        *map(describe_spec, training.augmentation),
    ]
    if training.keep == "average":
        parts.append(f"weights averaged with decay {training.average_decay:g}")
    if training.keep == "best-validation":
        parts.append("weights of the best epoch on validation")
    return ", ".join(parts)


def save_diagram(name: str, path: Path | str) -> Path:
    """Draw the layers of a preset to a file; return its path.

    Parameters
    ----------
    name : str
    path : path
        Ends in ``.svg``, ``.png`` or ``.pdf``, which need Graphviz's program ``dot``, or in
        ``.dot`` for its language.

    Raises
    ------
    SpecError
        No such preset, or another ending.
    MissingExtraError
        Graphviz is not installed.
    StoreError
        The file could not be written.
    """
    traced = trace_preset(name)
    boxes = [Box("Images", traced[0].input_shape, 0)]
    boxes += [
        Box(f"{type(each.layer).__name__} {each.layer.text}", each.output_shape, each.parameters)
        for each in traced
    ]
    return draw_diagram(boxes, Path(path))


def build_experiment(
    preset: str, *, data: str = "mnist", seeds: Sequence[int] = (0,)
) -> ExperimentSpec:
    """Return the experiment that trains one preset with some seeds.

    It is named after the preset, and after the data where they are not MNIST.

    Parameters
    ----------
    preset : str
    data : str
        A source as in `ensemble_lab.data.sources.parse_source`, without a split;
        validation share and canvas are the preset's.
    seeds : sequence of int
        Different ones.

    Raises
    ------
    SpecError
        No such preset, or seeds that are none or come twice.
    DataError
        No such source.

    Examples
    --------
    >>> build_experiment("cnn3", data="digits", seeds=(0, 1)).name
    'cnn3-digits'
    """
    chosen = load_preset(preset)
    source = _read_source(data, chosen)
    if not seeds or len(set(seeds)) < len(seeds):
        raise SpecError(f"seeds must be there and differ; got {list(seeds)}.")
    recipe = {field: getattr(chosen.training, field) for field in TrainingSpec.model_fields}
    # What a preset quotes was reached on MNIST.
    is_mnist = source.name == "mnist"
    group = MemberGroup(
        group=preset,
        architecture=chosen.architecture,
        seeds=tuple(seeds),
        backend=chosen.backend,
        **recipe,
    )
    return ExperimentSpec(
        name=preset if is_mnist else f"{preset}-{source.name.replace('_', '-')}",
        data=source,
        members=(group,),
        published=chosen.published if is_mnist else (),
    )


def _read_source(text: str, preset: Preset) -> DataSpec:
    source, split = parse_source(text)
    if text.endswith(f":{split}"):
        raise SpecError(
            f"data must be a source without a split; got {text!r}. Training takes train, and test "
            "stays test."
        )
    source = resolve_path(source, Path())
    share = ValidationSpec(share=preset.validation_share)
    return source.model_copy(update={"validation": share, "canvas": preset.canvas})
