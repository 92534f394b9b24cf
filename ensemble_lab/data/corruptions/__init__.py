"""Corruptions: what may befall an image, at strengths from 1 to 5, always in the same way.

One registry row a corruption. What is random of it is drawn for each example by itself, from
the seed, the corruption, the published split and the index there: not from the strength, so
that a stronger one does more of the same, and not from what else is asked for beside it.

Whatever a corruption computes is rounded to whole grey values, halves up; a millionth below a
half counts as one, so that the last bit of a machine's sums decides nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Array, Floats, Images, Index, check_axes
from ensemble_lab.data.corruptions.pixels import add_noise, lower_contrast, occlude
from ensemble_lab.data.corruptions.strokes import blur, thicken, thin
from ensemble_lab.data.corruptions.warps import rotate, shear, shift
from ensemble_lab.data.transforms import SPLIT_NUMBERS
from ensemble_lab.exceptions import DataError
from ensemble_lab.seeds import draw_generator, draw_uniform
from ensemble_lab.spec.data import Corruption
from ensemble_lab.spelling import closest, parse_whole

__all__ = [
    "CORRUPTIONS",
    "STRENGTHS",
    "CorruptionRow",
    "check_strength",
    "corrupt_images",
    "find_corruption",
    "parse_corruption",
]

STRENGTHS = (1, 2, 3, 4, 5)

_BLOCK_BYTES = 2**23
"""Of one float64 array of a block; larger ones leave the cache and are slower."""

_HENDRYCKS = "Hendrycks and Dietterich, ICLR 2019, arXiv:1903.12261"
_MU = "Mu and Gilmer, MNIST-C, 2019, arXiv:1906.02337"
_CASTRO = "Castro et al., Morpho-MNIST, JMLR 20(178), 2019"


@dataclass(frozen=True)
class CorruptionRow:
    """One kind of corruption.

    Attributes
    ----------
    number : int
        Of its random numbers; never changed or used again, as stored splits depend on it.
    parameters : tuple of float
        The value at each strength, 1 to 5. Lengths are in pixels of an image whose shorter
        side is 28, and grow with it.
    unit : str
        What the parameters are.
    description : str
        What is done to an image, and what of it is random.
    source : str
        Whose idea it is, and whose parameters.
    apply : function (float64 images, parameter, uniform numbers (examples, draws)) -> float64
    count_draws : function (image shape) -> int
        Uniform numbers that each example needs; 0 where nothing is random.
    """

    number: int
    parameters: tuple[float, float, float, float, float]
    unit: str
    description: str
    source: str
    apply: Callable[[Floats, float, Floats], Floats]
    count_draws: Callable[[tuple[int, ...]], int] = lambda shape: 0

    @property
    def is_random(self) -> bool:
        """Whether anything of it is drawn for each example."""
        return self.count_draws((1, 1, 1)) > 0


CORRUPTIONS = {
    "noise": CorruptionRow(
        0,
        (0.08, 0.12, 0.18, 0.26, 0.38),
        "standard deviation, white being 1",
        "Gaussian noise on every pixel and channel, cut off at black and white",
        f"{_HENDRYCKS}, with the values of their ImageNet-C",
        add_noise,
        lambda shape: int(np.prod(shape)),
    ),
    "blur": CorruptionRow(
        1,
        (0.6, 0.9, 1.2, 1.5, 1.8),
        "standard deviation in pixels of 28",
        "Gaussian blur, black beyond the border; nothing random",
        f"{_HENDRYCKS}; values ours",
        blur,
    ),
    "contrast": CorruptionRow(
        2,
        (0.75, 0.5, 0.4, 0.3, 0.15),
        "share of the contrast that is left",
        "every channel drawn towards its mean over the image; nothing random",
        f"{_HENDRYCKS}, with the values of their CIFAR-10-C",
        lower_contrast,
    ),
    "occlusion": CorruptionRow(
        3,
        (3.0, 4.0, 5.0, 6.0, 7.0),
        "side in pixels of 28",
        "a black square, its centre at random in the middle half of height and width",
        "after cutout, DeVries and Taylor, 2017, arXiv:1708.04552; place and values ours",
        occlude,
        lambda shape: 2,
    ),
    "thick": CorruptionRow(
        4,
        (0.4, 0.7, 1.0, 1.3, 1.6),
        "radius in pixels of 28",
        "strokes thickened, by a dilation with a disc of soft edge; nothing random",
        f"after {_CASTRO}, who dilate in proportion to the stroke; disc and values ours",
        thicken,
    ),
    "thin": CorruptionRow(
        5,
        (0.2, 0.35, 0.5, 0.65, 0.8),
        "radius in pixels of 28",
        "strokes thinned, by an erosion with a disc of soft edge; nothing random",
        f"after {_CASTRO}, who erode in proportion to the stroke; disc and values ours",
        thin,
    ),
    "shift": CorruptionRow(
        6,
        (1.0, 2.0, 3.0, 4.0, 5.0),
        "pixels of 28, down or up and right or left",
        "moved along both axes by whole pixels, directions at random, black coming in",
        f"{_MU}, with their values",
        shift,
        lambda shape: 2,
    ),
    "rotation": CorruptionRow(
        7,
        (8.0, 16.0, 24.0, 32.0, 40.0),
        "degrees",
        "turned about the centre, direction at random, black coming in",
        f"{_MU}; values ours",
        rotate,
        lambda shape: 1,
    ),
    "shear": CorruptionRow(
        8,
        (0.15, 0.3, 0.45, 0.6, 0.75),
        "pixels to the side for each pixel up",
        "rows pushed aside, slanting to the left or right at random, black coming in",
        f"{_MU}; values ours",
        shear,
        lambda shape: 1,
    ),
}
"""Names, as `ensemble_lab.spec.data.Corruption` takes them, and what each does."""


def find_corruption(name: str) -> CorruptionRow:
    """Return the row of that name.

    Raises
    ------
    DataError
        There is none; names all and the closest.
    """
    if name not in CORRUPTIONS:
        raise DataError(
            f"corruption must be one of {', '.join(CORRUPTIONS)}; got {name[:100]!r}"
            + closest(name[:100], CORRUPTIONS)
        )
    return CORRUPTIONS[name]


def check_strength(strength: int) -> None:
    """Refuse a strength that is not 1 to 5."""
    if strength not in STRENGTHS:
        raise DataError(f"strength of a corruption must be 1 to 5; got {strength!r}.")


def parse_corruption(text: str) -> Corruption:
    """Return the corruption that ``NAME:STRENGTH`` or ``NAME:STRENGTH:SEED`` says.

    Raises
    ------
    DataError
        No such corruption or strength, or a seed that is none.

    Examples
    --------
    >>> parse_corruption("blur:3")
    Corruption(name='blur', strength=3, seed=0)
    """
    name, *numbers = text.split(":")
    find_corruption(name)
    if not 1 <= len(numbers) <= 2:
        raise DataError(
            f"a corruption must be NAME:STRENGTH, and may be NAME:STRENGTH:SEED; got {text!r}. "
            f"Write {name}:3, say."
        )
    strength, seed = (
        parse_whole(number, name=what, error=DataError)
        for number, what in zip((*numbers, "0")[:2], ("strength", "seed"), strict=True)
    )
    check_strength(strength)
    _check_seed(seed)
    return Corruption(name=name, strength=strength, seed=seed)  # type: ignore[arg-type]


def corrupt_images(
    images: Images,
    name: str,
    strength: int,
    *,
    index: Index | None = None,
    split: str = "test",
    seed: int = 0,
) -> Images:
    """Return the images, each corrupted.

    Parameters
    ----------
    images : uint8 (examples, height, width, channels)
        All channels of an image are treated alike, but for noise, which each has of its own.
    name : str
        A row of `CORRUPTIONS`.
    strength : int
        1 to 5.
    index : int64 (examples,), optional
        Positions in the split as published; 0, 1, 2 … unless given.
    split : {"train", "test"}
        The published split, before validation is cut.
    seed : int
        Decides what is random.

    Returns
    -------
    uint8 (examples, height, width, channels)

    Raises
    ------
    DataError
        No such corruption, strength or split, images of another type or shape, or an
        index for other examples.

    Examples
    --------
    >>> image = np.array([[[[0], [100]]]], np.uint8)  # its mean is 50
    >>> corrupt_images(image, "contrast", 2)[0, 0, :, 0].tolist()
    [25, 75]
    """
    row = find_corruption(name)
    check_strength(strength)
    _check_seed(seed)
    _check_images(images)
    if index is None:
        index = np.arange(len(images))
    check_axes(index, "examples", name="index", error=DataError, examples=len(images))
    if split not in SPLIT_NUMBERS:
        raise DataError(
            f"split must be one of {', '.join(SPLIT_NUMBERS)}; got {split!r}"
            + closest(split, SPLIT_NUMBERS)
        )
    keys = _draw_keys(row, seed, split, images.shape[1:])
    corrupted = np.empty_like(images)
    size = max(1, _BLOCK_BYTES // (8 * max(1, images[:1].size)))
    for start in range(0, len(images), size):
        block = slice(start, start + size)
        draws = _draw(keys, index[block])
        values = row.apply(images[block].astype(np.float64), row.parameters[strength - 1], draws)
        corrupted[block] = _round(values)
    return corrupted


def _check_seed(seed: int) -> None:
    if not 0 <= seed < 2**63:
        raise DataError(f"seed of a corruption must be from 0 to 2**63 - 1; got {seed}.")


def _check_images(images: Array) -> None:
    check_axes(images, "examples height width channels", name="images", error=DataError)
    if images.dtype != np.uint8 or 0 in images.shape[1:]:
        raise DataError(
            "images must be uint8 with no empty height, width or channels; got "
            f"{images.dtype} of shape {images.shape}."
        )


def _draw_keys(row: CorruptionRow, seed: int, split: str, shape: tuple[int, ...]) -> list[int]:
    """Return a key for each number that an example needs.

    Raw words, whose sequence NumPy promises (NEP 19).
    """
    generator = draw_generator(seed, "corruption", epoch=row.number, step=SPLIT_NUMBERS[split])
    words = generator.bit_generator.random_raw(row.count_draws(shape))
    return [int(word) for word in words]


def _draw(keys: list[int], index: Index) -> Floats:
    """Return uniform numbers, float64 (examples, keys)."""
    drawn = np.empty((len(keys), len(index)))
    for place, key in enumerate(keys):
        drawn[place] = draw_uniform(key, index)
    return np.ascontiguousarray(drawn.T)


def _round(values: Floats) -> Images:
    """Return whole grey values: halves up, and what is a millionth below a half."""
    return np.floor(np.clip(values, 0, 255) + (0.5 + 1e-6)).astype(np.uint8)
