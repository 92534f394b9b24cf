import json
import shutil
import subprocess

import pytest

from ensemble_lab.exceptions import MissingExtraError, SpecError
from ensemble_lab.figures.diagram import Box, draw_diagram, render_dot
from ensemble_lab.spec.experiment import parse_experiment, render_experiment
from ensemble_lab.spec.presets import PRESETS
from ensemble_lab.workflows.planning import plan_experiment
from ensemble_lab.workflows.presets import (
    build_experiment,
    list_presets,
    save_diagram,
    trace_preset,
)

# Parameters and trainable ones, as the sources print them or as counted by hand.
COUNTS = {
    "mlp-256": (203_530, 203_530),
    "mlp-256-256": (269_322, 269_322),
    "mlp-256-256-l2": (269_322, 269_322),
    "mlp-256-256-l2-both": (269_322, 269_322),
    "mlp-512-256": (535_818, 535_818),
    "mlp-512-512": (669_706, 669_706),
    "mlp-augmented": (669_706, 669_706),
    "cnn1": (54_410, 54_410),
    "cnn3": (130_890, 130_890),
    "cnn3-pool": (72_842, 72_842),
    "keras-cnn": (600_810, 600_810),
    "bn-elu": (1_245_322, 1_244_426),
    "bn-elu-as-published": (1_245_322, 1_244_426),
    "bn-elu-plain": (1_245_322, 1_244_426),
    "uncentred-mlp": (1_740_042, 1_740_042),
    "uncentred-cnn": (158_858, 158_858),
    "uncentred-cnn-as-published": (164_708, 164_708),
    "capsnet": (8_215_568, 8_215_568),
    "capsnet-max-min": (8_215_568, 8_215_568),
    "m3": (1_126_280, 1_124_180),
    "m5": (1_129_160, 1_128_180),
    "m7": (2_292_952, 2_291_972),
    "cdeotte": (327_242, 326_410),
    "light": (95_002, 94_554),
    "light-deep": (221_570, 220_786),
    "quick": (49_690, 49_370),
}
CLASSIC = {"naive-bayes", "naive-bayes-scaled", "sgd-linear", "sgd-linear-scaled"}


def test_every_preset_has_the_pinned_counts():
    counts = {
        each.preset.name: (each.plan.parameters, each.plan.trainable)
        for each in list_presets()
        if each.preset.name not in CLASSIC
    }
    assert counts == COUNTS
    assert set(PRESETS) - set(counts) == CLASSIC


def stages(*places):
    """Return (side, side, filters) for each pair."""
    return [(side, side, filters) for side, filters in places]


def thrice(*places):
    """Return each place three times: convolution, batch norm, activation."""
    return [each for each in stages(*places) for _ in range(3)]


# As the sources print them, and as the kernels' sizes give them; the rows of
# `ensemble_lab.training.architectures` that have no arguments are pinned beside those.
SHAPES = {
    "mlp-256": [(784,), (256,), (10,)],
    "mlp-256-256": [(784,), *[(256,)] * 4, (10,)],
    "mlp-256-256-l2": [(784,), (256,), (256,), (10,)],
    "mlp-512-256": [(784,), (512,), (256,), (10,)],
    "mlp-512-512": [(784,), *[(512,)] * 4, (10,)],
    "cnn1": [*stages((26, 32), (13, 32)), (5408,), (10,)],
    "cnn3-pool": [
        *stages((28, 32), (14, 32), (12, 64), (6, 64), (4, 64), (2, 64)),
        *[(256,), (64,), (10,)],
    ],
    "keras-cnn": [
        *stages((26, 32), (24, 32), (12, 32), (12, 32)),
        *[(4608,), (128,), (128,), (10,)],
    ],
    "uncentred-mlp": [(3136,), (512,), (256,), (10,)],
    "uncentred-cnn": [
        *stages((54, 32), (27, 32), (25, 64), (12, 64), (10, 64), (5, 64)),
        *[(1600,), (64,), (10,)],
    ],
    "uncentred-cnn-as-published": [
        *stages((54, 32), (27, 32), (25, 64), (12, 64), (10, 64), (5, 64)),
        *[(1600,), (64,), (100,)],
    ],
    "capsnet-max-min": [
        *stages((20, 256), (6, 256)),
        *[(1152, 8), (10, 16), (10, 16), (10,)],
    ],
    "m5": [*thrice((24, 32), (20, 64), (16, 96), (12, 128), (8, 160)), (10_240,), (10,), (10,)],
    "m7": [*thrice((22, 48), (16, 96), (10, 144), (4, 192)), (3072,), (10,), (10,)],
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_layer_has_the_pinned_shape(name):
    assert [each.output_shape for each in trace_preset(name)] == SHAPES[name]


def test_every_net_ends_in_a_score_for_each_class():
    for name in COUNTS:
        n_outputs = 100 if name == "uncentred-cnn-as-published" else 10
        assert trace_preset(name)[-1].output_shape[0] == n_outputs, name


def test_experiment_of_a_preset_survives_its_own_file():
    for name in PRESETS:
        experiment = build_experiment(name, seeds=(0, 7))
        again = parse_experiment(render_experiment(experiment))
        assert again == experiment
        assert again.digest == experiment.digest


def test_experiment_of_a_preset_has_its_data_and_seeds():
    experiment = build_experiment("mlp-256", seeds=(3, 5))
    assert [member.key for member in experiment.expand()] == ["mlp-256-0003", "mlp-256-0005"]
    assert (experiment.name, experiment.data.validation.share) == ("mlp-256", 0.2)
    assert experiment.published == PRESETS["mlp-256"].published
    assert build_experiment("uncentred-mlp").data.canvas == PRESETS["uncentred-mlp"].canvas


def test_experiment_on_other_data_has_another_name():
    assert build_experiment("cnn3", data="digits").name == "cnn3-digits"


def test_preset_on_digits_can_be_planned():
    plan = plan_experiment(build_experiment("light", data="digits", seeds=(0, 1)))
    assert [member.plan.parameters for member in plan.members] == [95_002, 95_002]


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ({"preset": "lite"}, "did you mean 'light'"),
        ({"preset": "cnn3", "seeds": (1, 1)}, "seeds must be there and differ"),
        ({"preset": "cnn3", "seeds": ()}, "seeds must be there and differ"),
        ({"preset": "cnn3", "data": "mnist:train"}, "without a split; got 'mnist:train'"),
    ],
)
def test_wrong_request_is_refused(arguments, fact):
    with pytest.raises(SpecError, match=fact):
        build_experiment(**arguments)


def test_diagram_in_dot_has_a_box_a_layer(tmp_path):
    text = save_diagram("cnn3", tmp_path / "new" / "cnn3.dot").read_text(encoding="utf-8")
    assert text.count("label=") == 1 + len(trace_preset("cnn3"))
    assert "Conv 32, 3, relu\\n26×26×32 · 320 parameters" in text
    assert text.count("->") == len(trace_preset("cnn3"))


def test_diagram_escapes_quotes():
    assert r'label="a \"b\" \\\n1"' in render_dot([Box('a "b" \\', (1,), 0)])


def test_diagram_is_drawn_by_graphviz(tmp_path, monkeypatch):
    asked = {}

    def run(command, **options):
        asked.update(command=command, text=options["input"].decode())
        return subprocess.CompletedProcess(command, 0, stdout=b"drawn", stderr=b"")

    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(subprocess, "run", run)
    path = draw_diagram([Box("a", (1,), 0)], tmp_path / "a.PNG")
    assert path.read_bytes() == b"drawn"
    assert asked == {
        "command": ["/bin/dot", "-Tpng"],
        "text": render_dot([Box("a", (1,), 0)]) + "\n",
    }


def test_diagram_without_graphviz_says_what_would_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        MissingExtraError, match=r"not installed. Install Graphviz, or write .*\.dot"
    ):
        draw_diagram([Box("a", (1,), 0)], tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_diagram_of_another_kind_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"\.svg, \.png, \.pdf or \.dot; got .*a\.gif"):
        draw_diagram([Box("a", (1,), 0)], tmp_path / "a.gif")


def test_presets_command_prints_what_python_says(capsys):
    from ensemble_lab.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["presets", "--format", "json"])
    assert not ended.value.code
    rows = json.loads(capsys.readouterr().out)
    assert {row["name"]: row["macs"] for row in rows} == {
        each.preset.name: each.plan.macs for each in list_presets()
    }
    assert all(row["source"] for row in rows)
    assert {row["name"] for row in rows if row["training"] is None} == CLASSIC


@pytest.mark.parametrize("name", [None, *PRESETS])
def test_presets_command_fits_a_terminal(name, capsys):
    from ensemble_lab.cli import main

    with pytest.raises(SystemExit) as ended:
        main(["presets"] if name is None else ["presets", name])
    assert not ended.value.code
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80


def test_experiment_on_other_data_is_named_after_them_and_quotes_nothing():
    """What a preset's sources report was reached on MNIST."""
    mnist, other = (build_experiment("cnn3", data=data) for data in ("mnist", "fashion_mnist"))
    assert (mnist.name, other.name) == ("cnn3", "cnn3-fashion-mnist")
    assert mnist.published
    assert other.published == ()
