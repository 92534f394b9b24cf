"""The classic methods, a row each: what scikit-learn fits, and how NumPy finds logits with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ensemble_lab.arrays import Array, Floats, Labels
from ensemble_lab.seeds import draw_state
from ensemble_lab.spec.architecture import NaiveBayes, SgdLinear

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True)
class Method:
    """A registry row.

    Attributes
    ----------
    names : tuple of str
        Of its arrays in the member's file, in the order of its layer's weights.
    fit : callable
        From a spec, pixels float64 (examples, features), labels, the number of classes and
        a root seed to those arrays; scikit-learn's work.
    find_logits : callable
        From pixels and those arrays to float64 (examples, classes); the largest is chosen,
        the smallest class among equals.
    log_weights : callable
        From a spec and logits to the logarithms of what is proportional to probabilities;
        None where they stand for none.
    """

    names: tuple[str, ...]
    fit: Callable[[Any, Floats, Labels, int, int], tuple[Array, ...]]
    find_logits: Callable[..., Floats]
    log_weights: Callable[[Any, Floats], Floats | None]


def _fit_naive_bayes(
    spec: NaiveBayes, pixels: Floats, labels: Labels, n_classes: int, _seed: int
) -> tuple[Array, ...]:
    from sklearn.naive_bayes import GaussianNB

    model = GaussianNB(priors=None, var_smoothing=spec.var_smoothing).fit(pixels, labels)
    theta = np.zeros((n_classes, pixels.shape[1]))
    var = np.ones((n_classes, pixels.shape[1]))
    prior = np.zeros(n_classes)
    rows = model.classes_
    theta[rows], var[rows], prior[rows] = model.theta_, model.var_, model.class_prior_
    return theta, var, prior


def _find_naive_bayes(pixels: Floats, theta: Floats, var: Floats, prior: Floats) -> Floats:
    """Return log(prior × density) of each class; minus infinity where the prior is zero."""
    with np.errstate(divide="ignore"):
        start = np.log(prior) - 0.5 * np.log(2 * np.pi * var).sum(axis=1)
    # A class at a time, and no matrix product: BLAS would sum as its threads fall.
    distances = [((pixels - t) ** 2 / v).sum(axis=1) for t, v in zip(theta, var, strict=True)]
    return np.asarray(start - 0.5 * np.stack(distances, axis=1))


def _fit_sgd_linear(
    spec: SgdLinear, pixels: Floats, labels: Labels, n_classes: int, seed: int
) -> tuple[Array, ...]:
    from sklearn.linear_model import SGDClassifier

    # All written out: scikit-learn's defaults have changed since, and may again.
    model = SGDClassifier(
        loss=spec.loss,
        penalty=spec.penalty,
        alpha=spec.alpha,
        l1_ratio=spec.l1_ratio,
        max_iter=spec.max_iter,
        tol=spec.tol,
        n_iter_no_change=spec.n_iter_no_change,
        learning_rate=spec.learning_rate,
        eta0=spec.eta0,
        power_t=spec.power_t,
        average=spec.average,
        fit_intercept=True,
        shuffle=True,
        early_stopping=False,
        class_weight=None,
        n_jobs=None,
        random_state=int(draw_state(seed, "order", 1)[0]),
    ).fit(pixels, labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:
        # Of two classes scikit-learn stores the second one's row alone.
        coefficients = np.concatenate([-coefficients, coefficients])
        intercepts = np.concatenate([-intercepts, intercepts])
    coef = np.zeros((n_classes, pixels.shape[1]))
    intercept = np.full(n_classes, -np.inf)
    coef[model.classes_], intercept[model.classes_] = coefficients, intercepts
    return coef, intercept


def _find_linear(pixels: Floats, coef: Floats, intercept: Floats) -> Floats:
    # Not `@`, for BLAS's threads.
    return np.asarray(np.einsum("ef,cf->ec", pixels, coef) + intercept)


def _log_of_linear(spec: SgdLinear, logits: Floats) -> Floats | None:
    """Return log(sigmoid(score)) of a logistic model, whose classes are fitted apart."""
    return -np.logaddexp(0.0, -logits) if spec.loss == "log_loss" else None


METHODS: dict[str, Method] = {
    "naive_bayes": Method(
        ("theta", "var", "class_prior"),
        _fit_naive_bayes,
        _find_naive_bayes,
        lambda _spec, logits: logits,
    ),
    "sgd_linear": Method(("coef", "intercept"), _fit_sgd_linear, _find_linear, _log_of_linear),
}
"""A row for each classic `name` of `ensemble_lab.spec.architecture`."""
