"""Elastic distortion: noise drawn by NumPy, smoothed and looked up in graph.

Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks Applied to
Visual Document Analysis" (ICDAR 2003), section 2. Displacements are (x, y) = (right, down)
in pixels: how far from its own place a pixel looks.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Floats
from ensemble_lab.seeds import draw_generator
from ensemble_lab.spec.augmentation import Elastic
from ensemble_lab.training.architectures.layers import Shape

__all__ = ["draw_fields", "draw_noise", "gaussian_matrix", "resample", "smooth", "warp_elastically"]

_LEVELS = 128
"""Noise k of −128 … 127 stands for (k + ½) / 128, the middle of one of 256 parts of ± 1."""


def draw_noise(
    image_shape: Shape,
    batch_sizes: tuple[int, ...],
    seed: int,
    epoch: int,
    *,
    first_step: int = 0,
) -> npt.NDArray[np.int8]:
    """Return two fields of noise an image for some steps of an epoch.

    Parameters
    ----------
    image_shape : tuple of int
        (height, width, channels); the channels move together.
    batch_sizes : tuple of int
        Images of each step.
    seed, epoch : int
    first_step : int
        Number of the first of the steps. Step i draws from the stream ``elastic`` at
        (epoch, i), whatever else is drawn.

    Returns
    -------
    int8 (images, 2, height, width)
        Uniform over all 256 values, each the middle of one part of ± 1 (see `smooth`): a
        byte where float32 takes four, and the moments of uniform noise to 1 in 65,536.
    """
    noise = np.empty((sum(batch_sizes), 2, *image_shape[:2]), np.int8)
    start = 0
    for step, size in enumerate(batch_sizes):
        generator = draw_generator(seed, "elastic", epoch=epoch, step=first_step + step)
        noise[start : start + size] = draw_fields(generator, size, image_shape)
        start += size
    return noise


def draw_fields(
    generator: np.random.Generator, n_images: int, image_shape: Shape
) -> npt.NDArray[np.int8]:
    """Return two fields of noise an image, as `draw_noise` does, from one generator."""
    return generator.integers(-_LEVELS, _LEVELS, (n_images, 2, *image_shape[:2]), np.int8)


def warp_elastically(images: Any, transforms: Any, noise: Any, spec: Elastic) -> Any:
    """Return images of the running backend, each distorted after its affine transform.

    Both are done by one interpolation: the pixel at p shows the image at
    affine(p + displacement).

    Parameters
    ----------
    images : float32 (images, height, width, channels)
    transforms : float32 (images, 8) or None
        As `draw_transforms` returns them; None where nothing comes before.
    noise : int8 (images, 2, height, width)
    spec : Elastic
    """
    import keras

    height, width = images.shape[1:3]
    displacements = smooth(noise, spec.alpha, spec.sigma)
    x = keras.ops.arange(width, dtype="float32") + displacements[:, 0]
    y = keras.ops.arange(height, dtype="float32")[:, None] + displacements[:, 1]
    if transforms is not None:
        rows = transforms[:, :6, None, None]
        x, y = (
            rows[:, 0] * x + rows[:, 1] * y + rows[:, 2],
            rows[:, 3] * x + rows[:, 4] * y + rows[:, 5],
        )
    return resample(images, x, y, spec.fill)


def smooth(noise: Any, alpha: float, sigma: float) -> Any:
    """Return displacements of the running backend: float32 (images, 2, height, width).

    `alpha` times the noise in ± 1, smoothed by a Gaussian along each axis; beyond the
    border there is no noise.

    Parameters
    ----------
    noise : int8 (images, 2, height, width)
    alpha, sigma : float
        Pixels.
    """
    import keras

    height, width = noise.shape[2:]
    down = (gaussian_matrix(height, sigma) * (alpha / _LEVELS)).astype(np.float32)
    across = gaussian_matrix(width, sigma).T.astype(np.float32)
    fields = keras.ops.cast(noise, "float32") + 0.5
    return keras.ops.matmul(down, keras.ops.matmul(fields, across))


def gaussian_matrix(size: int, sigma: float) -> Floats:
    """Return float64 (size, size): what a Gaussian filter of `sigma` pixels takes from where.

    Output i is the sum of weight [i, j] times input j. The weights stop at 4 `sigma` and
    add up to 1 but where the border cuts them: scipy.ndimage's filter with mode "constant".

    Examples
    --------
    >>> gaussian_matrix(3, 0.1).tolist() == np.eye(3).tolist()
    True
    """
    radius = int(4 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    distance = np.abs(np.arange(size)[:, None] - np.arange(size))
    values = np.exp(-0.5 * (distance / sigma) ** 2) / weights.sum()
    return np.where(distance <= radius, values, 0.0)


def resample(images: Any, x: Any, y: Any, fill: str) -> Any:
    """Return images of the running backend, looked up at (x, y) with bilinear weights.

    Parameters
    ----------
    images : float32 (images, height, width, channels)
    x, y : float32 (images, height, width)
        Where each pixel looks.
    fill : {"nearest", "constant"}
        Beyond the border lies the nearest pixel, or zeros, which weigh like pixels.
    """
    from keras import ops

    height, width, channels = images.shape[1:]
    n_images = ops.shape(images)[0]
    edge = "symmetric" if fill == "nearest" else "constant"
    padded = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode=edge)
    # One look-up of four neighbours side by side, not four look-ups.
    above, below = padded[:, :-1], padded[:, 1:]
    squares = ops.concatenate(
        [above[:, :, :-1], above[:, :, 1:], below[:, :, :-1], below[:, :, 1:]], axis=-1
    )
    x, y = ops.clip(x, -1.0, float(width)), ops.clip(y, -1.0, float(height))
    left, top = ops.minimum(ops.floor(x), width - 1.0), ops.minimum(ops.floor(y), height - 1.0)
    place = ops.cast(top + 1.0, "int32") * (width + 1) + ops.cast(left + 1.0, "int32")
    place += (ops.arange(n_images, dtype="int32") * ((height + 1) * (width + 1)))[:, None, None]
    found = ops.take(ops.reshape(squares, (-1, 4 * channels)), place, axis=0)
    right, lower = (x - left)[..., None], (y - top)[..., None]
    corners = [found[..., each * channels : (each + 1) * channels] for each in range(4)]
    upper_row = (1.0 - right) * corners[0] + right * corners[1]
    lower_row = (1.0 - right) * corners[2] + right * corners[3]
    return (1.0 - lower) * upper_row + lower * lower_row
