"""The straightforward Keras script that `training.py` compares with: one model after another.

Keras and NumPy alone, as its guides write it: augmentation layers at the head of the model,
`model.fit` on arrays, all threads, Keras's defaults. Run as

    python benchmarks/keras_script.py DATA.npz NET EPOCHS BATCH_SIZE SEED [SEED ...]

Prints one JSON object: parameters, images seen, and of each model the accuracy while it learnt in
its last epoch and the seconds of its epochs.
"""

import json
import sys
import time

import keras
import numpy as np
from keras import layers


def convolve(filters: int, size: int) -> list[keras.Layer]:
    """Return a convolution of the light net, normalised and rectified."""
    return [
        layers.Conv2D(filters, size, use_bias=False),
        layers.BatchNormalization(momentum=0.9),
        layers.Activation("relu"),
    ]


def elu(filters: int, size: int) -> keras.Layer:
    """Return a convolution of the BN-elu net."""
    return layers.Conv2D(filters, size, activation="elu", padding="same")


NETS = {
    "cnn3": lambda: [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
    ],
    "light": lambda: [
        *convolve(16, 5),
        layers.MaxPooling2D(),
        *convolve(48, 3),
        *convolve(64, 3),
        layers.MaxPooling2D(),
        *convolve(96, 3),
        layers.Flatten(),
        layers.Dropout(0.2),
    ],
    "bn_elu": lambda: [
        elu(64, 7),
        layers.MaxPooling2D(),
        layers.BatchNormalization(),
        elu(128, 5),
        elu(128, 3),
        layers.MaxPooling2D(),
        layers.BatchNormalization(),
        elu(256, 3),
        layers.MaxPooling2D(),
        layers.BatchNormalization(),
        layers.Flatten(),
        layers.Dense(256, activation="elu"),
    ],
}


class Clock(keras.callbacks.Callback):
    """Notes what epochs take, validation included."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the clock."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop it."""
        self.seconds.append(time.perf_counter() - self._began)


def main() -> None:
    """Train one model a seed, and test it."""
    data, net, epochs, batch_size, *seeds = sys.argv[1:]
    with np.load(data) as arrays:
        images, labels = arrays["x_train"][..., None], arrays["y_train"]
        test_images = arrays["x_test"][..., None]
    n_train = len(images) - len(images) // 10
    said = {"parameters": 0, "images": 0, "accuracies": [], "epoch_seconds": []}
    for seed in map(int, seeds):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                keras.Input(images.shape[1:]),
                layers.Rescaling(1 / 255),
                layers.RandomRotation(10 / 360, fill_mode="nearest"),
                layers.RandomZoom(0.1, 0.1, fill_mode="nearest"),
                layers.RandomTranslation(0.1, 0.1, fill_mode="nearest"),
                *NETS[net](),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        clock = Clock()
        history = model.fit(
            images[:n_train],
            labels[:n_train],
            batch_size=int(batch_size),
            epochs=int(epochs),
            validation_data=(images[n_train:], labels[n_train:]),
            callbacks=[clock],
            verbose=0,
        )
        model.predict(test_images, verbose=0)
        said["parameters"] = sum(
            int(np.prod(each.shape)) for each in model.weights if each.dtype == "float32"
        )
        said["images"] += n_train * len(history.history["loss"])
        said["accuracies"].append(history.history["accuracy"][-1])
        said["epoch_seconds"].append(clock.seconds)
        model.save_weights(f"{data}.{net}-{seed}.weights.h5")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
