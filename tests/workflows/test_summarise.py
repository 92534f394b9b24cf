"""One table of all experiments: what stands in it, in which order, and what is refused."""

import re
from pathlib import Path

import pytest

from ensemble_lab.exceptions import EnsembleLabError, MissingError, PredictionError
from ensemble_lab.spec.architecture import Mlp
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import OURS
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import TrainingSpec
from ensemble_lab.workflows import summarise as module
from ensemble_lab.workflows.results import save_results
from ensemble_lab.workflows.summarise import frontier_points, save_summary, summarise
from ensemble_lab.workflows.summary_text import render_summary
from tests.workflows.result_files import group, results

STATED = Published(figure="99.2 %", source="a | page", how_chosen="best test epoch")
QUOTED = {"figure": "17 errors", "source": "a paper", "how_chosen": "last epoch"}


def preset(name, **rest):
    return Preset(
        name=name,
        summary="a net",
        source=OURS,
        architecture=Mlp(name="mlp", hidden=(4,)),
        training=TrainingSpec(),
        **rest,
    )


ZOO = {
    "small": preset("small", published=(STATED,)),
    "wide": preset("wide", notes="Wider than published."),
    "deep": preset("deep", published=(STATED,)),
}


@pytest.fixture(autouse=True)
def zoo(monkeypatch):
    monkeypatch.setattr(module, "PRESETS", ZOO)


def render(folder, **rest):
    return render_summary(summarise(folder), folder / "RESULTS.md", **rest)


def table(text, title):
    """Cells of the rows under a title, without the header."""
    part = text.split(f"## {title}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.*) \|$", part, re.MULTILINE)[2:]
    return [re.split(r" (?<!\\)\| ", line) for line in lines]


def test_a_row_says_what_was_measured_and_what_others_state(write):
    folder = write(small=results(group(preset="small")))
    assert table(render(folder), "Nets") == [
        [
            "[small](small)",
            "130,890",
            "9.17",
            "10",
            "3 (0–2)",
            "76.7 ± 5.5",
            "61.4 to 95.8",
            "99.2 % [1]",
            "best test epoch",
        ]
    ]


def test_a_vote_row_says_who_voted_how_and_what_others_state_of_it(write):
    groups = (group("small"), group("wide", n_members=1, seeds=[4]))
    folder = write(both=results(*groups, published=[QUOTED]))
    assert table(render(folder), "Votes") == [
        [
            "[both](both)",
            "4: 3 small, 1 wide",
            "majority, ties by mean-probability",
            "53",
            "40.5 to 69.3",
            "24",
            "17 errors [1]",
            "last epoch",
        ]
    ]


def test_an_experiment_row_says_split_of_choice_hardware_and_cost(write):
    folder = write(small=results(group()))
    assert table(render(folder), "Experiments") == [
        [
            "[small](small)",
            "mnist, 28×28×1",
            "54,000 / 6,000 / 10,000",
            "validation",
            "a cpu, 2 cores, jax",
            "25.4",
            "308",
        ]
    ]
    folder = write(small=results(group(), chosen_on=None))
    assert table(render(folder), "Experiments")[0][3] == "nothing chosen"


def test_a_gpu_is_named_before_the_processor_and_what_differs_is_all_named(write):
    hardware = {"cpu": ["one", "two"], "cores": 8, "device": "a gpu", "backend": "jax"}
    folder = write(small=results(group(), hardware=hardware))
    assert table(render(folder), "Experiments")[0][4] == "a gpu, one, two, 8 cores, jax"


def test_rows_are_in_the_order_of_the_presets_then_others(write):
    folder = write(
        a=results(group("x"), group("deep", preset="deep")),
        b=results(group("wide", preset="wide"), group("small", preset="small")),
        x=results(group("x")),
    )
    names = [row.name for row in summarise(folder).groups]
    assert names == ["small, in b", "wide, in b", "deep, in a", "a: x", "x"]


def test_a_preset_measured_twice_has_two_rows_that_name_their_experiments(write):
    folder = write(
        small=results(group(preset="small")), other=results(group("mine", preset="small"))
    )
    cells = [row[0] for row in table(render(folder), "Nets")]
    assert cells == ["[small (group mine), in other](other)", "[small](small)"]


def test_presets_without_a_row_are_not_measured(write):
    folder = write(small=results(group(preset="small")))
    assert table(render(folder), "Not measured") == [
        ["wide", "a net", "not measured", "–", "–"],
        ["deep", "a net", "not measured", "99.2 % [1]", "best test epoch"],
    ]
    whole = write(rest=results(group(preset="wide"), group(preset="deep")))
    assert "## Not measured" not in render(whole)


def test_preset_that_this_version_does_not_know_is_under_its_experiments_name(write):
    folder = write(old=results(group("gone", preset="gone")))
    (row,) = summarise(folder).groups
    assert (row.name, row.preset) == ("old: gone", None)


def test_figures_of_an_experiment_stand_beside_its_only_group_where_the_preset_states_none(write):
    folder = write(wide=results(group("wide", preset="wide"), published=[QUOTED]))
    text = render(folder)
    assert table(text, "Nets")[0][-2:] == ["17 errors [1]", "last epoch"]
    assert table(text, "Votes")[0][-2:] == ["–", "–"]


def test_figures_of_an_experiment_of_several_groups_stand_beside_its_votes_alone(write):
    folder = write(both=results(group("a"), group("b"), published=[QUOTED]))
    text = render(folder)
    assert [row[-2] for row in table(text, "Nets")] == ["–", "–"]
    assert table(text, "Votes")[0][-2] == "17 errors [1]"


def test_sources_are_numbered_as_they_are_named_and_listed_once(write):
    folder = write(
        small=results(group(preset="small"), published=[QUOTED]),
        both=results(group("a"), group("b"), published=[QUOTED]),
    )
    text = render(folder)
    assert text.endswith("## Sources\n\n1. a \\| page\n2. a paper\n")
    assert "17 errors [2]" in text


def test_one_seed_has_no_deviation_and_an_even_mean_no_decimals(write):
    errors = {"mean": 41.0, "sd": None, "low": 30.2, "high": 55.6}
    folder = write(one=results(group(n_members=1, seeds=[7], test_errors=errors)))
    text = render(folder)
    assert table(text, "Nets")[0][4:6] == ["1 (7)", "41"]
    assert "## Votes" not in text


def test_what_has_no_epochs_shows_none(write):
    folder = write(bayes=results(group(epochs=None, tflop=None), tflop=0.0))
    text = render(folder)
    assert table(text, "Nets")[0][2:4] == ["–", "–"]
    assert table(text, "Experiments")[0][-1] == "–"


def test_epochs_that_differ_are_all_named(write):
    folder = write(a=results(group(epochs=[30, 30, 25], seeds=[0, 1, 5])))
    assert table(render(folder), "Nets")[0][3:5] == ["30, 25", "3 (0–1, 5)"]


def test_numbers_of_test_examples_that_differ_stand_in_each_cell(write):
    splits = results()["splits"] | {"test": {"n_examples": 360}}
    folder = write(a=results(group()), b=results(group(), splits=splits))
    text = render(folder)
    assert [row[5] for row in table(text, "Nets")] == [
        "76.7 ± 5.5 of 10,000",
        "76.7 ± 5.5 of 360",
    ]
    assert [row[3] for row in table(text, "Votes")] == ["53 of 10,000", "53 of 360"]


def test_names_cannot_break_the_table(write):
    folder = write(a=results(group("x|y\n*z*", preset=None)))
    row = table(render(folder), "Nets")[0]
    assert row[0] == r"[a: x\|y \*z\*](a)"
    assert len(row) == 9


def test_notes_of_measured_presets_are_shown(write):
    assert "- wide: Wider than published.\n" in render(write(a=results(group(preset="wide"))))
    assert "Notes" not in render(write(a=results(group(preset="small"))))


def test_links_and_pictures_are_relative_to_the_text(write, tmp_path):
    folder = write(small=results(group()))
    text = render_summary(
        summarise(folder), tmp_path / "docs/table.md", figure=tmp_path / "my figures/f.png"
    )
    assert "](../experiments/small)" in text
    assert "](../my%20figures/f.png)" in text


def test_the_figures_quoted_systems_are_listed_with_how_they_were_chosen(write):
    folder = write(small=results(group()))
    rows = table(render(folder, figure=folder / "frontier.png"), "Frontier")
    assert rows[1][:3] == ["Deotte 2018, 15 nets", "25.5 ± 2", "2,475"]
    assert all("nothing chosen on test" in row[3] for row in rows)
    assert "Deotte" not in render(folder)


def test_the_same_results_give_the_same_text(write):
    folder = write(a=results(group()), b=results(group(preset="deep")))
    first = save_summary(folder, folder / "RESULTS.md")
    text = (folder / "RESULTS.md").read_bytes()
    assert save_summary(folder, folder / "RESULTS.md") == first
    assert (folder / "RESULTS.md").read_bytes() == text
    assert text.endswith(b"\n")
    assert not text.endswith(b"\n\n")
    assert "Made by `ensemble-lab summarise`" in text.decode()


def test_frontier_has_members_and_majority_votes_of_plain_mnist(write):
    placed = {"name": "mnist", "image_shape": [56, 56, 1], "canvas": {"size": 56}}
    harm = [{"name": "blur", "strength": 3}, {"name": "noise", "strength": 1}]
    corrupted = {"name": "mnist", "image_shape": [28, 28, 1], "transforms": harm}
    one = group("one", n_members=1, seeds=[0])
    folder = write(
        a=results(group(preset="small")),
        e=results(group(), data=corrupted),
        b=results(one, tflop=9.17485),
        c=results(group(), data=placed),
        d=results(group(), data={"name": "digits", "image_shape": [28, 28, 1]}),
    )
    points = frontier_points(summarise(folder))
    assert [(p.label, p.n_members, p.errors, p.sd, p.tflop) for p in points] == [
        ("small, in a", 1, 76.66667, 5.50757, 9.17485),
        ("b: one", 1, 76.66667, 5.50757, 9.17485),
        ("a, 3 members", 3, 53, None, 307.9),
    ]
    assert "mnist, 28×28×1, corrupted: blur 3, then noise 1" in render(folder)


def test_results_that_a_run_wrote_can_be_summarised(make_erring_run, tmp_path):
    run = make_erring_run(groups={"a": 3, "b": 1}, n_examples=40)
    values = save_results(run, tmp_path / "experiments/toy/results.json").values
    summary = summarise(tmp_path / "experiments")
    assert [row.name for row in summary.groups] == ["toy: a", "toy: b"]
    assert [row.group.n_members for row in summary.groups] == [3, 1]
    assert [row.vote.errors for row in summary.votes] == [v["errors"] for v in values["votes"]]
    mean = sum(member["test_errors"] for member in values["members"][:3]) / 3
    assert summary.groups[0].group.test_errors.mean == pytest.approx(mean)


def test_folders_without_results_are_refused(tmp_path):
    with pytest.raises(MissingError, match="nowhere"):
        summarise(tmp_path / "nowhere")
    (tmp_path / "a").mkdir()
    with pytest.raises(MissingError, match=r"results\.json"):
        summarise(tmp_path)


def test_what_cannot_be_drawn_or_read_leaves_the_old_table(write):
    folder = write(toy=results(group()))
    path = folder / "RESULTS.md"
    path.write_text("old")
    with pytest.raises(PredictionError, match=r"\.bmp"):
        save_summary(folder, path, figure=folder / "frontier.bmp")
    (folder / "toy/results.json").write_text("{}")
    with pytest.raises(EnsembleLabError):
        save_summary(folder, path, figure=folder / "frontier.png")
    assert path.read_text() == "old"
    assert not list(Path(folder).glob("frontier*"))
