"""Outputs of a Keras model that somebody else's loop trained."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Array, Images
from ensemble_lab.exceptions import TrainingError
from ensemble_lab.training.infer import infer

__all__ = ["infer_guest"]


def infer_guest(model: Any, images: Images, *, name: str) -> npt.NDArray[np.float32]:
    """Return what a Keras model says of images: float32 (examples, outputs), a batch at a time.

    Parameters
    ----------
    model : keras.Model
        Called as ``model(batch, training=False)`` with float32 (batch, height, width, channels)
        from 0 to 1: pixels divided by 255, as the package feeds its own nets.
    images : uint8 (examples, height, width, channels)
    name : str
        What to call it in messages.

    Raises
    ------
    TrainingError
        The model does not take such images, or says something else than one row an image.
    """
    import keras

    def predict(batch: Images) -> npt.NDArray[np.float32]:
        pixels = batch.astype(np.float32) / np.float32(255)
        try:
            outputs: Array = keras.ops.convert_to_numpy(model(pixels, training=False))
        except Exception as error:  # whatever the model's layers and backend raise
            shape = "×".join(map(str, pixels.shape[1:]))
            told = " ".join(str(error).split())[:200] or type(error).__name__
            raise TrainingError(
                f"model {name} must take float32 images of {shape} from 0 to 1; got {told}. Put "
                "what it needs (a reshape, a scaling) in a layer before it."
            ) from error
        if outputs.ndim != 2 or len(outputs) != len(batch):
            raise TrainingError(
                f"model {name} must give one row of classes for each image; got shape "
                f"{outputs.shape} for {len(batch)} images."
            )
        return outputs.astype(np.float32)

    return infer(predict, images, name=name)
