"""Contents of results.json files, as a command would write them."""

from typing import Any

__all__ = ["group", "results"]


def group(name: str = "small", preset: str | None = None, **rest: Any) -> dict[str, Any]:
    """Return the row of a group, but for what `rest` says."""
    return {
        "group": name,
        "preset": preset,
        "architecture": "mlp",
        "parameters": 130890,
        "trainable": 130890,
        "macs": 2831744,
        "epochs": 10,
        "n_members": 3,
        "seeds": [0, 1, 2],
        "tflop": 9.17485,
        "minutes": 1.3,
        "validation_errors": None,
        "test_errors": {"mean": 76.66667, "sd": 5.50757, "low": 61.36, "high": 95.75},
    } | rest


def results(*groups: dict[str, Any], **rest: Any) -> dict[str, Any]:
    """Return the results of an experiment, but for what `rest` says."""
    return {
        "experiment": "toy",
        "minutes": 25.4,
        "tflop": 307.9,
        "data": {"name": "mnist", "image_shape": [28, 28, 1]},
        "splits": {
            "train": {"n_examples": 54000, "role": "none"},
            "validation": {"n_examples": 6000, "role": "choose"},
            "test": {"n_examples": 10000, "role": "report"},
        },
        "hardware": {"cpu": "a cpu", "cores": 2, "device": "CPU", "backend": "jax"},
        "groups": list(groups),
        "votes": [
            {
                "decision": "majority, ties by mean-probability",
                "errors": 53,
                "interval": {"low": 40.545, "high": 69.254},
                "n_ties": 24,
            }
        ],
        "chosen_on": "validation",
        "published": [],
    } | rest
