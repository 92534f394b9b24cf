"""Members that are Keras nets: trained, stored and opened again."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from typing import Any

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Images
from ensemble_lab.data.dataset import Dataset, Split
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.augmentation import AugmentationSpec
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.variant import CopiesSpec, ShiftedCopies
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import Run
from ensemble_lab.store.training_state import TrainingState, resume_state, save_state
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.layers import Layer, Shape
from ensemble_lab.training.backends import load_backend
from ensemble_lab.training.copies import ask_augmented, ask_shifted, average_copies
from ensemble_lab.training.environment import open_backend
from ensemble_lab.training.fit import Callbacks, Examples, fit
from ensemble_lab.training.infer import Predictor, infer
from ensemble_lab.training.machines import Blueprint, Machine, build_machine, draw_blueprint
from ensemble_lab.training.network import build_model
from ensemble_lab.training.profiling import measure_augmentation
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import Answers, CopiesResponder, Responder, Trained

__all__ = [
    "describe_libraries",
    "load",
    "load_copies",
    "open_libraries",
    "open_state",
    "take_examples",
    "train",
]


def open_libraries(spec: MemberSpec) -> AbstractContextManager[Any]:
    """Import Keras on the member's backend (see `open_backend`)."""
    return open_backend(spec)


def train(run: Run, spec: MemberSpec, dataset: Dataset, reporter: Reporter) -> Trained:
    """Train a net, from the start or from its last epoch; its state is saved after each."""
    resume = resume_state(run, spec.key, "single")
    reporter.start(0 if resume is None else resume.epoch, spec.epochs)

    def keep_state(state: TrainingState) -> None:
        with reporter.clock.on("files"):
            save_state(run, spec.key, state)
        reporter.tell_epoch(state)

    validation = dataset.validation
    voted = tuple((split.name, split.images) for split in dataset.splits if split.name != "train")
    train = dataset.split("train")
    machine = _keep_machine(draw_blueprint(spec, run.image_shape, run.n_classes), train)
    fitted = fit(
        spec,
        take_examples(train),
        None if validation is None else take_examples(validation),
        validation_name="validation" if validation is None else validation.name,
        n_classes=run.n_classes,
        voted=voted if spec.training.epoch_votes else (),
        resume=resume,
        callbacks=Callbacks(reporter.progress, keep_state, reporter.clock),
        machine=machine,
    )
    if reporter.clock.times_augmentation:
        n_epochs = spec.epochs - (0 if resume is None else resume.epoch)
        with reporter.clock.on("profiling"):
            seconds = measure_augmentation(machine, spec, train.n_examples)
        reporter.clock.augmentation = seconds * n_epochs
    return Trained(
        weights=lambda path: fitted.model.save_weights(path),
        history=fitted.history,
        kept_epoch=fitted.kept_epoch,
        responder=partial(_answer, fitted.predictor),
    )


def take_examples(split: Split) -> Examples:
    """Return what can be learnt from; refuse a split without labels."""
    if split.labels is None:
        raise DataError(f"examples to learn from must have labels; {split.name} has none.")
    return Examples(split.images, split.labels)


@lru_cache(maxsize=1)
def _keep_machine(plan: Blueprint, train: Split) -> Machine:
    """Return the machine of the last member, if it serves; a worker trains one at a time."""
    examples = take_examples(train)
    return build_machine(plan, examples.images, examples.labels)


def load(run: Run, spec: MemberSpec) -> Responder:
    """Return the net with its stored weights."""
    model, predictor = _load_model(run, spec)
    return partial(_answer_as, model, model.get_weights(), partial(_answer, predictor))


def open_state(
    run: Run, spec: MemberSpec, state: TrainingState, *, stack: int | None = None
) -> Trained:
    """Return the net of a training that is over, as `train` does; it is lent until the next one.

    Parameters
    ----------
    run : Run
    spec : MemberSpec
    state : TrainingState
        After the last epoch.
    stack : int or None
        As in `Trained`.
    """
    layers = describe_layers(spec.architecture, run.n_classes)
    model, predictor = _keep_model(spec.backend, layers, run.image_shape)
    model.set_weights(state.kept or state.weights)
    return Trained(
        weights=lambda path: model.save_weights(path),
        history=state.history,
        kept_epoch=state.kept_epoch,
        responder=partial(_answer, predictor),
        stack=stack,
    )


def load_copies(run: Run, spec: MemberSpec, copies: CopiesSpec) -> CopiesResponder:
    """Return the net with its stored weights, asked about copies of each image."""
    model, plain = _load_model(run, spec)
    if isinstance(copies, ShiftedCopies):
        ask = ask_shifted(plain, copies)
    else:
        layers = describe_layers(spec.architecture, run.n_classes)
        augmentation = copies.augmentation or ()
        augmenting = _keep_augmenting(spec.backend, layers, run.image_shape, augmentation)
        ask = ask_augmented(plain, augmenting, copies)
    return partial(_answer_as, model, model.get_weights(), average_copies(ask, copies.n_copies))


def _load_model(run: Run, spec: MemberSpec) -> tuple[Any, Predictor]:
    """Return the model of a member's layers with its weights, and the same compiled."""
    layers = describe_layers(spec.architecture, run.n_classes)
    model, predictor = _keep_model(spec.backend, layers, run.image_shape)
    model.load_weights(member_path(run, spec.key))
    return model, predictor


@lru_cache(maxsize=1)
def _keep_model(
    backend: str, layers: tuple[Layer, ...], image_shape: Shape
) -> tuple[Any, Predictor]:
    """Return a model of these layers and the same compiled; many members may use it in turn."""
    loaded = load_backend(backend)
    model = build_model(layers, image_shape, loaded.layer_classes)
    return model, loaded.compile_inference(model)


@lru_cache(maxsize=1)
def _keep_augmenting(
    backend: str,
    layers: tuple[Layer, ...],
    image_shape: Shape,
    augmentation: tuple[AugmentationSpec, ...],
) -> Predictor:
    """Return the model of `_keep_model` compiled to augment images before it looks at them."""
    model, _ = _keep_model(backend, layers, image_shape)
    augmenting: Predictor = load_backend(backend).compile_inference(model, augmentation)
    return augmenting


def _answer_as(
    model: Any, weights: list[Array], answer: Callable[..., Answers], *asked: Any, **named: Any
) -> Answers:
    """Answer with weights of one of the members that share a model."""
    model.set_weights(weights)
    return answer(*asked, **named)


def describe_libraries(spec: MemberSpec) -> Mapping[str, str]:
    """Return the versions of Keras and its backend, and the device's name."""
    import keras

    return {"keras": keras.__version__, **load_backend(spec.backend).describe_device()}


def _answer(
    predictor: Predictor,
    images: Images,
    *,
    name: str,
    on_batch: Callable[[], None] = lambda: None,
) -> Answers:
    probabilities = infer(predictor, images, name=name, on_batch=on_batch)
    return Answers(choose_classes(probabilities), probabilities)
