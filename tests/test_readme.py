"""What the README says is what happens."""

import re
import tomllib
from pathlib import Path

import pytest

from ensemble_lab import parse_experiment
from ensemble_lab.cli import COMMANDS
from ensemble_lab.workflows.new import read_template

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.keras
def test_python_lines_run_as_they_stand(tmp_path, monkeypatch):
    """On the digits, with a net that learns in a second, from a file of the name they use."""
    (lines,) = blocks("python")
    monkeypatch.chdir(tmp_path)
    Path("experiment.toml").write_text(
        'name = "first-vote"\n[data]\nname = "digits"\n[[members]]\ngroup = "mlp"\n'
        'architecture = { name = "mlp", hidden = [32] }\nseeds = [0, 1, 2]\nepochs = 3\n',
        encoding="utf-8",
    )
    names: dict[str, object] = {}
    exec(lines, names)
    assert len(names["wrong"]) == (names["vote"].predicted != names["labels"].values).sum()
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in Path().glob("errors*.png"))
    assert list(Path().glob("errors*.png"))
    assert Path("checkpoints/first-vote/run.json").exists()


def test_experiment_files_parse():
    keys = [[m.key for m in parse_experiment(text).expand()] for text in blocks("toml")]
    assert keys == [
        ["bn-elu-0000", "bn-elu-0001"],
        ["light-short-0000", "light-short-0001", "light-short-0002"],
    ]


def test_every_command_is_in_the_table():
    listed = re.findall(r"^\| (`[^|]*) \|", TEXT, re.MULTILINE)
    named = {word.split()[0] for cell in listed for word in re.findall(r"`([^`]*)`", cell)}
    assert named == set(COMMANDS)


def test_every_link_and_picture_is_there():
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert targets
    for target in targets:
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("name", ["experiment", "demo"])
def test_packaged_experiment_files_parse(name):
    assert parse_experiment(read_template(name)).members


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("experiments/*/experiment.toml")), ids=lambda path: path.parent.name
)
def test_shipped_experiments_parse_and_are_named_after_their_folder(path):
    assert parse_experiment(path.read_text(encoding="utf-8")).name == path.parent.name


def test_extras_named_in_messages_exist():
    import configparser

    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    assert {"train", "jax", "dev"} <= set(config["options.extras_require"])
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]
