"""What a recipe's augmentation makes of training images."""

import re
from pathlib import Path

import numpy as np

from ensemble_lab.data.dataset import Split
from ensemble_lab.data.loading import load_dataset
from ensemble_lab.data.sampling import sample_split
from ensemble_lab.data.sources import divide_source
from ensemble_lab.exceptions import DataError, SpecError
from ensemble_lab.spec.data import DataSpec
from ensemble_lab.spec.experiment import ExperimentSpec, load_experiment
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.presets import PRESETS
from ensemble_lab.spelling import closest
from ensemble_lab.training.augmented import Augmented, augment_examples
from ensemble_lab.workflows.presets import build_experiment

__all__ = ["augment_data", "find_recipe"]

_FILE = re.compile(r"(?P<path>.*\.toml)(?::(?P<group>.*))?", re.DOTALL | re.IGNORECASE)


def augment_data(
    source: str,
    recipe: str,
    *,
    index: tuple[int, ...] = (),
    n_examples: int = 6,
    seed: int = 0,
    n_epochs: int = 24,
    data_dir: Path | str | None = None,
) -> Augmented:
    """Return training images as a member with that recipe and seed sees them.

    They are what training would show it, were it trained on the source: validation is cut
    and images are placed on a canvas as the recipe's experiment says, an example is where
    the member's order puts it in each epoch, and the draws are those of that place.

    Parameters
    ----------
    source : str
        As in `ensemble_lab.data.sources.divide_source`; training images are shown, so that the
        split is ``train`` if one is named.
    recipe : str
        A preset's name, or ``FILE.toml[:GROUP]``, an experiment file and one of its groups.
    index : tuple of int
        These training examples, in this order.
    n_examples : int
        Without `index`, so many are drawn with `seed`.
    seed : int
        Of the member.
    n_epochs : int
    data_dir : path, optional
        Folder with the data files; they are looked for unless given.

    Raises
    ------
    SpecError
        No such preset, file or group, or a recipe without augmentation.
    DataError
        The data are not there, another split is named, or an index is in validation or nowhere.
    MissingExtraError
        Keras is not installed.
    """
    spec = _read_source(source)
    experiment, member = find_recipe(recipe, seed)
    if not member.training.augmentation:
        having = [name for name, preset in PRESETS.items() if preset.training.augmentation]
        raise SpecError(
            f"recipe must have an augmentation to be shown; got none, in {recipe}. "
            f"Presets with one: {', '.join(having)}."
        )
    dataset = load_dataset(_join(spec, experiment.data), Path(data_dir) if data_dir else None)
    train = dataset.split("train")
    for split in dataset.splits:
        if split.name == "validation":
            _check_trained(split, index)
    chosen = (
        np.array(index, np.int64) if index else sample_split(train, n_examples, seed=seed).index
    )
    return augment_examples(member, train, chosen, n_epochs=n_epochs)


def find_recipe(text: str, seed: int) -> tuple[ExperimentSpec, MemberSpec]:
    """Return the experiment that a recipe is of, and its member with that seed.

    Parameters
    ----------
    text : str
        A preset's name, or ``FILE.toml[:GROUP]``.
    seed : int
        Any; a group need not list it.

    Raises
    ------
    SpecError
        No such preset, file or group; or a file with several groups of which none is named.
    """
    match = _FILE.fullmatch(text)
    if match is None and text not in PRESETS:
        raise SpecError(
            f"recipe must be a preset or FILE.toml[:GROUP]; got {text!r}" + closest(text, PRESETS)
        )
    experiment = load_experiment(match["path"]) if match else build_experiment(text)
    groups = {member.group: member for member in experiment.expand()}
    group = match["group"] if match else next(iter(groups))
    if group not in groups and (group is not None or len(groups) > 1):
        raise SpecError(
            f"group must be one of {', '.join(groups)}; got {group or 'none'}, in {text}"
            + closest(group or "", groups)
        )
    member = groups[group] if group else next(iter(groups.values()))
    key = f"{member.group}-{seed:04d}"
    return experiment, member.model_copy(update={"key": key, "seed": seed})


def _read_source(text: str) -> DataSpec:
    spec, split = divide_source(text)
    if split not in (None, "train"):
        raise DataError(f"split must be train, which alone is augmented; got {split!r}, in {text}.")
    return spec


def _join(source: DataSpec, experiment: DataSpec) -> DataSpec:
    """Return the source with validation, canvas and what else an experiment does to its images."""
    own = {"name", "path"}
    kept = (type(experiment).model_fields.keys() & type(source).model_fields.keys()) - own
    return source.model_copy(update={name: getattr(experiment, name) for name in kept})


def _check_trained(validation: Split, index: tuple[int, ...]) -> None:
    held = sorted(set(index) & set(validation.index.tolist()))
    if held:
        raise DataError(
            f"index must be of a training example; {held[0]} is one of validation, which is "
            "never augmented."
        )
