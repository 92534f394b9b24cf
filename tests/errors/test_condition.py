"""Conditions, read word by word: what SQLite is given, and what it never sees."""

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from ensemble_lab.errors.condition import FUNCTIONS, MAX_LETTERS, parse_condition
from ensemble_lab.errors.where import COLUMNS
from ensemble_lab.exceptions import PredictionError

NAMES = tuple(COLUMNS)


@pytest.mark.parametrize(
    ("text", "sql", "columns"),
    [
        ("index > 5", 'errors."index" > 5', ("index",)),
        ('"index" > 5', 'errors."index" > 5', ("index",)),
        ("INDEX>5", 'errors."index" > 5', ("index",)),
        ("pair = 'index'", "errors.\"pair\" = 'index'", ("pair",)),
        ("pair = '4->9; -- /*'", "errors.\"pair\" = '4->9; -- /*'", ("pair",)),
        ("label_name = 'O''Neill'", "errors.\"label_name\" = 'O''Neill'", ("label_name",)),
        (
            "NOT (gap<.5 OR gap>=1e-3)",
            'not ( errors."gap" < .5 or errors."gap" >= 1e-3 )',
            ("gap",),
        ),
        ("max(gap, margin) > 0", 'max ( errors."gap" , errors."margin" ) > 0', ("gap", "margin")),
        ("1\n=\t1", "1 = 1", ()),
    ],
)
def test_columns_get_their_table_and_texts_stay(text, sql, columns):
    condition = parse_condition(text, NAMES)
    assert (condition.sql, condition.columns, condition.text) == (sql, columns, text)


REFUSED = {
    "1 = 1; DROP TABLE errors": "without ';'",
    "1 = 1 -- and the rest": "no comment",
    "1 = 1 /* and the rest": "no comment",
    "margin--0.2": "no comment",
    "1) OR (1": "open each bracket",
    ")": "open each bracket",
    "((gap > 1)": "close each bracket",
    "index IN (SELECT 1)": "SELECT",
    "EXISTS (SELECT 1 FROM sqlite_master)": "'EXISTS'",
    "1 UNION SELECT sql FROM sqlite_master": "'UNION'",
    "1 IN sqlite_master": "'sqlite_master'",
    "1 LIMIT 5": "'LIMIT'",
    "(VALUES (1))": "'VALUES'",
    "(WITH a AS (VALUES (1)))": "'WITH'",
    "ATTACH DATABASE 'x.db' AS x": "'ATTACH'",
    "PRAGMA user_version": "'PRAGMA'",
    "load_extension('x')": "'load_extension'",
    "randomblob(1000000000)": "'randomblob'",
    "zeroblob(1000000000)": "'zeroblob'",
    "printf('%1000000000d', 1)": "'printf'",
    "replace(pair, '4', pair)": "'replace'",
    "'1' IN (json_each)": "'json_each'",
    "RAISE(IGNORE)": "'RAISE'",
    "CAST(gap AS TEXT)": "'CAST'",
    "gap COLLATE nocase = 1": "'COLLATE'",
    "abs": "'abs'",
    "rowid = 1": "'rowid'",
    "row = 1": "'row'",
    "errors.gap > 1": "'.gap > 1'",
    "main.errors.gap > 1": "'.errors.gap > 1'",
    "wrong_members = 1": "'wrong_members'; did you mean 'n_wrong'",
    "margn > 1": "did you mean 'margin'",
    "MARGIN_ > 1": "did you mean 'margin'",
    "rund(gap) > 1": "did you mean 'round'",
    '"margn" > 1': "did you mean 'margin'",
    'pair = "4->9"': "single quotes",
    '"ga""p" > 1': "single quotes",
    "label = '4": "single one is open",
    'label = "4': "double one is open",
    "label = 4 & predicted = 9": "by and",
    "label = 4 && predicted = 9": "by and",
    "label = 4 | predicted = 9": "by or",
    "pair || pair = '4'": "by or",
    "pair = 4->9": "'4->9' in single quotes",
    "-0.2 < margin < 0.2": "joined by and",
    "label = predicted = 1": "joined by and",
    "gap = ?": "signs of SQL",
    "gap = ?1": "signs of SQL",
    "gap = :gap": "signs of SQL",
    "gap = @gap": "signs of SQL",
    "gap = $gap": "signs of SQL",
    "[gap] > 1": "signs of SQL",
    "`gap` > 1": "signs of SQL",
    "~label": "signs of SQL",
    "gap ≥ 0.5": "'≥ 0.5'",
    "label = 0x10": "'0x10'",
    "label = 1_000": "'1_000'",
    "label = 1.5.2": "'1.5.2'",
    "x'00' = 1": "'x'",
    "pair = '\0'": "UTF-8",
    "pair = '\udcff'": "UTF-8",
    "gap > 1 \0": "signs of SQL",
    "": "got none",
    " \n": "got none",
    "1=1 or " * 500 + "1": f"{MAX_LETTERS:,} letters",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_condition_is_refused_in_one_line(text):
    with pytest.raises(PredictionError) as refusal:
        parse_condition(text, NAMES)
    assert REFUSED[text] in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1
    assert len(str(refusal.value)) < 400


def test_an_unknown_word_lists_all_there_are():
    with pytest.raises(PredictionError) as refusal:
        parse_condition("nothing > 1", NAMES)
    assert ", ".join(COLUMNS) in str(refusal.value)
    with pytest.raises(PredictionError) as refusal:
        parse_condition("nothing(1)", NAMES)
    assert ", ".join(FUNCTIONS) in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "0 < gap and gap < 0.2",
        "(label = 4) = (predicted = 9)",
        "not label = 4 or not predicted = 9",
        "case when gap > 0 then gap < 1 else gap > -1 end",
        "max(gap > 0, gap < 1)",
        "gap between 0 and 1 and margin < 0",
    ],
)
def test_comparisons_that_are_joined_are_no_chain(text):
    assert parse_condition(text, NAMES)


WORDS = st.sampled_from([*NAMES, *FUNCTIONS, *"()<>=,;'\"*/-1 .&|", "and", "select", "->", "--"])


@given(st.text(max_size=30) | st.lists(WORDS, max_size=12).map(" ".join))
def test_whatever_is_typed_is_known_word_by_word_or_refused(text):
    try:
        condition = parse_condition(text, NAMES)
    except PredictionError as error:
        event(str(error)[:20])
    else:
        assert set(condition.columns) <= set(NAMES)
        bare = condition.sql.split("'")[::2]  # What is not in a text.
        assert not any(sign in part for part in bare for sign in (";", "--", "/*", "select", "?"))
