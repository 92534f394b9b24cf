"""The run that is shipped: the experiment's, small, and rightly quoted by the README."""

import json
import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.cli import main

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "checkpoints/light-five"


def quoted_commands() -> list[tuple[str, str]]:
    """Each command on the shipped run in the README, and what stands below it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    commands = [
        part.partition("\n") for block in blocks for part in re.split(r"^\$ ", block, flags=re.M)
    ]
    return [
        (typed.removeprefix("ensemble-lab ").partition(" # ")[0].strip(), shown.rstrip("\n"))
        for typed, _, shown in commands
        if typed.startswith("ensemble-lab ") and "checkpoints/light-five" in typed
    ]


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A copy in a folder of its own: asking writes a ledger."""
    shutil.copytree(
        SHIPPED,
        tmp_path / "checkpoints/light-five",
        ignore=shutil.ignore_patterns("*.jsonl", "catalogues"),
    )
    monkeypatch.chdir(tmp_path)
    return lab.open_run("checkpoints/light-five")


def test_errors_of_its_members_are_those_of_the_experiment(shipped):
    results = json.loads((ROOT / "experiments/honest-vote/results.json").read_text("utf-8"))
    told = {row["key"]: row for row in results["members"]}
    assert shipped.keys == tuple(f"light-000{seed}" for seed in range(5))
    for split in ("validation", "test"):
        labels = lab.load_labels(shipped, split).values
        votes = lab.load_predictions(shipped, split).votes
        for key, n_errors in zip(
            shipped.keys, np.count_nonzero(votes != labels, axis=1), strict=True
        ):
            assert told[key][f"{split}_errors"] == n_errors


def test_it_is_small():
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*.h5")) < 5_000_000


@pytest.mark.mnist
@pytest.mark.parametrize(("typed", "shown"), quoted_commands())
def test_readme_shows_what_the_command_prints(typed, shown, shipped, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(shlex.split(typed))
    assert stopped.value.code == 0
    printed = capsys.readouterr().out.rstrip("\n")
    start, dots, _ = shown.partition("\n...")
    assert not shown or (printed.startswith(start) if dots else printed == shown)
