"""The canvas of a data spec: left out where there is none, and closed to mistakes."""

import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.data import CanvasSpec, Digits, Mnist, Npz, parse_data
from ensemble_lab.spec.experiment import ExperimentSpec, parse_experiment

DIGEST = "a573081558e354c1c52817ba529716f5ac355b5dae815269bb1d1da687bd5ad3"
"""Of MNIST as published, before there were canvases."""


def parse(canvas: str) -> ExperimentSpec:
    return parse_experiment(
        f"""
        name = "uncentred"
        data = {{ name = "mnist", canvas = {canvas} }}
        [[members]]
        group = "a"
        architecture = {{ name = "mlp" }}
        seeds = [0]
        """,
        source="vote.toml",
    )


def test_data_without_a_canvas_keep_their_json_and_digest():
    assert Mnist(name="mnist").to_json() == {"name": "mnist"}
    assert Mnist(name="mnist").digest == DIGEST
    assert Mnist(name="mnist", canvas=None).digest == DIGEST


def test_canvas_of_an_experiment_file():
    data = parse("{ size = 56, seed = 0 }").data
    assert data.canvas == CanvasSpec(size=56)
    assert data.to_json() == {"name": "mnist", "canvas": {"size": 56}}
    assert data.digest != DIGEST


@pytest.mark.parametrize(
    "data",
    [
        Digits(name="digits", canvas=CanvasSpec(size=28)),
        Mnist(name="mnist", canvas=CanvasSpec(size=56, seed=3, largest_offset=27)),
        Npz(name="npz", path="x.npz", canvas=CanvasSpec(size=64, seed=1)),
    ],
)
def test_canvas_comes_back_from_its_json(data):
    assert parse_data(data.to_json()) == data


@pytest.mark.parametrize(
    ("canvas", "facts"),
    [
        ("56", ["canvas must be a table", "got 56", "data.canvas"]),
        ("{}", ["size must be given", "data.canvas.size"]),
        ("{ size = 0 }", ["size must be at least 1", "got 0"]),
        ("{ size = 4097 }", ["size must be at most 4096", "got 4097"]),
        ("{ size = 56.0 }", ["size must be a whole number", "56.0"]),
        ("{ size = [56, 56] }", ["size must be a whole number", "[56, 56]"]),
        ("{ size = 56, seed = -1 }", ["seed must be at least 0", "got -1", "data.canvas.seed"]),
        ("{ size = 56, largest_offset = -1 }", ["largest_offset must be at least 0", "got -1"]),
        ("{ size = 56, sede = 1 }", ["sede is no key here", "'seed'?"]),
    ],
)
def test_mistake_in_a_canvas_is_answered_in_one_line(canvas, facts):
    with pytest.raises(SpecError) as caught:
        parse(canvas)
    message = str(caught.value)
    assert "\n" not in message
    for fact in [*facts, "vote.toml"]:
        assert fact in message
