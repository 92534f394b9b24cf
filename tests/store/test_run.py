"""The manifest: what it must hold, and what is refused."""

import json
from dataclasses import replace

import pytest

from ensemble_lab.exceptions import DamagedError, MissingError, NewerFormatError
from ensemble_lab.store.run import open_run, save_run
from ensemble_lab.store.runs import find_runs

REMOVE = object()


def edit(run, change):
    manifest = run.path / "run.json"
    values = json.loads(manifest.read_text())
    change(values)
    manifest.write_text(json.dumps(values))


def test_run_comes_back(run):
    save_run(run)
    assert open_run(run.path) == run
    assert open_run(str(run.path)).keys == ("a-0000", "a-0001")
    assert run.n_classes == 3


def test_manifest_is_json_that_a_person_can_read(run):
    values = json.loads((run.path / "run.json").read_text())
    assert values["format"] == "ensemble-lab/run"
    assert values["version"] == 1
    assert [member["key"] for member in values["members"]] == list(run.keys)


@pytest.mark.parametrize("name", ["missing", "a folder", "too long" * 1000, "with\0null"])
def test_what_is_no_run_is_refused(tmp_path, refusal, name):
    (tmp_path / "a folder").mkdir()
    error = refusal(lambda: open_run(tmp_path / name))
    assert isinstance(error, MissingError)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe{}",
        b"[" * 100_000,
        b'{"version": NaN}',
        b'{"version": 1, "format": "ensemble-lab/run", "name": "\\ud800"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"format": "another/tool", "version": 1}',
    ],
)
def test_damaged_manifest_is_one_line(run, refusal, content):
    (run.path / "run.json").write_bytes(content)
    error = refusal(lambda: open_run(run.path))
    assert isinstance(error, DamagedError)
    assert "run.json" in str(error)


def test_cut_manifest_is_one_line(run, refusal):
    content = (run.path / "run.json").read_bytes()
    for length in range(0, len(content) - 2, 41):
        (run.path / "run.json").write_bytes(content[:length])
        assert isinstance(refusal(lambda: open_run(run.path)), DamagedError)


def test_newer_run_says_what_to_do(run, refusal):
    edit(run, lambda values: values.update(version=2))
    error = refusal(lambda: open_run(run.path))
    assert isinstance(error, NewerFormatError)
    assert "newer ensemble-lab" in str(error)


@pytest.mark.parametrize("value", [None, True, 0, 1.5, "x", [1], [{}], {}, {"a": 1}, REMOVE])
@pytest.mark.parametrize(
    "name", ["version", "name", "class_names", "image_shape", "data", "splits", "members"]
)
def test_value_of_another_type_is_refused_by_name(run, refusal, name, value):
    fits = {"name": ["x"], "data": [{}, {"a": 1}]}
    if value in fits.get(name, []):
        return
    edit(run, lambda v: v.pop(name) if value is REMOVE else v.update({name: value}))
    error = refusal(lambda: open_run(run.path))
    assert isinstance(error, DamagedError)
    assert "run.json" in str(error)


@pytest.mark.parametrize("value", [None, True, 0, "", [], {}, "../x", "/etc", "A", "a\n", REMOVE])
@pytest.mark.parametrize("name", ["key", "group", "kind", "digest", "spec"])
def test_member_of_another_type_is_refused(run, refusal, name, value):
    fits = {"group": str, "digest": str, "spec": dict}
    if name in fits and isinstance(value, fits[name]):
        return

    def change(values):
        row = values["members"][0]
        row.pop(name) if value is REMOVE else row.update({name: value})

    edit(run, change)
    error = refusal(lambda: open_run(run.path))
    assert isinstance(error, DamagedError)
    assert "run.json" in str(error)


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "a/b", "a\\b", "\0", "é", "-a", "a" * 97])
def test_name_that_leaves_its_folder_is_refused(run, refusal, name):
    edit(run, lambda values: values["members"][0].update(key=name))
    assert "member key" in str(refusal(lambda: open_run(run.path)))
    edit(
        run,
        lambda values: values["members"][0].update(key="a-0000") or values["splits"].append(name),
    )
    assert "split" in str(refusal(lambda: open_run(run.path)))
    refusal(lambda: run.member_folder(name))


def test_key_that_comes_twice_is_refused(run, refusal):
    edit(run, lambda values: values["members"][1].update(key="a-0000"))
    assert "twice" in str(refusal(lambda: open_run(run.path)))


def test_unknown_key_of_the_manifest_does_no_harm(run):
    edit(run, lambda values: values.update(note="later versions may add what these can ignore"))
    assert open_run(run.path) == run


def test_origin_is_written_only_where_there_is_one(run):
    first, second = run.members
    save_run(replace(run, members=(first, replace(second, origin="../elsewhere/b"))))
    rows = json.loads((run.path / "run.json").read_text())["members"]
    assert [row.get("origin", "none") for row in rows] == ["none", "../elsewhere/b"]
    found = open_run(run.path)
    assert [entry.origin for entry in found.members] == [None, "../elsewhere/b"]
    assert found.origins == (run.path.parent / "elsewhere" / "b",)
    assert run.origins == ()


@pytest.mark.parametrize("value", [True, 0, [], {}])
def test_origin_that_is_no_text_is_refused(run, refusal, value):
    edit(run, lambda values: values["members"][0].update(origin=value))
    error = refusal(lambda: open_run(run.path))
    assert isinstance(error, DamagedError)
    assert "origin" in str(error)


def test_unknown_names_are_answered_with_the_closest(run, refusal):
    for ask, name in (
        (lambda: run.member("a-000"), "a-000"),
        (lambda: run.check_split("tst"), "test"),
        (lambda: run.matching(("a-0002*",)), "a-000"),
    ):
        error = refusal(ask)
        assert isinstance(error, MissingError)
        assert name in str(error)


def test_patterns_keep_the_runs_order(run):
    assert [entry.key for entry in run.matching(("*1", "*0"))] == list(run.keys)
    assert [entry.key for entry in run.matching(("*1",))] == ["a-0001"]
    assert run.matching(()) == run.members


def test_runs_are_found_two_folders_deep(make_run, tmp_path):
    paths = [make_run(tmp_path / name, n_members=1).path for name in ("one", "deep/two")]
    (tmp_path / "no run").mkdir()
    assert sorted(find_runs(tmp_path)) == sorted(paths)
    assert list(find_runs(paths[0])) == [paths[0]]
    with pytest.raises(MissingError):
        list(find_runs(tmp_path / "nowhere"))


def test_manifest_says_what_probabilities_are_stored_as_only_where_it_is_not_float32(run, refusal):
    save_run(run)
    assert "probabilities" not in json.loads((run.path / "run.json").read_text())
    save_run(replace(run, probabilities="float16"))
    assert json.loads((run.path / "run.json").read_text())["probabilities"] == "float16"
    assert open_run(run.path) == replace(run, probabilities="float16")
    edit(run, lambda values: values.update(probabilities="float8"))
    error = refusal(lambda: open_run(run.path))
    assert "float32, float16; got 'float8'" in str(error)
