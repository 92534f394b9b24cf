"""Reviews: what people said of labels, line by line, and what a damaged line says."""

import errno
import json
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_lab.exceptions import (
    DamagedError,
    DataError,
    MismatchError,
    NewerFormatError,
    StoreError,
)
from ensemble_lab.store.review import VERDICTS, Review, parse_date
from ensemble_lab.store.reviews import (
    append_new_reviews,
    append_reviews,
    check_writable,
    current_reviews,
    load_reviews,
)
from ensemble_lab.store.splits import load_record

ADA = Review(
    split="test",
    index=1,
    labels_sha256="",
    verdict="label-error",
    author="Ada",
    date="2026-01-01T12:00:00+00:00",
    note="an open 4",
    seen=2,
)


@pytest.fixture
def ada(run):
    return replace(ADA, labels_sha256=load_record(run, "test").labels_sha256)


@pytest.fixture
def path(run):
    return run.path / "verdicts.jsonl"


def test_what_is_appended_is_loaded(run, ada, path):
    crowd = replace(ada, author="crowd", votes=((1, 2), (2, 2), (None, 1)), seen=None, note="")
    assert load_reviews(run) == ()
    assert append_reviews(run, [ada]) == (ada,)
    before = path.read_bytes()
    assert append_reviews(run, [crowd]) == (crowd,)
    assert path.read_bytes().startswith(before)
    assert load_reviews(run) == (ada, crowd)
    assert load_reviews(run, "validation") == ()


def test_line_has_the_documented_keys_and_leaves_out_what_is_not_said(run, ada, path):
    append_reviews(run, [ada, replace(ada, note="", seen=None)])
    first, second = map(json.loads, path.read_text().splitlines())
    keys = ["version", "split", "index", "labels_sha256", "verdict", "author", "date"]
    assert list(first) == [*keys, "note", "class"]
    assert list(second) == keys
    assert first["version"] == 1


def test_review_without_a_date_is_of_now(run, ada):
    (kept,) = append_reviews(run, [replace(ada, date=None)])
    assert kept.date.endswith("+00:00")
    assert kept.date > "2026"
    assert load_reviews(run) == (kept,)


def test_later_date_supersedes_and_of_equal_dates_the_last():
    late = replace(ADA, verdict="ambiguous", date="2026-02-01T00:00:00+00:00")
    other = replace(ADA, author="Bea")
    elsewhere = replace(ADA, index=2)
    again = replace(ADA, verdict="label-right", seen=None)
    assert current_reviews([late, ADA, other, elsewhere]) == (late, other, elsewhere)
    assert current_reviews([ADA, again]) == (again,)
    assert current_reviews([]) == ()


def test_import_twice_changes_nothing(run, ada, path):
    rows = [replace(ada, date=None), replace(ada, date=None, index=2), replace(ada, author="Bea")]
    assert len(append_new_reviews(run, rows)) == 3
    before = path.read_bytes()
    assert append_new_reviews(run, rows) == ()
    assert path.read_bytes() == before
    assert len(append_new_reviews(run, [*rows, replace(ada, note="new")])) == 1


def test_change_of_mind_and_back_is_imported_whole_and_once(run, ada):
    told = [replace(ada, date=f"2026-01-0{day}T00:00:00+00:00") for day in (1, 2, 3)]
    told[1] = replace(told[1], verdict="ambiguous")
    assert len(append_new_reviews(run, told)) == 3
    assert append_new_reviews(run, told) == ()
    undated = [replace(each, date=None) for each in told]
    assert append_new_reviews(run, undated) == ()
    later = replace(told[0], date="2026-01-09T00:00:00+00:00")
    assert append_new_reviews(run, [later]) == (later,)


@pytest.mark.parametrize("cut", [1, 30, -1])
def test_line_that_was_cut_off_is_passed_over_and_swallows_none(run, ada, path, cut):
    append_reviews(run, [ada])
    whole = path.read_bytes()
    path.write_bytes(whole + (whole[:cut] if cut > 0 else "é".encode()[:1]))
    assert load_reviews(run) == (ada,)
    other = replace(ada, author="Bea")
    append_reviews(run, [other])
    assert load_reviews(run) == (ada, other)


@pytest.mark.parametrize("bad", [b"{", b"[]", b"\xff", b"", b"[" * 100_000, b"{}"])
def test_damaged_line_is_named_by_its_number(run, ada, path, refusal, bad):
    append_reviews(run, [ada, ada])
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, bad, second, b""]))
    before = path.read_bytes()
    for ask in (lambda: load_reviews(run), lambda: append_new_reviews(run, [ada])):
        error = refusal(ask)
        assert isinstance(error, DamagedError)
        assert "verdicts.jsonl:2" in str(error)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "kind", "fact"),
    [
        ({"version": 2}, NewerFormatError, "newer"),
        ({"version": None}, DamagedError, "version"),
        ({"index": -1}, DamagedError, "index"),
        ({"index": True}, DamagedError, "index"),
        ({"index": 1e300}, DamagedError, "index"),
        ({"index": 2**70}, DamagedError, "index"),
        ({"index": 4}, MismatchError, "from 0 to 3"),
        ({"labels_sha256": "1" * 64}, MismatchError, "labels"),
        ({"verdict": "label-eror"}, DamagedError, "did you mean 'label-error'"),
        ({"verdict": ["label-error"]}, DamagedError, "verdict"),
        ({"author": " "}, DamagedError, "author"),
        ({"author": "x" * 101}, DamagedError, "100"),
        ({"note": "x" * 1001}, DamagedError, "1,000"),
        ({"note": "\x1b[2J"}, DamagedError, "U+001B"),
        ({"note": "a\nb"}, DamagedError, "U+000A"),
        ({"note": "a\u202eb"}, DamagedError, "U+202E"),
        ({"note": 3}, DamagedError, "note"),
        ({"date": "yesterday"}, DamagedError, "ISO 8601"),
        ({"date": "0001-01-01T00:00+14:00"}, DamagedError, "ISO 8601"),
        ({"class": 3}, MismatchError, "from 0 to 2"),
        ({"class": "2"}, DamagedError, "class"),
        ({"verdict": "label-right"}, DamagedError, "class"),
        ({"votes": [[0, 1], [0, 2]]}, DamagedError, "once"),
        ({"votes": [[7, 1]]}, MismatchError, "from 0 to 2"),
        ({"votes": [[0, 1, 2]]}, DamagedError, "pairs"),
        ({"votes": [[0, -1]]}, DamagedError, "count"),
        ({"votes": {"0": 1}}, DamagedError, "votes"),
        ({"votes": [[[], 1]]}, DamagedError, "class"),
        ({"source": "\x07"}, DamagedError, "source"),
    ],
)
def test_hostile_line_is_refused_in_one_line_that_names_it(
    run, ada, path, refusal, change, kind, fact
):
    append_reviews(run, [ada, ada])
    first, second = path.read_text().splitlines()
    path.write_text(f"{first}\n{json.dumps(json.loads(second) | change)}\n")
    error = refusal(lambda: load_reviews(run))
    assert type(error) is kind
    assert fact in str(error)
    assert "verdicts.jsonl:2" in str(error)


def test_damage_in_a_line_about_another_split_is_reported_too(run, ada, path, refusal):
    append_reviews(run, [ada])
    row = json.loads(path.read_text()) | {"split": "validation", "verdict": "x"}
    path.write_text(path.read_text() + json.dumps(row) + "\n")
    assert "verdicts.jsonl:2" in str(refusal(lambda: load_reviews(run)))


def test_other_programs_may_add_keys_and_review_splits_that_are_not_here(run, ada, path):
    append_reviews(run, [ada])
    row = json.loads(path.read_text())
    lines = [row | {"mood": "good"}, row | {"split": "blur-3", "labels_sha256": "0"}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert load_reviews(run) == (ada,)


def test_folder_in_its_place_is_refused(run, path, refusal):
    path.mkdir()
    refusal(lambda: load_reviews(run))


@pytest.mark.parametrize(
    "change", [{"index": 9}, {"labels_sha256": "1" * 64}, {"seen": 3}, {"votes": ((5, 1),)}]
)
def test_nothing_is_appended_that_could_not_be_loaded(run, ada, path, refusal, change):
    error = refusal(lambda: append_reviews(run, [ada, replace(ada, **change)]))
    assert isinstance(error, MismatchError)
    assert not path.exists()


def test_split_without_labels_has_nothing_to_review(run, ada, refusal, monkeypatch):
    record = replace(load_record(run, "test"), labels_sha256=None)
    monkeypatch.setattr("ensemble_lab.store.reviews.load_record", lambda run, split: record)
    assert "none" in str(refusal(lambda: append_reviews(run, [ada])))


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
@pytest.mark.parametrize("name", ["verdicts.jsonl", ".lock"])
def test_read_only_run_is_one_line_and_nothing_is_kept_elsewhere(
    run, ada, user_state, refusal, monkeypatch, number, name
):
    real = os.open

    def read_only(path, flags, *rest, **named):
        if str(path).endswith(name) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", read_only)
    error = refusal(lambda: append_reviews(run, [ada]))
    assert type(error) is StoreError
    assert os.strerror(number) in str(error)
    assert "Copy the run" in str(error)
    assert not list(user_state.iterdir())


def test_read_only_run_is_known_before_anything_is_read(run, refusal, monkeypatch):
    check_writable(run)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "read-only" in str(refusal(lambda: check_writable(run)))


def test_full_disk_appends_none_of_several(run, ada, path, refusal, monkeypatch):
    append_reviews(run, [ada])
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda descriptor, text: real(descriptor, text[: len(text) - 9]))
        error = refusal(lambda: append_reviews(run, [ada] * 3))
    assert "No space left" in str(error)
    assert "Copy" not in str(error)
    assert load_reviews(run) == (ada,)
    assert len(append_reviews(run, [ada] * 3)) == 3


@given(
    st.text(max_size=30, alphabet=st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp"))),
    st.sampled_from(list(VERDICTS)),
)
def test_note_of_any_script_is_text_or_refused(note, verdict):
    turns = any("\u202a" <= letter <= "\u202e" or "\u2066" <= letter <= "\u2069" for letter in note)
    try:
        assert replace(ADA, note=note, verdict=verdict, seen=None).note == note
        assert not turns
    except DataError:
        assert turns


@given(st.datetimes().map(str) | st.dates().map(str))
def test_date_is_parsed_to_a_fixed_point(text):
    assert parse_date(parse_date(text)) == parse_date(text)
