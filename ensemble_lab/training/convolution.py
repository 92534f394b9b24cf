"""A convolution as a product of matrices, which maps well over kernels."""

from typing import Any

import keras
from keras import ops

__all__ = ["Conv2D"]


class Conv2D(keras.layers.Conv2D):  # type: ignore[misc]
    """Keras's layer as what the kernel covers at each place, times the kernel.

    A convolution that is mapped over kernels becomes one in groups, whose gradients XLA is
    slow at: for eight nets of three convolutions on a CPU three times what the nets take
    one by one, and on GPUs too (jax#13800, open). Mapped matrices are a batched product, which
    takes about what the nets take one by one; the price is memory, less than twice as much.
    The class keeps its name, which the paths in weight files are made of.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution without bias: float (batch, height, width, filters)."""
        covered = _list_covered(inputs, kernel.shape[:2], self.strides, self.padding)
        rows = ops.concatenate(covered, axis=-1)
        # Batch, height and width as one axis: the kernel's gradient sums over all three, and
        # XLA would transpose the rows for that, a quarter of a step's time on a GPU.
        flat = ops.reshape(rows, (-1, rows.shape[-1]))
        outputs = ops.matmul(flat, ops.reshape(kernel, (-1, kernel.shape[-1])))
        return ops.reshape(outputs, (-1, *rows.shape[1:3], kernel.shape[-1]))


def _list_covered(
    inputs: Any, size: tuple[int, int], strides: tuple[int, int], padding: str
) -> list[Any]:
    """Return what each place of a kernel lies on, row by row: (batch, height, width, channels)."""
    down, across = strides
    if padding == "same":
        above = _pad(inputs.shape[1], size[0], down)
        beside = _pad(inputs.shape[2], size[1], across)
        inputs = ops.pad(inputs, ((0, 0), above, beside, (0, 0)))
    height = (inputs.shape[1] - size[0]) // down
    width = (inputs.shape[2] - size[1]) // across
    return [
        inputs[
            :,
            row : row + height * down + 1 : down,
            column : column + width * across + 1 : across,
        ]
        for row in range(size[0])
        for column in range(size[1])
    ]


def _pad(length: int, size: int, stride: int) -> tuple[int, int]:
    """Return how many zeros go before and after, so that ceil(length / stride) places are left."""
    n_zeros = max((-(-length // stride) - 1) * stride + size - length, 0)
    return n_zeros // 2, n_zeros - n_zeros // 2
