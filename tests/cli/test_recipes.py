"""Recipes compared by the errors of their members, as a reviewer reads it."""

import json

import numpy as np
import pytest

import ensemble_lab as lab


def test_recipes_are_compared_by_their_members(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:b-*")
    found = json.loads(call("significance", *names, "--by", "member", "--format", "json").out)
    labels, votes = lab.load_labels(pool).values, lab.load_predictions(pool).votes
    errors = (votes != labels).sum(axis=1)
    assert found["recipes"][0]["errors"] == errors[:4].tolist()
    (pair,) = found["pairs"]
    assert pair["difference"] == pytest.approx(errors[:4].mean() - errors[4:].mean())
    assert (pair["n_permutations"], pair["permutation_p"]) == (15, pytest.approx(1 / 15))
    lines = call("significance", *names, "--by", "member").out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["recipe", "members", "errors", "sd"]
    text = " ".join(" ".join(lines).split())
    assert "whether another seed makes the difference" in text
    (sentence,) = lab.tell_recipes(lab.compare_member_errors(names))
    assert sentence in text
    a, b = errors[:4], errors[4:]
    assert (
        f"4 members of A (toy:a-*) make {a.mean():.1f} ± {a.std(ddof=1):.1f} errors and 2 of B "
        f"(toy:b-*) {b.mean():.1f} ± {b.std(ddof=1):.1f} on the same 200 examples of test"
    ) in sentence
    text = call("significance", *names, "--by", "member", "--format", "csv").out
    assert len(text.splitlines()) == 2


def test_recipes_that_share_a_member_are_refused_without_a_look(call, pool):
    names = (f"{pool.path}:a-*", f"{pool.path}:*-0000")
    answer = call("significance", *names, "--by", "member")
    assert answer.code == 1
    assert f"got a-0000 in {names[0]} and in {names[1]}" in answer.err
    assert call("significance", names[0], names[0], "--by", "member").code == 1
    assert lab.load_ledger(pool) == []


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ([3, 4, 5, 6, 4], [20, 22, 21, 19, 23], "differ by more than their seeds do"),
        ([3, 4, 5, 6, 4], [4, 5, 3, 6, 5], "cannot tell the recipes apart"),
        ([3, 4, 5], [20, 21, 22], "tests disagree"),  # Permuted, three and three reach 0.1.
        ([3], [20], "cannot tell the recipes apart"),
    ],
)
def test_verdict_on_recipes_is_that_of_both_tests(make_run, first, second, verdict):
    errors = [*first, *second]
    given = np.zeros((len(errors), 30, 3))
    for row, n in enumerate(errors):
        given[row, :n, 1] = given[row, n:, 0] = 1
    groups = {"a": len(first), "b": len(second)}
    run = make_run(probabilities=given, labels=np.zeros(30, np.int64), groups=groups)
    report = lab.compare_member_errors((f"{run.path}:a-*", f"{run.path}:b-*"))
    assert report.errors == (tuple(first), tuple(second))
    (sentence,) = lab.tell_recipes(report)
    assert verdict in sentence
    assert ("Welch" in sentence) == (len(first) > 1)


def test_three_recipes_are_adjusted_by_holm(call, pool):
    names = (
        f"{pool.path}:a-000[01]",
        f"{pool.path}:a-000[23]",
        f"{pool.path}:b-*",
    )
    text = call("significance", *names, "--by", "member").out
    assert text.count("after Holm") == 6
    assert max(map(len, text.splitlines())) <= 80
