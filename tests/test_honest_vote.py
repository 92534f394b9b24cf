"""Numbers of the honest vote, in its README and in the documentation, are those of its files."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "experiments/honest-vote"
TEXTS = (FOLDER / "README.md", ROOT / "docs/honest-evaluation.md")


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def rows(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8").replace("−", "-")
    return [line.split(" | ") for line in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)]


def flatten(path: Path) -> str:
    return " ".join(path.read_text(encoding="utf-8").replace(">", " ").split())


def show(value: float | None) -> str:
    return "–" if value is None else f"{value + 0:.1f}"


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_shortcuts_are_those_of_the_audit(path):
    listed = {row[0]: row[1:] for row in rows(path)}
    shortcuts = load("audit")["shortcuts"]
    assert len(shortcuts) == 4
    for each in shortcuts:
        numbers = [each[k] for k in ("picked", "by_validation", "unpicked", "gained", "kept")]
        assert listed[each["name"]] == [f"{each['n_candidates']:,}", *map(show, numbers)]


def test_curve_of_the_readme_is_that_of_the_file():
    sizes, errors = (row for row in rows(FOLDER / "README.md") if row[0] in ("members", "errors"))
    curve = {row["k"]: row for row in load("curve")}
    for size, text in zip(sizes[1:], errors[1:], strict=True):
        row = curve[int(size)]
        assert text == f"{row['expected']:.1f} ± {row['sd']:.1f}"


def test_sentences_that_a_reviewer_could_quote_are_those_of_the_command():
    text = flatten(FOLDER / "README.md")
    for sentence in load("significance")["sentences"]:
        assert " ".join(sentence.split()) in text


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_verdicts_and_votes_are_those_of_the_files(path):
    text = flatten(path)
    n_irreducible = sum(row["verdict"] == "irreducible" for row in load("verdicts"))
    assert f"{n_irreducible} examples are" in text
    majority = load("results")["votes"][0]
    assert f"errs on {majority['errors']}" in text


def test_luck_of_the_documentation_is_that_of_the_audit():
    audit = load("audit")
    best = next(each for each in audit["shortcuts"] if each["name"] == "best member")
    wanted = f"here {audit['luck']['expected']:.1f}, where the best of the 15 made"
    assert f"{wanted} {best['picked']:.0f}" in flatten(TEXTS[1])


def test_files_are_of_the_members_of_the_results():
    keys = [each["key"] for each in load("results")["members"]]
    assert load("audit")["members"] == keys
    assert len(keys) == 15
    assert (FOLDER / "audit.png").read_bytes().startswith(b"\x89PNG")


def test_diversity_in_words_is_that_of_the_file():
    text, found = flatten(FOLDER / "README.md"), load("diversity")
    measures, loss = found["measures"], found["log_loss"]
    assert f"correlate by {measures['error_correlation']:.2f}:" in text
    assert f"{measures['oracle_errors']} images are wrong with every net" in text
    assert f"on {measures['errors_alike']} of these all say the same class" in text
    assert f"worth {loss['diversity']:.4f} of {loss['members']:.4f} nats" in text


def test_calibration_in_words_is_that_of_the_file():
    text, found = flatten(FOLDER / "README.md"), load("calibration")
    cold, warm = (row for row in found["rows"] if "ensemble" in row["member"])
    assert f"confidence is {cold['mean_confidence']:.1%}".replace("%", " %") in text
    assert f"{cold['accuracy']:.1%} of the answers".replace("%", " %") in text
    chance = found["ece_by_chance"]["as_stored"]["high_95"]
    assert f"error of {cold['ece']:.3f} where chance allows {chance:.3f}" in text
    assert f"a temperature of {found['temperature']['ensemble']:.2f}" in text
    assert f"from {cold['nll']:.4f} to {warm['nll']:.4f}" in text
    left = f"{cold['errors_left']:.0f} of {cold['errors']} errors"
    assert (
        f"If the {cold['n_referred']} least sure images of 10,000 went to a person, {left}" in text
    )
