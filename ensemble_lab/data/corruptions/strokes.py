"""Corruptions by a pixel's neighbours: blur, thicker and thinner strokes.

Images are float64 (examples, height, width, channels) from 0 to 255, bright strokes on dark
ground. Nothing here is random: draws are float64 (examples, 0).
"""

import math

import numpy as np

from ensemble_lab.arrays import Floats
from ensemble_lab.data.corruptions.pixels import scale_length

__all__ = ["blur", "thicken", "thin"]


def blur(images: Floats, sigma: float, draws: Floats) -> Floats:
    """Return images convolved with a Gaussian (cut at 4 sigma), black beyond the border.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    sigma : float
        Standard deviation in pixels of 28.
    draws : float64 (examples, 0)
    """
    from scipy.ndimage import gaussian_filter

    sigmas = (0, scale_length(sigma, images), scale_length(sigma, images), 0)
    return np.asarray(gaussian_filter(images, sigmas, mode="constant"))


def thicken(images: Floats, radius: float, draws: Floats) -> Floats:
    """Return images in which bright strokes are `radius` wider on each side.

    Each pixel becomes the largest of its neighbours less what `_disc` takes off for their
    distance; beyond the border nothing is bright.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    radius : float
        In pixels of 28.
    draws : float64 (examples, 0)
    """
    from scipy.ndimage import grey_dilation

    footprint, structure = _disc(scale_length(radius, images))
    return np.asarray(
        grey_dilation(images, footprint=footprint, structure=structure, mode="constant", cval=0)
    )


def thin(images: Floats, radius: float, draws: Floats) -> Floats:
    """Return images in which dark ground is `radius` wider: `thicken` of the negative.

    Beyond the border nothing is dark.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    radius : float
        In pixels of 28.
    draws : float64 (examples, 0)
    """
    return 255 - thicken(255 - images, radius, draws)


def _disc(radius: float) -> tuple[np.ndarray, Floats]:
    """Return the neighbours that count, and what is added to each, at most 0.

    A pixel's own value counts whole, and so do those up to `radius` away; from there to one
    pixel further 255 are taken off step by step, so that a disc grows smoothly with its radius.

    Returns
    -------
    footprint : bool (1, side, side, 1)
    structure : float64 (1, side, side, 1)

    Examples
    --------
    >>> footprint, structure = _disc(0.5)
    >>> structure[0, :, :, 0].round(1)[1].tolist()
    [-127.5, 0.0, -127.5]
    """
    reach = math.floor(radius + 1)
    across = np.arange(-reach, reach + 1)
    distance = np.hypot(across[:, np.newaxis], across)
    structure = -255 * np.clip(distance - radius, 0, 1)
    structure[reach, reach] = 0
    footprint = structure > -255
    return footprint[np.newaxis, ..., np.newaxis], structure[np.newaxis, ..., np.newaxis]
