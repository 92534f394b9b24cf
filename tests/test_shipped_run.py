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


QUOTING = (ROOT / "README.md", ROOT / "docs/error-bench.md")


def quoted_blocks() -> list[list[tuple[str, str]]]:
    """Commands on the shipped run, block by block, and what stands below each."""
    texts = [path.read_text(encoding="utf-8") for path in QUOTING]
    blocks = [
        block
        for text in texts
        for block in re.findall(r"^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if "checkpoints/light-five" in block
    ]
    return [[_split(part) for part in re.split(r"^\$ ", block, flags=re.M)[1:]] for block in blocks]


def _split(part: str) -> tuple[str, str]:
    typed, _, shown = part.partition("\n")
    return typed.removeprefix("ensemble-lab ").partition("   #")[0], shown.rstrip("\n")


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
@pytest.mark.parametrize("block", quoted_blocks(), ids=lambda block: block[0][0][:40])
def test_pages_show_what_the_commands_print(block, shipped, capsys):
    for typed, shown in block:
        with pytest.raises(SystemExit) as stopped:
            main(shlex.split(typed))
        assert stopped.value.code == 0
        printed = capsys.readouterr().out.rstrip("\n")
        start, dots, _ = shown.partition("\n...")
        assert not shown or (printed.startswith(start) if dots else printed == shown)


def test_pages_quote_every_command_of_the_bench():
    typed = {command.split()[0] for block in quoted_blocks() for command, _ in block}
    bench = {"vote", "errors", "gallery", "compare", "why", "slices", "review", "report"}
    assert bench <= typed
