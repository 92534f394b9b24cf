"""Verdicts from elsewhere: tables, and cleanlab's label-errors as it was published."""

import json

import numpy as np
import pytest

from ensemble_lab.exceptions import DataError, EnsembleLabError
from ensemble_lab.store.review_files import load_review_rows
from tests.conftest import miss

VOTED = [
    947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
]  # fmt: skip


def entry(given, guessed, neither, *, guess=6, label=4, index=247):
    votes = {"given": given, "guessed": guessed, "neither": neither}
    return {
        "id": index,
        "given_original_label": label,
        "our_guessed_label": guess,
        "mturk": votes,
        "url": "x",
    }


@pytest.fixture
def write(tmp_path):
    def write(content, name="said.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.mark.mnist
def test_people_outvote_the_fifteen_labels_that_are_known(mnist_dir):
    path = mnist_dir / "mnist_mturk.json"
    if not path.is_file():
        miss(f"there is no mnist_mturk.json in {mnist_dir}")
    rows = load_review_rows(path)
    assert len(rows) == 100
    assert [row.index for row in rows if row.verdict == "label-error"] == VOTED
    assert {row.verdict for row in rows} == {"label-error", "label-right"}
    assert {sum(count for _, count in row.votes) for row in rows} == {5}
    labels = np.load(mnist_dir / "mnist.npz")["y_test"]
    assert [row.label for row in rows] == labels[[row.index for row in rows]].tolist()


@pytest.mark.parametrize(
    ("votes", "verdict", "seen"),
    [
        ((5, 0, 0), "label-right", None),
        ((3, 2, 0), "label-right", None),
        ((2, 3, 0), "label-error", 6),
        ((2, 2, 1), "label-error", None),
        ((1, 1, 3), "label-error", None),
        ((2, 2, 0), "label-error", None),
    ],
)
def test_label_is_right_where_more_than_half_of_the_people_chose_it(write, votes, verdict, seen):
    (row,) = load_review_rows(write([entry(*votes)]))
    assert (row.index, row.label, row.verdict, row.seen) == (247, 4, verdict, seen)
    assert row.votes == ((4, votes[0]), (6, votes[1]), (None, votes[2]))


def test_guess_that_is_the_label_counts_its_people_once(write):
    (row,) = load_review_rows(write([entry(4, 4, 1, guess=4)]))
    assert (row.verdict, row.votes) == ("label-right", ((4, 4), (None, 1)))


def test_table_says_as_much_as_its_columns(write):
    text = (
        "\ufeffindex,verdict,author,note,date,class,label\n"
        '7,label-error,Ada,"a nine, or כן",2024-05-01,9,4\n8,ambiguous,,,,,\n'
    )
    first, second = load_review_rows(write(text, "said.csv"))
    assert (first.index, first.verdict, first.author, first.seen) == (7, "label-error", "Ada", 9)
    assert (first.note, first.date) == ("a nine, or כן", "2024-05-01T00:00:00+00:00")
    assert first.label == 4
    assert first.where.endswith("said.csv:2")
    assert (second.author, second.date, second.seen, second.note) == (None, None, None, "")
    (plain,) = load_review_rows(write("verdict,index\nambiguous,3\n", "plain.csv"))
    assert (plain.index, plain.label) == (3, None)
    assert load_review_rows(write("verdict,index\n", "none.csv")) == ()


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("index,verdict,autor\n1,ambiguous,Ada\n", ["'autor'", "did you mean 'author'"]),
        ("index,author\n1,Ada\n", ["index and verdict"]),
        ("index,verdict,index\n1,ambiguous,1\n", ["each once"]),
        ("", ["index and verdict"]),
        ("index,verdict\n1\n", ["2 columns", "said.csv:2"]),
        ("index,verdict\n1,ambiguous,3\n", ["2 columns", "said.csv:2"]),
        ("index,verdict\nx,ambiguous\n", ["said.csv:2", "whole number", "'x'"]),
        ("index,verdict\n,ambiguous\n", ["index", "said.csv:2"]),
        ("index,verdict,date\n1,ambiguous,soon\n", ["ISO 8601", "'soon'", "said.csv:2"]),
        ("index,verdict,class\n1,ambiguous,nine\n", ["class", "'nine'", "said.csv:2"]),
        ('index,verdict\n1,"ambi"x\n', ["table", "said.csv"]),
    ],
)
def test_table_that_cannot_be_used_is_named_by_row(write, text, facts):
    refused(write(text, "said.csv"), DataError, *facts)


@pytest.mark.parametrize(
    ("content", "facts"),
    [
        ("{", ["label-errors", "said.json"]),
        ("[" * 100_000, ["said.json"]),
        ({}, ["list", "dict"]),
        ([3], ["id", "entry 1"]),
        ([entry(5, 0, 0), entry(5, 0, 0) | {"id": True}], ["id", "entry 2"]),
        ([entry(5, 0, 0) | {"mturk": 3}], ["given", "entry 1"]),
        ([entry(-1, 0, 0)], ["given", "-1"]),
        ([entry(0, 0, 0)], ["one person"]),
        ([entry(5, 4, 0, guess=4)], ["equal", "5 and 4"]),
    ],
)
def test_votes_that_cannot_be_used_are_named_by_entry(write, content, facts):
    refused(write(content), DataError, *facts)


def test_other_files_are_refused(write, tmp_path):
    refused(write("x", "said.txt"), DataError, ".csv or .json")
    refused(tmp_path / "none.csv", EnsembleLabError, "none.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes(b"index,verdict\n1,ambigu\xefty\n")
    refused(path, DataError, "UTF-8", "latin.csv")


def refused(path, kind, *facts):
    with pytest.raises(kind) as caught:
        load_review_rows(path)
    for fact in facts:
        assert fact in str(caught.value)
    assert "\n" not in str(caught.value)
