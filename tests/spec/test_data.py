"""Canvas and transforms of a data spec: left out where there are none, closed to mistakes."""

import pytest

from ensemble_lab.exceptions import SpecError
from ensemble_lab.spec.data import CanvasSpec, Corruption, Digits, Mnist, Npz, parse_data
from ensemble_lab.spec.experiment import ExperimentSpec, parse_experiment

DIGEST = "a573081558e354c1c52817ba529716f5ac355b5dae815269bb1d1da687bd5ad3"
"""Of MNIST as published, before there were canvases and transforms."""


def parse(value: str, key: str = "canvas") -> ExperimentSpec:
    return parse_experiment(
        f"""
        name = "uncentred"
        data = {{ name = "mnist", {key} = {value} }}
        [[members]]
        group = "a"
        architecture = {{ name = "mlp" }}
        seeds = [0]
        """,
        source="vote.toml",
    )


def test_data_without_canvas_and_transforms_keep_their_json_and_digest():
    assert Mnist(name="mnist").to_json() == {"name": "mnist"}
    assert Mnist(name="mnist").digest == DIGEST
    assert Mnist(name="mnist", canvas=None, transforms=()).digest == DIGEST


def test_canvas_of_an_experiment_file():
    data = parse("{ size = 56, seed = 0 }").data
    assert data.canvas == CanvasSpec(size=56)
    assert data.to_json() == {"name": "mnist", "canvas": {"size": 56}}
    assert data.digest != DIGEST


def test_transforms_of_an_experiment_file_stay_in_order():
    data = parse(
        '[{ name = "blur", strength = 3 }, { name = "noise", strength = 1, seed = 0 }]',
        "transforms",
    ).data
    blur, noise = Corruption(name="blur", strength=3), Corruption(name="noise", strength=1)
    assert data.transforms == (blur, noise)
    assert data.to_json()["transforms"] == [
        {"name": "blur", "strength": 3},
        {"name": "noise", "strength": 1},
    ]
    turned = data.model_copy(update={"transforms": (noise, blur)})
    assert len({data.digest, turned.digest, DIGEST}) == 3


@pytest.mark.parametrize(
    "data",
    [
        Digits(name="digits", canvas=CanvasSpec(size=28)),
        Mnist(name="mnist", canvas=CanvasSpec(size=56, seed=3, largest_offset=27)),
        Npz(name="npz", path="x.npz", canvas=CanvasSpec(size=64, seed=1)),
        Mnist(
            name="mnist",
            canvas=CanvasSpec(size=56),
            transforms=(
                Corruption(name="shear", strength=1, seed=7),
                Corruption(name="noise", strength=5),
            ),
        ),
    ],
)
def test_canvas_and_transforms_come_back_from_their_json(data):
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


@pytest.mark.parametrize(
    ("transforms", "facts"),
    [
        ('"blur"', ["transforms must be a list", "blur"]),
        ("[{ strength = 1 }]", ["name must be given", "data.transforms[0].name"]),
        ('[{ name = "blur" }]', ["strength must be given", "data.transforms[0].strength"]),
        ('[{ name = "blurr", strength = 1 }]', ["noise", "thin", "'blurr'", "'blur'?"]),
        ('[{ name = "blur", strength = 0 }]', ["strength must be at least 1", "got 0"]),
        ('[{ name = "blur", strength = 6 }]', ["strength must be at most 5", "got 6"]),
        ('[{ name = "blur", strength = 1.5 }]', ["strength must be a whole number", "1.5"]),
        ('[{ name = "blur", strength = 1, seed = -1 }]', ["seed must be at least 0", "got -1"]),
        ('[{ name = "blur", strenght = 1 }]', ["strenght is no key here", "'strength'?"]),
    ],
)
def test_mistake_in_transforms_is_answered_in_one_line(transforms, facts):
    with pytest.raises(SpecError) as caught:
        parse(transforms, "transforms")
    message = str(caught.value)
    assert "\n" not in message
    for fact in [*facts, "vote.toml"]:
        assert fact in message
