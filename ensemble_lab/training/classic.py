"""Classic models as members: scikit-learn fits them, NumPy answers for them.

A member's file holds plain arrays, so a stored member predicts without scikit-learn.
Its history is one epoch. The loss is the cross-entropy of the probabilities, a zero
among them counting as the smallest normal float32, or the share of wrong votes where
there are no probabilities; the rate is 0, for there is none. Multiply-adds are those of
one image forward, so the operations counted for training are those of a single pass: far
too few for `SgdLinear`, which makes up to `max_iter` of them (on scaled MNIST all 1,000 for
some class), and scikit-learn does not tell how many for each class.

A fit is one call that nothing can stop half-way or go on with: a worker that is asked to
stop does so at its end, and one that is killed leaves nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np

from ensemble_lab.argmax import choose_classes
from ensemble_lab.arrays import Array, Floats, Images, Labels, Probabilities
from ensemble_lab.data.dataset import Dataset, Split
from ensemble_lab.exceptions import DamagedError, MissingExtraError, TrainingError
from ensemble_lab.spec.architecture import NaiveBayes, SgdLinear
from ensemble_lab.spec.member import MemberSpec
from ensemble_lab.spec.variant import CopiesSpec, ShiftedCopies, resolve_copies
from ensemble_lab.store.hdf5 import open_sealed
from ensemble_lab.store.members import EpochRecord, member_path
from ensemble_lab.store.run import Run
from ensemble_lab.store.training_state import TrainingState
from ensemble_lab.training.architectures import describe_layers
from ensemble_lab.training.architectures.layers import Shape
from ensemble_lab.training.architectures.tracing import trace
from ensemble_lab.training.classic_methods import METHODS
from ensemble_lab.training.copies import ask_shifted, average_copies
from ensemble_lab.training.infer import measure
from ensemble_lab.training.reporter import Reporter
from ensemble_lab.training.trainers import Answers, CopiesResponder, Responder, Trained

__all__ = [
    "ClassicModel",
    "describe_libraries",
    "fit_classic",
    "load",
    "load_copies",
    "open_libraries",
    "train",
]

_BATCH = 1024
_SCALER = ("scaler_mean", "scaler_scale")


@dataclass(frozen=True, eq=False)
class ClassicModel:
    """A fitted model, which may be asked as a `Responder`.

    Attributes
    ----------
    architecture : NaiveBayes or SgdLinear
    arrays : mapping
        Float64, by their names in the member's file.
    """

    architecture: NaiveBayes | SgdLinear
    arrays: Mapping[str, Array]

    def __call__(
        self, images: Images, *, name: str, on_batch: Callable[[], None] = lambda: None
    ) -> Answers:
        """Return votes and, where the model gives them, probabilities.

        Raises
        ------
        TrainingError
            A score that is no number.
        """
        method = METHODS[self.architecture.name]
        given = [self.arrays[each] for each in method.names]
        parts = []
        for pixels in self._batches(images):
            parts.append(method.find_logits(pixels, *given))
            on_batch()
        logits = np.concatenate(parts)
        if np.isnan(logits).any():
            raise TrainingError(
                f"logits of {name} must be numbers; got NaN in row "
                f"{np.flatnonzero(np.isnan(logits).any(axis=1))[0]} of {len(logits)}."
            )
        logs = method.log_weights(self.architecture, logits)
        probabilities = None if logs is None else _normalise(logs).astype(np.float32)
        return Answers(
            choose_classes(logits if probabilities is None else probabilities), probabilities
        )

    def _batches(self, images: Images) -> Iterator[Floats]:
        for start in range(0, len(images), _BATCH):
            pixels = _flatten(images[start : start + _BATCH])
            if self.architecture.scaled:
                _standardise(pixels, *(self.arrays[each] for each in _SCALER))
            yield pixels


def open_libraries(spec: MemberSpec) -> AbstractContextManager[None]:
    """Do nothing: one thread computes, in a process like any other."""
    return nullcontext()


def train(run: Run, spec: MemberSpec, dataset: Dataset, reporter: Reporter) -> Trained:
    """Fit a model on the training images and measure it there and on validation."""
    reporter.start(0, spec.epochs)
    began = time.perf_counter()
    seen, validation = dataset.split("train"), dataset.validation
    reporter.clock.augmentation = 0.0
    with reporter.clock.on("steps"):
        model = fit_classic(spec, seen.images, seen.labels, run.n_classes)
    ask = partial(model, on_batch=lambda: reporter.progress(0.0))
    with reporter.clock.on("evaluation"):
        loss, accuracy = _measure(ask, spec.key, seen)
        validation_loss, validation_accuracy = (
            (None, None) if validation is None else _measure(ask, spec.key, validation)
        )
    record = EpochRecord(
        epoch=1,
        loss=loss,
        accuracy=accuracy,
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
        rate=0.0,
        seconds=time.perf_counter() - began,
    )
    reporter.tell_epoch(TrainingState(1, (), (), (), kept_epoch=1, history=(record,)))
    return Trained(model.arrays, (record,), kept_epoch=1, responder=model)


def fit_classic(
    spec: MemberSpec, images: Images, labels: Labels | None, n_classes: int
) -> ClassicModel:
    """Return the model that scikit-learn fits to images, as a function of spec and images alone.

    Parameters
    ----------
    spec : MemberSpec
    images : uint8 (examples, height, width, channels)
    labels : int64 (examples,)
    n_classes : int
        A class without images is never chosen.

    Raises
    ------
    MissingExtraError
        Scikit-learn is not installed.
    TrainingError
        All images are alike, or of one class.
    """
    if labels is None or len(np.unique(labels)) < 2:
        raise TrainingError(f"labels for {spec.key} must be of two classes at least; got fewer.")
    pixels = _flatten(images)
    if (pixels == pixels[0]).all():
        raise TrainingError(f"images for {spec.key} must differ; got copies of one.")
    architecture = spec.architecture
    assert isinstance(architecture, NaiveBayes | SgdLinear)
    method = METHODS[architecture.name]
    arrays: dict[str, Array] = {}
    try:
        if architecture.scaled:
            arrays |= zip(_SCALER, _fit_scaler(pixels), strict=True)
            _standardise(pixels, *arrays.values())
        fitted = method.fit(architecture, pixels, labels, n_classes, spec.seed_of("order"))
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{error.name} must be installed to train {spec.key}; got none. Install it with: "
            "pip install 'ensemble-lab[train]'"
        ) from None
    return ClassicModel(architecture, arrays | dict(zip(method.names, fitted, strict=True)))


def load(run: Run, spec: MemberSpec) -> ClassicModel:
    """Return a stored model.

    Raises
    ------
    DamagedError
        An array is not there, or of another shape than the architecture's.
    """
    architecture = spec.architecture
    assert isinstance(architecture, NaiveBayes | SgdLinear)
    path = member_path(run, spec.key)
    shapes = _name_shapes(architecture, run.image_shape, run.n_classes)
    with open_sealed(path, "member") as file:
        arrays = {name: file.read(name) for name in shapes}
    for name, shape in shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.float64:
            raise DamagedError(
                f"{name} must be float64 {shape}; got {arrays[name].dtype} "
                f"{arrays[name].shape}, in {path}."
            )
    return ClassicModel(architecture, arrays)


def load_copies(run: Run, spec: MemberSpec, copies: CopiesSpec) -> CopiesResponder:
    """Return a stored model, asked about copies of each image that NumPy makes.

    Raises
    ------
    SpecError
        Copies that only a net makes, or a model that gives votes alone.
    """
    made = resolve_copies(copies, spec)
    assert isinstance(made, ShiftedCopies), "resolve_copies refuses all others"
    model = load(run, spec)

    def ask(images: Images) -> Probabilities:
        answers = model(images, name=spec.key)
        assert answers.probabilities is not None, "resolve_copies refuses votes alone"
        return answers.probabilities

    return average_copies(ask_shifted(ask, made), made.n_copies)


def describe_libraries(spec: MemberSpec) -> Mapping[str, str]:
    """Return scikit-learn's version."""
    import sklearn

    return {"scikit-learn": sklearn.__version__, "device": "CPU"}


def _name_shapes(
    architecture: NaiveBayes | SgdLinear, image_shape: Shape, n_classes: int
) -> dict[str, Shape]:
    traced = trace(describe_layers(architecture, n_classes), image_shape)
    shapes = [weight.shape for each in traced for weight in each.weights]
    names = (*(_SCALER if architecture.scaled else ()), *METHODS[architecture.name].names)
    return dict(zip(names, shapes, strict=True))


def _measure(ask: Responder, key: str, split: Split) -> tuple[float, float]:
    """Return loss and accuracy of a model on a labelled split."""
    assert split.labels is not None
    answers = ask(split.images, name=f"{key} on {split.name}")
    if answers.probabilities is not None:
        return measure(answers.probabilities, split.labels)
    accuracy = float((answers.votes == split.labels).mean())
    return 1 - accuracy, accuracy


def _flatten(images: Images) -> Floats:
    """Return pixels in 0 … 1, float64 (examples, features), in memory of their own."""
    return images.reshape(len(images), -1) / 255.0


def _standardise(pixels: Floats, mean: Floats, scale: Floats) -> None:
    """Standardise pixels where they lie."""
    pixels -= mean
    pixels /= scale


def _fit_scaler(pixels: Floats) -> tuple[Floats, Floats]:
    """Return means and divisors; a pixel that never changes is divided by 1."""
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(pixels)
    return scaler.mean_, scaler.scale_


def _normalise(logs: Floats) -> Floats:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
