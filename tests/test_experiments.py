"""Figures in READMEs are those of the results that a command wrote."""

import json
import re
import statistics
from pathlib import Path

import pytest

from ensemble_lab.spec.experiment import read_experiment
from ensemble_lab.workflows.summarise import summarise
from ensemble_lab.workflows.summary_text import render_summary

ROOT = Path(__file__).parents[1]
COMMAND_IN_README = {"bn-elu", "m-nets", "uncentred-cnn-as-published"}
"""What was trained on another backend than its file's before results.json could say so."""

EXPERIMENTS = sorted(path.parent for path in ROOT.glob("experiments/*/results.json"))


def rows(text: str) -> list[list[str]]:
    """Cells of every table row of a Markdown text, thousands without commas."""
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [[cell.strip().replace(",", "") for cell in line.split(" | ")] for line in lines]


@pytest.fixture(params=EXPERIMENTS, ids=lambda path: path.name)
def experiment(request):
    return request.param


@pytest.fixture
def results(experiment):
    return json.loads((experiment / "results.json").read_text(encoding="utf-8"))


def test_there_is_an_experiment_to_check():
    assert EXPERIMENTS


def spread(errors: dict[str, float]) -> str:
    """A mean ± its standard deviation, or the one number there is; a dash without any."""
    if errors is None:
        return "–"
    if errors["sd"] is None:
        return f"{errors['mean']:.0f}"
    return f"{errors['mean']:.1f} ± {errors['sd']:.1f}"


def test_members_or_groups_of_the_readme_are_those_of_the_results(experiment, results):
    text = (experiment / "README.md").read_text(encoding="utf-8")
    listed = {row[0]: row[1:] for row in rows(text)}
    for group in results["groups"]:
        members = [each for each in results["members"] if each["group"] == group["group"]]
        if members[0]["key"] in listed:
            for member in members:
                wanted = ("parameters", "epochs", "validation_errors", "test_errors")
                assert listed[member["key"]] == [str(member[name]) for name in wanted]
            continue
        test = group["test_errors"]
        assert listed[group["group"]] == [
            str(group["parameters"]),
            "–" if group["epochs"] is None else str(group["epochs"]),
            str(group["n_members"]),
            spread(group["validation_errors"]),
            spread(test),
            f"{test['low']:.1f} to {test['high']:.1f}",
        ]


def test_votes_of_the_readme_are_those_of_the_results(experiment, results):
    listed = {
        row[0]: row[1:] for row in rows((experiment / "README.md").read_text(encoding="utf-8"))
    }
    for vote in results["votes"] if len(results["members"]) > 1 else ():
        low, high = vote["interval"]["low"], vote["interval"]["high"]
        decision = vote["decision"].replace(",", "")
        wanted = [str(vote["errors"]), f"{low:.1f} to {high:.1f}", str(vote["n_ties"])]
        assert listed[decision] == wanted


def test_cost_in_the_readme_is_that_of_the_results(experiment, results):
    text = (experiment / "README.md").read_text(encoding="utf-8")
    tflop, minutes = results["tflop"], results["minutes"]
    assert re.search(rf"\b({tflop:.0f}|{tflop:,.0f}) TFLOP", text)
    is_gpu = results["hardware"].get("device", "CPU") != "CPU"
    spent = f"{minutes:.1f} minutes of one GPU" if is_gpu else f"{minutes:.0f} core-minutes"
    assert spent in text


def test_results_are_of_a_named_commit_and_machine(experiment, results):
    text = (experiment / "README.md").read_text(encoding="utf-8")
    commits = results["commit"] if isinstance(results["commit"], list) else [results["commit"]]
    for commit in commits:
        assert re.fullmatch(r"[0-9a-f]{40}(\+changes)?", commit)
        # What was trained on a copy of a checkout names the commit that had its code.
        assert "+" not in commit or re.search(r"the code of [0-9a-f]{7}\b", text)
    assert results["hardware"]["cpu"]
    if experiment.name in COMMAND_IN_README:
        assert results["spec_digest"] is None is results["command"]
        assert re.search(r"^ensemble-lab train .* --backend \w+$", text, re.MULTILINE)
    else:
        spec = read_experiment(experiment / "experiment.toml")
        assert results["spec_digest"] == spec.digest


def test_curve_in_the_readme_is_that_of_the_file():
    folder = ROOT / "experiments/light-pool"
    curve = {row["k"]: row for row in json.loads((folder / "curve.json").read_text())}
    lines = re.findall(r"^\| (\d+) \| (\S+ ± \S+) \|$", (folder / "README.md").read_text(), re.M)
    assert len(lines) > 5
    for k, said in lines:
        assert said == f"{curve[int(k)]['expected']:.1f} ± {curve[int(k)]['sd']:.1f}"


def test_fifty_epochs_of_the_capsule_network_are_those_of_the_file():
    folder = ROOT / "experiments/capsnet"
    vote = json.loads((folder / "fifty-epochs.json").read_text(encoding="utf-8"))
    listed = {row[0]: row[1:] for row in rows((folder / "README.md").read_text(encoding="utf-8"))}
    for member in vote["members"]:
        assert listed[f"seed {member['seed']}"] == [str(member["errors"])]
    assert listed["majority of the three"] == [str(vote["errors"])]


def test_copies_of_the_images_are_worth_what_the_files_say():
    folder = ROOT / "experiments/light-tta"
    votes = {path.stem: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    listed = {row[0]: row[2:] for row in rows((folder / "README.md").read_text(encoding="utf-8"))}
    errors = {name: [each["errors"] for each in vote["members"]] for name, vote in votes.items()}
    plain = {name: "pool-plain" if name.startswith("pool") else "plain" for name in errors}
    assert len(errors) == 6
    for name, each in errors.items():
        before = errors[plain[name]]
        changes = [now - then for then, now in zip(before, each, strict=True)]
        change = spread({"mean": statistics.mean(changes), "sd": statistics.stdev(changes)})
        assert listed[name] == [
            spread({"mean": statistics.mean(each), "sd": statistics.stdev(each)}),
            "–" if name == plain[name] else change.replace("-", "−"),
            str(votes[name]["errors"]),
        ]


def test_first_vote_lists_as_many_images_as_its_vote_gets_wrong():
    folder = ROOT / "experiments/first-vote"
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^\d+(?:,\s+\d+)+$", text, re.MULTILINE)
    indices = [int(word) for word in re.findall(r"\d+", listed)]
    assert results["votes"][0]["decision"].startswith("majority")
    assert len(indices) == len(set(indices)) == results["votes"][0]["errors"]
    assert all(0 <= index < 10_000 for index in indices)


def test_the_table_of_results_is_what_the_command_writes():
    folder = ROOT / "experiments"
    wanted = render_summary(
        summarise(folder), folder / "RESULTS.md", figure=folder / "frontier.png"
    )
    assert (folder / "RESULTS.md").read_text(encoding="utf-8") == wanted
    assert (folder / "frontier.png").read_bytes().startswith(b"\x89PNG")


def test_links_of_the_table_of_results_are_there():
    text = (ROOT / "experiments/RESULTS.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"\]\(([^)]+)\)", text))
    assert targets
    for target in targets:
        assert (ROOT / "experiments" / target).exists(), target


@pytest.mark.parametrize(
    "search", sorted(ROOT.glob("experiments/*/search.json")), ids=lambda path: path.parent.name
)
def test_recipes_that_were_tried_are_listed_with_their_errors(search):
    members = json.loads(search.read_text(encoding="utf-8"))["members"]
    text = (search.parent / "README.md").read_text(encoding="utf-8")
    listed = {row[0].removesuffix(" chosen"): row[-1] for row in rows(text)}
    errors: dict[str, list[int]] = {}
    for member in members:
        errors.setdefault(member["group"], []).append(member["errors"])
    assert errors
    for group, each in errors.items():
        deviation = statistics.stdev(each) if len(each) > 1 else None
        assert listed[group] == spread({"mean": statistics.mean(each), "sd": deviation})
