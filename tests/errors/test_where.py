"""Rows by a condition in SQL: as NumPy and pandas find them, behind a wall of its own."""

import operator
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.analysis.votes.vote import combine
from ensemble_lab.decision import DEFAULT
from ensemble_lab.errors import where
from ensemble_lab.errors.catalogue import Catalogue, catalogue_examples
from ensemble_lab.errors.condition import Condition
from ensemble_lab.errors.where import COLUMNS, find_rows, read_condition
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.store.predictions import Predictions
from tests.analysis.strategies import ensembles
from tests.conftest import need
from tests.toy import INDEX, hard_predictions, toy_labels, toy_predictions


def catalogue_all(predictions: Predictions, values: tuple[int, ...]) -> Catalogue:
    labels = toy_labels(values, tuple(predictions.index.tolist()))
    vote = combine(predictions, DEFAULT)
    return catalogue_examples(predictions, vote, labels, np.arange(len(values)))


@pytest.fixture(scope="module")
def toy() -> Catalogue:
    """All six examples: see `tests.toy`."""
    return catalogue_all(toy_predictions(), toy_labels().values)


@pytest.mark.parametrize(
    "text",
    [
        "label = 'pos'",
        "'pos' = label",
        "LABEL in ('4', 'pos')",
        "predicted not in ('pos')",
        "gap > 0 and predicted != 'neg'",
        "tied = 'yes'",
    ],
)
def test_number_is_not_compared_with_a_word(text):
    """SQLite would find that no row is so."""
    with pytest.raises(
        PredictionError, match=r"must be compared with numbers; got '(pos|neg|yes)'"
    ):
        read_condition(text)


@pytest.mark.parametrize(
    "text",
    ["label = '4'", "label_name = 'pos'", "pair in ('4->9', '1->2') and label in (4, 1)"],
)
def test_texts_are_compared_with_texts_and_numbers(text):
    assert read_condition(text).text == text


@pytest.fixture(scope="module")
def many() -> Catalogue:
    """Some hundred examples of ten classes, many of them wrong."""
    rng = np.random.default_rng(5)
    parts = rng.random((7, 400, 10))
    predictions = toy_predictions((parts / parts.sum(axis=-1, keepdims=True)).astype(np.float32))
    return catalogue_all(predictions, tuple((rng.random(400) * 10).astype(int).tolist()))


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("index > 13", (21, 34)),
        ('"index" in (3, 34, 99)', (3, 34)),
        ("pair = '1->2'", (21,)),
        ("pair like '%->1'", (5, 13)),
        ("pair glob '0*'", (3, 13)),
        ("tied", (8,)),
        ("not tied and n_wrong >= 2", (13, 21, 34)),
        ("tied = true and label = predicted", (8,)),
        ("votes_for_label / 3 > 0.5", (3, 5)),
        ("label != predicted", (13, 21, 34)),
        ("gap < 0", (13,)),
        ("abs(margin) < 0.2", (8,)),
        ("round(p_label, 1) = 0.6", (3, 13)),
        ("confidence between 0.5 and 0.6 or confidence > 0.66", (5, 13, 21)),
        ("coalesce(gap, 1) = gap", INDEX),
        ("case when label = 2 then tied else 0 end", (8,)),
        ("label_name = '2'", (8, 34)),
        ("predicted_name || 'x' = '2x'", None),
        ("0", ()),
        ("null", ()),
        ("1", INDEX),
    ],
)
def test_rows_of_the_toy_ensemble(toy, text, index):
    if index is None:
        with pytest.raises(PredictionError):
            toy.where(text)
    else:
        assert toy.where(text).indices == index


def test_rows_keep_their_order_and_all_their_columns(toy):
    backwards = toy.sort("index", reverse=True)
    assert backwards.where("index > 5").indices == (34, 21, 13, 8)
    assert backwards.where("index in (21, 34)").wrong_members.tolist() == [[True] * 3] * 2


def test_no_row_is_asked_nothing(toy):
    assert toy.head(0).where("gap > 0").indices == ()


def test_classes_may_be_asked_by_name(toy):
    names = ("T-shirt/top", "O'Neill", "half \ud800")
    assert toy.where("label_name = 'T-shirt/top'", class_names=names).indices == (3, 13)
    assert toy.where("predicted_name like 'o''n%'", class_names=names).indices == (5, 13)
    assert toy.where("label_name like 'half %'", class_names=names).indices == (8, 34)


def test_a_class_without_a_name_is_refused(toy):
    with pytest.raises(PredictionError, match="2 names and class 2"):
        toy.where("label_name = 'a'", class_names=("a", "b"))


def test_what_only_probabilities_tell_is_null_where_there_are_votes_only():
    rows = catalogue_all(hard_predictions([[1, 2, 0], [1, 2, 1]]), (0, 2, 1))
    for name in ("gap", "margin", "confidence", "p_predicted", "p_label"):
        assert len(rows.where(f"{name} is null")) == 3
        assert len(rows.where(f"{name} > -9 or {name} <= -9")) == 0
    assert rows.where("n_wrong = 2 and pair = '0->1'").indices == (0,)


COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
}
NUMERIC = {name: column for name, column in COLUMNS.items() if column.type != "TEXT"}


@given(
    ensembles(),
    st.data(),
    st.sampled_from(sorted(NUMERIC)),
    st.sampled_from(sorted(COMPARISONS)),
)
def test_a_comparison_finds_what_numpy_finds(predictions, data, name, sign):
    n_examples = len(predictions.index)
    classes = st.integers(0, predictions.n_classes - 1)
    values = data.draw(st.lists(classes, min_size=n_examples, max_size=n_examples))
    rows = catalogue_all(predictions, tuple(values))
    column = np.asarray(NUMERIC[name].values(rows, (), slice(None)), np.float64)
    # A value of the column itself: equal to the last bit, through text and back.
    bound = float(data.draw(st.sampled_from(column.tolist()) | st.floats(-2, 12)))
    wanted = np.flatnonzero(COMPARISONS[sign](column, bound))
    found = find_rows(rows, read_condition(f"{name} {sign} {bound!r}"))
    assert found.tolist() == wanted.tolist()


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("margin > -0.02 and label in (4, 9)", "margin > -0.02 and label in (4, 9)"),
        (
            "gap > 0.01 or votes_for_label >= 2 and not label = predicted",
            "gap > 0.01 or votes_for_label >= 2 and not label == predicted",
        ),
        (
            "(gap > 0.01 or tied) and confidence < 0.17",
            "(gap > 0.01 or tied) and confidence < 0.17",
        ),
        (
            "votes_for_predicted / 7 > 0.4 and index % 3 = 1",
            "votes_for_predicted / 7 > 0.4 and place % 3 == 1",
        ),
        ("pair = '4->9'", "pair == '4->9'"),
        ("label between 2 and 4", "2 <= label <= 4"),
        (
            "abs(margin) < 0.01 and p_label < p_predicted",
            "abs(margin) < 0.01 and p_label < p_predicted",
        ),
    ],
)
def test_pandas_finds_the_same_rows(many, text, query):
    need("pandas")
    # To pandas a column named index is its own row number.
    answer = many.to_frame().rename(columns={"index": "place"}).query(query)
    found = many.where(text)
    assert found.indices == tuple(answer["place"])
    assert 0 < len(found) < len(many)


def test_blocks_of_rows_give_the_same(many, monkeypatch):
    text = "margin > -0.05 and label <> 3"
    whole = many.where(text).indices
    monkeypatch.setattr(where, "_BLOCK_ROWS", 7)
    assert many.where(text).indices == whole


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("gap >", "incomplete input"),
        ("gap gap", "near a column: syntax error"),
        ("gap (1)", "syntax error"),
        ("max(gap) > 1", "aggregate"),
        ("iif(gap)", "iif"),
        ("(gap, margin) > 1", "row value"),
        ("pair like '4' escape 'xy'", "single character"),
        ("not " * 400 + "1", "overflow"),
        ("(" * 500 + "1" + ")" * 500, "overflow"),
        ("+".join("1" * 900), "depth"),
        (f"min({','.join('1' * 50)})", "too many arguments"),
        ("abs(-9223372036854775807 - 1)", "integer overflow"),
    ],
)
def test_what_sqlite_says_of_it_is_one_line(text, fact):
    with pytest.raises(PredictionError, match=fact) as refusal:
        read_condition(text)
    assert len(str(refusal.value).splitlines()) == 1
    assert len(str(refusal.value)) < 200


ATTACKS = [
    "exists (SELECT 1 FROM sqlite_master)",
    "1 UNION SELECT rootpage FROM sqlite_master",
    "1 UNION SELECT row FROM errors",
    "randomblob(10) IS NOT NULL",
    "load_extension('x')",
    "(SELECT count(*) FROM errors)",
    "(SELECT 1 FROM pragma_table_info('errors'))",
    "1 IN (SELECT value FROM json_each('[1]'))",
    "printf('%99999d', 1)",
    "sqlite_version() > '1'",
    "(WITH RECURSIVE a(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a) SELECT max(n) FROM a)",
    "row > 0; DROP TABLE errors",
    "row > 0; ATTACH 'attacked.db' AS x",
    "? = 1",
]


@pytest.mark.parametrize("sql", ATTACKS)
def test_what_came_past_the_reading_stops_at_the_second_wall(toy, sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PredictionError):
        find_rows(toy, Condition(sql, sql, ()))
    assert not list(tmp_path.iterdir())


def test_a_misspelt_column_cannot_become_a_text_in_sqlite_either(toy):
    with pytest.raises(PredictionError, match="no such column"):
        find_rows(toy, Condition("", 'errors."margn" > 1', ()))


def test_time_is_bounded_by_steps(toy, monkeypatch):
    monkeypatch.setattr(where, "_STEPS_PER_ROW", 1)
    monkeypatch.setattr(where, "_STEPS_PER_LOOK", 10)
    with pytest.raises(PredictionError, match="too long"):
        toy.where(" or ".join(["pair like '%x'"] * 20))


def test_the_dearest_conditions_stay_far_below_the_bound(many, monkeypatch):
    monkeypatch.setattr(where, "_STEPS_PER_ROW", where._STEPS_PER_ROW // 4)
    monkeypatch.setattr(where, "_STEPS_PER_LOOK", 1_000)
    assert many.where("+".join(["tied"] * 190) + " >= 0").indices == many.indices
    assert not len(many.where(" or ".join(["pair like '%x'"] * 110)))


def test_sqlite_is_loaded_by_nothing_but_a_condition():
    code = (
        "import sys; import ensemble_lab.cli.errors, ensemble_lab.cli.gallery; "
        "import ensemble_lab.workflows.errors, ensemble_lab.errors.where; "
        "assert 'sqlite3' not in sys.modules; "
        "ensemble_lab.errors.where.read_condition('gap > 1'); assert 'sqlite3' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
