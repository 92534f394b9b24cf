"""Corruptions that move pixels: shift, rotation, shear. Black comes in from beyond the border.

Images are float64 (examples, height, width, channels) from 0 to 255; draws are uniform in
[0, 1), float64 (examples, draws). A draw below one half is one direction, else the other.
"""

import math

import numpy as np

from ensemble_lab.arrays import Floats
from ensemble_lab.data.corruptions.pixels import scale_length

__all__ = ["rotate", "shear", "shift"]


def shift(images: Floats, pixels: float, draws: Floats) -> Floats:
    """Return images moved along both axes by that many pixels of 28, a whole number of theirs.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    pixels : float
        Halves are rounded up, and an image of less than 28 pixels moves by one at least.
    draws : float64 (examples, 2)
        For down or up, and right or left.
    """
    distance = max(1, math.floor(scale_length(pixels, images) + 0.5))
    _, height, width, _ = images.shape
    margins = ((0, 0), (distance, distance), (distance, distance), (0, 0))
    padded = np.pad(images, margins)
    moved = np.empty_like(images)
    for down in (False, True):
        for right in (False, True):
            chosen = ((draws < 0.5) == (down, right)).all(axis=1)
            top, left = (0 if positive else 2 * distance for positive in (down, right))
            moved[chosen] = padded[chosen, top : top + height, left : left + width]
    return moved


def rotate(images: Floats, degrees: float, draws: Floats) -> Floats:
    """Return images turned about their centre, with or against the clock.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    degrees : float
    draws : float64 (examples, 1)
    """
    angle = math.radians(degrees)
    sines = math.sin(angle) * _signs(draws)
    cosines = np.full_like(sines, math.cos(angle))
    return _warp(images, np.stack([cosines, sines, -sines, cosines], axis=1))


def shear(images: Floats, slope: float, draws: Floats) -> Floats:
    """Return images whose rows are pushed aside in proportion to their height over the centre.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    slope : float
        Pixels aside for each pixel up.
    draws : float64 (examples, 1)
    """
    slopes = slope * _signs(draws)
    zeros, ones = np.zeros_like(slopes), np.ones_like(slopes)
    return _warp(images, np.stack([ones, zeros, slopes, ones], axis=1))


def _signs(draws: Floats) -> Floats:
    return np.where(draws[:, 0] < 0.5, 1.0, -1.0)


def _warp(images: Floats, matrices: Floats) -> Floats:
    """Return images read, bilinearly, where a matrix takes each pixel's place about the centre.

    Parameters
    ----------
    images : float64 (examples, height, width, channels)
    matrices : float64 (examples, 4)
        From row and column of the result to row and column of the image:
        (row by row, row by column, column by row, column by column).
    """
    from scipy.ndimage import map_coordinates

    n_examples, height, width, channels = images.shape
    centre = (height - 1) / 2, (width - 1) / 2
    row = np.arange(height)[:, np.newaxis] - centre[0]
    column = np.arange(width)[np.newaxis, :] - centre[1]
    by = matrices[..., np.newaxis, np.newaxis]
    rows = by[:, 0] * row + by[:, 1] * column + centre[0]
    columns = by[:, 2] * row + by[:, 3] * column + centre[1]
    # One tall picture with black round each image, to which all that lies further out is moved:
    # four neighbours a pixel in the place of eight.
    tops = (height + 2) * np.arange(n_examples)[:, np.newaxis, np.newaxis]
    places = np.stack([np.clip(rows, -1, height) + 1 + tops, np.clip(columns, -1, width) + 1])
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    tall = framed.reshape(n_examples * (height + 2), width + 2, channels)
    warped = np.empty_like(images)
    for channel in range(channels):
        warped[..., channel] = map_coordinates(tall[..., channel], places, order=1)
    return warped
