"""Pages from the command line: one look, refusals before it, and what stands in them."""

import json
import re
from base64 import b64decode
from html import unescape

import numpy as np
import pytest

import ensemble_lab as lab
from ensemble_lab.decision import Decision
from ensemble_lab.errors.pairs import count_pairs
from ensemble_lab.store.decisions import save_decision
from ensemble_lab.store.ledger import load_ledger
from ensemble_lab.workflows.errors import find_errors
from ensemble_lab.workflows.page import render_command
from ensemble_lab.workflows.question import Question
from ensemble_lab.workflows.vote import score_vote


@pytest.fixture
def run(make_run):
    return make_run(n_members=5, n_examples=40, lead=0.2)


def texts_of(path) -> str:
    """What a page says, without its markup, style and scripts."""
    html = re.sub(r"<(script|style).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def data_of(path) -> dict:
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])


def test_gallery_writes_a_page_of_what_is_asked_for(call, run, tmp_path):
    answer = call("gallery", run.path, "-o", tmp_path / "new" / "errors.html", "--label", 1)
    assert (answer.code, answer.out) == (0, f"{tmp_path}/new/errors.html\n")
    assert answer.err == "look 1 on this test set\n"
    found = find_errors(run, Question(label=(1,)))
    data = data_of(tmp_path / "new" / "errors.html")
    index = np.frombuffer(b64decode(data["columns"]["index"]["base64"]))
    assert index.tolist() == list(found.catalogue.indices)
    assert data["members"] == list(run.keys)
    told = texts_of(tmp_path / "new" / "errors.html")
    assert f"{found.n_errors} errors in 40 examples" in told
    assert f"ensemble-lab gallery {run.path} --label 1 -o errors.html" in told


@pytest.mark.parametrize("words", [("gallery", "errors.htm"), ("report", "report.pdf")])
def test_what_cannot_be_written_is_refused_before_the_look(call, run, tmp_path, words):
    command, name = words
    answer = call(command, run.path, "-o", tmp_path / name)
    assert answer.code == 1
    assert re.search(r"must end in .*\.html; got", answer.err)
    assert load_ledger(run) == []


def test_missing_images_are_refused_before_the_look(call, run, tmp_path):
    (tmp_path / "toy.npz").unlink()
    for command in ("gallery", "report"):
        answer = call(command, run.path, "-o", tmp_path / "page.html")
        assert answer.code == 1
        assert answer.err.count("\n") == 1
    assert load_ledger(run) == []
    assert not (tmp_path / "page.html").exists()


def test_report_is_one_look_and_tells_the_numbers_of_vote(call, run, tmp_path):
    answer = call("report", run.path, "-o", tmp_path / "report.html")
    assert (answer.code, answer.out) == (0, f"{tmp_path}/report.html\n")
    assert answer.err == "look 1 on this test set\n"
    assert [row["command"] for row in load_ledger(run)] == ["report"]
    told = texts_of(tmp_path / "report.html")
    report = score_vote(run)
    for each in report.members:
        low, high = each.interval
        assert f"{each.key} {each.errors} {low:.1f} to {high:.1f}" in told
    low, high = report.interval
    assert f"vote {report.errors} {low:.1f} to {high:.1f}" in told
    assert f"Errors with all ties right {report.band.low}" in told
    assert "1 look, asked 1 time, from this run" in told
    assert f"labels {load_ledger(run)[0]['labels_sha256'][:16]}" in told
    assert f"decision {report.decision.digest[:16]}" in told


def test_confusion_of_a_report_is_of_all_examples(call, run, tmp_path):
    call("report", run.path, "-o", tmp_path / "report.html")
    html = (tmp_path / "report.html").read_text(encoding="utf-8")
    rows = find_errors(run).catalogue
    buttons = re.findall(r'data-pair="(\d):(\d)"[^>]*>(\d+)</button>', html)
    assert {(int(a), int(b)): int(n) for a, b, n in buttons} == dict(
        count_pairs(rows.label, rows.predicted)
    )
    diagonal = re.findall(r'<td class="diagonal">(\d+)</td>', html)
    assert sum(map(int, diagonal)) == 40 - len(rows)


def test_report_on_validation_is_no_look(call, run, tmp_path):
    answer = call("report", run.path, "-o", tmp_path / "report.html", "--split", "validation")
    assert (answer.code, answer.err) == (0, "")
    assert "Looks are counted on test splits alone" in texts_of(tmp_path / "report.html")


def test_one_member_has_no_curve(call, run, tmp_path):
    answer = call("report", run.path, "-o", tmp_path / "report.html", "--members", "a-0003")
    assert answer.code == 0
    told = texts_of(tmp_path / "report.html")
    assert "Member a-0003" in told
    assert "With fewer members" not in told


def test_decision_chooses_who_votes(call, run, tmp_path):
    chosen = Decision(members=("a-0001", "a-0002", "a-0004"), chosen_on="validation")
    save_decision(tmp_path / "chosen.json", chosen)
    words = ("-o", tmp_path / "report.html", "--decision", tmp_path / "chosen.json")
    assert call("report", run.path, *words).code == 0
    told = texts_of(tmp_path / "report.html")
    assert "Vote of 3 members: majority" in told
    assert "a-0003" not in told
    both = call("report", run.path, *words, "--rule", "median")
    assert both.code == 2


def test_run_without_an_error_makes_a_page(call, make_run, tmp_path):
    run = make_run(lead=100.0)
    for command in ("gallery", "report"):
        assert call(command, run.path, "-o", tmp_path / "page.html").code == 0
        assert "0 errors in 6 examples" in texts_of(tmp_path / "page.html")


@pytest.mark.parametrize(
    ("question", "options"),
    [
        (Question(), ""),
        (Question(decision=Decision(rule="median")), " --rule median"),
        (
            Question(decision=Decision(ties="random", tie_seed=7), tied=True),
            " --ties random:7 --tied",
        ),
        (
            Question(index=(1, 2), min_gap=-0.5, members=("a-*",), sort="pair", limit=0),
            " --members 'a-*' --index 1 --index 2 --min-gap -0.5 --sort pair --limit 0",
        ),
    ],
)
def test_command_of_a_question_is_what_one_would_type(run, question, options):
    written = render_command(run, question, command="gallery", path="a.html")
    assert written == f"ensemble-lab gallery {run.path}{options} -o a.html"


@pytest.mark.mnist
def test_mnist_brings_series_and_writer(call, make_run, mnist_dir):
    from ensemble_lab.data.loading import load_metadata
    from ensemble_lab.spec.data import parse_data
    from ensemble_lab.workflows.page import build_facets

    metadata = load_metadata(parse_data({"name": "mnist"}), "test", mnist_dir)
    rows = find_errors(make_run(n_examples=40, lead=0.0)).catalogue
    series, writer = build_facets(rows, metadata, ())
    assert (series.name, writer.name) == ("series", "writer")
    known = metadata.take_index(rows.index)
    assert list(map(int, writer.values)) == known.column("writer").tolist()
    assert list(map(int, series.values)) == known.column("series").tolist()


def test_report_tells_whose_the_errors_are_and_what_people_said(call, run, tmp_path):
    first = find_errors(run).catalogue.indices[0]
    call(
        "review", run.path, first, "--verdict", "label-error", "--author", "Ada <b>", "--note", "hm"
    )
    size = len(lab.load_labels(run).values)
    hands = "".join(f"{index},{'left' if index % 2 else 'right'}\n" for index in range(size))
    (tmp_path / "who.csv").write_text(f"index,hand\n{hands}", encoding="utf-8")
    path = tmp_path / "report.html"
    assert call("report", run.path, "-o", path, "--metadata", tmp_path / "who.csv").code == 0
    text = path.read_text(encoding="utf-8")
    assert "Whose the errors are" in text
    assert "Errors by hand, each value against the rest" in text
    assert "that people judge mislabelled (1 of 1 reviewed)" in text
    assert '"hand"' in text
    assert '"label review"' in text
    assert "Ada \\u003cb\\u003e says label-error (hm)" in text


def test_metadata_are_for_a_page_and_refused_elsewhere(call, run, tmp_path):
    (tmp_path / "who.csv").write_text("index,hand\n0,left\n", encoding="utf-8")
    looks = len(lab.load_ledger(run))
    answer = call("gallery", run.path, "-o", tmp_path / "e.png", "--metadata", tmp_path / "who.csv")
    assert answer.code == 1
    assert "html page" in answer.err
    assert len(lab.load_ledger(run)) == looks


def test_column_called_as_ours_is_beside_it(call, run, tmp_path):
    call("review", run.path, "0", "--verdict", "ambiguous", "--author", "Ada")
    size = len(lab.load_labels(run).values)
    rows = "".join(f"{index},{index % 2}\n" for index in range(size))
    (tmp_path / "a.csv").write_text(f"index,label review\n{rows}", encoding="utf-8")
    path = tmp_path / "e.html"
    assert call("gallery", run.path, "-o", path, "--metadata", tmp_path / "a.csv").code == 0
    assert '"label review of metadata"' in path.read_text(encoding="utf-8")
