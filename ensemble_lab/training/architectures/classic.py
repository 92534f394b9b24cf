"""Classic models as layers: what scikit-learn fits, as arrays with shapes, sizes and digests."""

from dataclasses import dataclass

from ensemble_lab.spec.architecture import NaiveBayes, SgdLinear
from ensemble_lab.training.architectures.layers import Flatten, Layer, Shape, Weight

__all__ = [
    "GaussianClasses",
    "LinearClasses",
    "ScaledPixels",
    "describe_naive_bayes",
    "describe_sgd_linear",
]


def describe_naive_bayes(spec: NaiveBayes, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 15,690 values for 28×28×1 images and 10 classes, none by gradients."""
    return (Flatten(), *_scale(spec.scaled), GaussianClasses(n_classes))


def describe_sgd_linear(spec: SgdLinear, n_classes: int) -> tuple[Layer, ...]:
    """Return the layers: 7,850 values for 28×28×1 images and 10 classes, without scaling.

    With two classes both have their row, of which scikit-learn stores one.
    """
    return (Flatten(), *_scale(spec.scaled), LinearClasses(n_classes, spec.loss))


def _scale(is_scaled: bool) -> tuple[Layer, ...]:
    return (ScaledPixels(),) if is_scaled else ()


@dataclass(frozen=True)
class ScaledPixels(Layer):
    """Every value less its mean, divided by its standard deviation, both of the training images."""

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return means and divisors (features,)."""
        return Weight(shape, "zeros", is_trainable=False), Weight(shape, "ones", is_trainable=False)

    def macs(self, shape: Shape) -> int:
        """Return one multiply-add a value."""
        return shape[-1]


@dataclass(frozen=True)
class GaussianClasses(Layer):
    """Log of prior times density of each class, its features normal and independent."""

    classes: int

    def output_shape(self, shape: Shape) -> Shape:
        """Return (classes,)."""
        return (self.classes,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return means and variances (classes, features), and priors (classes,)."""
        each = (self.classes, shape[-1])
        return (
            Weight(each, "zeros", is_trainable=False),
            Weight(each, "ones", is_trainable=False),
            Weight((self.classes,), "zeros", is_trainable=False),
        )

    def macs(self, shape: Shape) -> int:
        """Return two a feature and class: the square, and its share of the sum."""
        return 2 * self.classes * shape[-1]


@dataclass(frozen=True)
class LinearClasses(Layer):
    """A weighted sum of the features for each class; `loss` says what it stands for."""

    classes: int
    loss: str = "hinge"

    def output_shape(self, shape: Shape) -> Shape:
        """Return (classes,)."""
        return (self.classes,)

    def weights(self, shape: Shape) -> tuple[Weight, ...]:
        """Return coefficients (classes, features) and intercepts (classes,)."""
        return Weight((self.classes, shape[-1]), "zeros"), Weight((self.classes,), "zeros")

    def macs(self, shape: Shape) -> int:
        """Return features × classes."""
        return self.classes * shape[-1]
