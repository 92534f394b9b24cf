"""Generated images on which corruptions show."""

import numpy as np


def draw_strokes(n_images: int, side: int = 28, *, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Uint8 (images, side, side, channels): a bar upright, one lying, on black; with grey edges."""
    rng = np.random.default_rng(seed)
    images = np.zeros((n_images, side, side, channels), np.uint8)
    third = side // 3
    for image, (top, left) in zip(
        images, rng.integers(third, 2 * third, (n_images, 2)), strict=True
    ):
        image[third:-third, left : left + 3] = [[120], [255], [120]]
        image[top : top + 3, third:-third] = np.array([120, 255, 120])[:, None, None]
    return images


def difference(before: np.ndarray, after: np.ndarray) -> float:
    return float(np.abs(after.astype(int) - before.astype(int)).mean())
