"""Members that are Keras nets: trained, stored and opened again."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Images
from ensemble_lab.data.dataset import Dataset, Split
from ensemble_lab.exceptions import DataError
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.variant import CopiesSpec, ShiftedCopies
from ensemble_lab.store.members import member_path
from ensemble_lab.store.run import Run
from ensemble_lab.store.training_state import TrainingState, load_state, save_state
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.backends import load_backend
from ensemble_lab.training.copies import ask_augmented, ask_shifted, average_copies
from ensemble_lab.training.environment import open_backend
from ensemble_lab.training.fit import Callbacks, Examples, fit
from ensemble_lab.training.infer import Predictor, infer
from ensemble_lab.training.network import build_network
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import Answers, CopiesResponder, Responder, Trained

__all__ = ["describe_libraries", "load", "load_copies", "open_libraries", "train"]


def open_libraries(spec: MemberSpec) -> AbstractContextManager[Any]:
    """Import Keras on the member's backend (see `open_backend`)."""
    return open_backend(spec)


def train(run: Run, spec: MemberSpec, dataset: Dataset, reporter: Reporter) -> Trained:
    """Train a net, from the start or from its last epoch; its state is saved after each."""
    resume = load_state(run, spec.key)
    reporter.start(0 if resume is None else resume.epoch, spec.epochs)

    def keep_state(state: TrainingState) -> None:
        save_state(run, spec.key, state)
        reporter.tell_epoch(state)

    validation = dataset.validation
    voted = tuple((split.name, split.images) for split in dataset.splits if split.name != "train")
    fitted = fit(
        spec,
        _examples(dataset.split("train")),
        None if validation is None else _examples(validation),
        validation_name="validation" if validation is None else validation.name,
        n_classes=run.n_classes,
        voted=voted if spec.training.epoch_votes else (),
        resume=resume,
        callbacks=Callbacks(on_progress=reporter.progress, on_state=keep_state),
    )
    return Trained(
        weights=lambda path: fitted.model.save_weights(path),
        history=fitted.history,
        kept_epoch=fitted.kept_epoch,
        responder=partial(_answer, fitted.predictor),
    )


def _examples(split: Split) -> Examples:
    if split.labels is None:
        raise DataError(f"examples to learn from must have labels; {split.name} has none.")
    return Examples(split.images, split.labels)


def load(run: Run, spec: MemberSpec) -> Responder:
    """Return the net with its stored weights."""
    return partial(_answer, load_backend(spec.backend).compile_inference(_load_model(run, spec)))


def load_copies(run: Run, spec: MemberSpec, copies: CopiesSpec) -> CopiesResponder:
    """Return the net with its stored weights, asked about copies of each image."""
    model, backend = _load_model(run, spec), load_backend(spec.backend)
    plain = backend.compile_inference(model)
    if isinstance(copies, ShiftedCopies):
        return average_copies(ask_shifted(plain, copies), copies.n_copies)
    augmenting = backend.compile_inference(model, copies.augmentation or ())
    return average_copies(ask_augmented(plain, augmenting, copies), copies.n_copies)


def _load_model(run: Run, spec: MemberSpec) -> Any:
    layers = describe_layers(spec.architecture, run.n_classes)
    layer_classes = load_backend(spec.backend).layer_classes
    network = build_network(layers, run.image_shape, spec.seed_of("init"), layer_classes)
    network.model.load_weights(member_path(run, spec.key))
    return network.model


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
