"""Classifiers without layers, by scikit-learn."""

from ensemble_lab.spec.architecture import NaiveBayes, SgdLinear
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import MEETUP
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import TrainingSpec

__all__ = ["PRESETS"]


def _build(
    name: str, summary: str, architecture: NaiveBayes | SgdLinear, figure: str, notes: str = ""
) -> Preset:
    return Preset(
        name=name,
        summary=summary,
        source=MEETUP,
        place="Traditional Machine Learning",
        architecture=architecture,
        training=TrainingSpec(),
        backend="scikit-learn",
        published=(
            Published(
                figure=figure,
                source=f"{MEETUP.title}, Traditional Machine Learning",
                how_chosen="said, no run shown",
            ),
        ),
        notes=notes,
    )


_NOT_BAYES = "The figure is said of both classifiers; naive Bayes is nowhere near it."

PRESETS = (
    _build(
        "naive-bayes",
        "Gaussian naive Bayes on pixels",
        NaiveBayes(name="naive_bayes"),
        "about 85 %",
        _NOT_BAYES,
    ),
    _build(
        "naive-bayes-scaled",
        "Gaussian naive Bayes on standardised pixels",
        NaiveBayes(name="naive_bayes", scaled=True),
        "about 90 %",
        _NOT_BAYES,
    ),
    _build(
        "sgd-linear",
        "linear support vector machine by stochastic gradient descent",
        SgdLinear(name="sgd_linear"),
        "about 85 %",
    ),
    _build(
        "sgd-linear-scaled",
        "the same on standardised pixels",
        SgdLinear(name="sgd_linear", scaled=True),
        "about 90 %",
    ),
)
