"""One picture of all images, as few files as browsers can hold."""

import base64
import io
import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Images

__all__ = ["Sprite", "draw_sprite"]

MOST_PIXELS = 4096
"""Longest side of a sheet. Browsers of telephones decode nothing larger."""


@dataclass(frozen=True, repr=False)
class Sprite:
    """All images, row by row on square sheets.

    Attributes
    ----------
    sheets : tuple of str
        PNG files, base64.
    height, width : int
        Of one image.
    n_columns, n_per_sheet : int
        Image i is in column i % n_columns of row (i % n_per_sheet) // n_columns on sheet
        i // n_per_sheet.
    """

    sheets: tuple[str, ...]
    height: int
    width: int
    n_columns: int
    n_per_sheet: int


def draw_sprite(images: Images, *, longest: int = MOST_PIXELS) -> Sprite:
    """Return images on sheets, lossless.

    Parameters
    ----------
    images : uint8 (examples, height, width) or (examples, height, width, 3)
        Grey, or red, green and blue; none larger than a sheet.
    longest : int
        Longest side of a sheet in pixels.

    Examples
    --------
    >>> sprite = draw_sprite(np.zeros((5, 4, 4), np.uint8), longest=8)
    >>> len(sprite.sheets), sprite.n_columns, sprite.n_per_sheet
    (2, 2, 4)
    """
    n_images, height, width = images.shape[:3]
    side = max(1, math.ceil(math.sqrt(n_images)))
    n_columns = min(side, longest // width)
    n_per_sheet = n_columns * min(math.ceil(n_images / n_columns) or 1, longest // height)
    sheets = tuple(
        _encode(_lay_out(images[start : start + n_per_sheet], n_columns))
        for start in range(0, n_images, n_per_sheet)
    )
    return Sprite(sheets, height, width, n_columns, n_per_sheet)


def _lay_out(images: Images, n_columns: int) -> Images:
    """Return one picture, (height, width) or (height, width, 3), of images row by row."""
    n_images, height, width, *colours = images.shape
    n_rows = math.ceil(n_images / n_columns)
    cells = np.zeros((n_rows * n_columns, height, width, *colours), np.uint8)
    cells[:n_images] = images
    rows = cells.reshape(n_rows, n_columns, height, width, *colours).swapaxes(1, 2)
    return rows.reshape(n_rows * height, n_columns * width, *colours)


def _encode(picture: Images) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")
