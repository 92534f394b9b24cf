"""Corruptions of single pixels: noise, contrast, occlusion.

Images are float64 (examples, height, width, channels) from 0 to 255; what is returned may lie
outside. Draws are uniform in [0, 1), float64 (examples, draws).
"""

import numpy as np

from ensemble_lab.arrays import Floats

__all__ = ["add_noise", "lower_contrast", "occlude", "scale_length"]

_REFERENCE_SIDE = 28


def scale_length(length: float, images: Floats) -> float:
    """Return a length given for images of 28 pixels, in pixels of these, by their shorter side.

    Examples
    --------
    >>> scale_length(1.5, np.zeros((1, 56, 84, 1)))
    3.0
    """
    return length * float(min(images.shape[1:3])) / _REFERENCE_SIDE


def add_noise(images: Floats, deviation: float, draws: Floats) -> Floats:
    """Return images with Gaussian noise: one draw a pixel and channel, turned into a normal.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    deviation : float
        Standard deviation, in units of 255.
    draws : float64 (examples, height × width × channels)
    """
    from scipy.special import ndtri

    # Half a step of 2**-53, so that no draw is at minus infinity.
    normal = ndtri(draws + 2.0**-54).reshape(images.shape)
    return np.asarray(images + 255 * deviation * normal)


def lower_contrast(images: Floats, share: float, draws: Floats) -> Floats:
    """Return images with each channel's distance from its mean times `share`.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    share : float
    draws : float64 (examples, 0)
    """
    # Sums of whole numbers are exact in any order.
    mean = images.sum(axis=(1, 2), keepdims=True) / (images.shape[1] * images.shape[2])
    return np.asarray(mean + share * (images - mean))


def occlude(images: Floats, side: float, draws: Floats) -> Floats:
    """Return images with a square of zeros: the pixels whose middle lies in it.

    Its centre is uniform in the middle half of height and width.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    side : float
        In pixels of 28.
    draws : float64 (examples, 2)
        For down and right.
    """
    half = scale_length(side, images) / 2
    inside = []
    for axis, draw in zip((1, 2), draws.T, strict=True):
        length = images.shape[axis]
        centres = length * (0.25 + 0.5 * draw)
        middles = np.arange(length) + 0.5
        inside.append(np.abs(middles - centres[:, np.newaxis]) < half)
    is_covered = inside[0][:, :, np.newaxis] & inside[1][:, np.newaxis, :]
    return np.where(is_covered[..., np.newaxis], 0.0, images)
