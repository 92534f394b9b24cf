"""Whatever is done to a file, one line says so, and nothing hangs, crashes or reads other data."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from ensemble_lab.exceptions import DamagedError, MissingError, NewerFormatError, StoreError
from tests.store.damage import SPOILERS, edit_header

KINDS = ("member", "predictions", "epoch votes", "state", "split", "labels")
FILES = ("member", "predictions", "state", "split")
ODD_VALUES = (None, True, -1, 0.5, "x", "", [], [1], ["x"], {}, {"x": 1}, [[]], [{}])


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("name", SPOILERS)
def test_spoilt_file_is_refused_in_one_line(files, refusal, kind, name):
    path, read = files[kind]
    spoil, fact = SPOILERS[name]
    spoil(path)
    error = refusal(read)
    assert fact in str(error)
    assert str(path) in str(error)
    assert type(error) is (NewerFormatError if name == "newer version" else DamagedError)


@pytest.mark.parametrize("kind", FILES[:2])
def test_link_to_itself_is_refused(files, refusal, kind):
    path, read = files[kind]
    path.unlink()
    path.symlink_to(path.name)
    assert isinstance(refusal(read), StoreError)


@pytest.mark.parametrize("kind", ["member", "predictions", "epoch votes", "split", "labels"])
def test_missing_file_is_named(files, refusal, kind):
    path, read = files[kind]
    path.unlink()
    error = refusal(read)
    assert isinstance(error, MissingError)
    assert path.name in str(error) or "a-0000" in str(error)


@pytest.mark.parametrize("kind", KINDS)
def test_one_file_does_not_pass_for_another(files, refusal, kind):
    path, read = files[kind]
    for other_kind in KINDS:
        other, _ = files[other_kind]
        if other == path:
            continue
        before = path.read_bytes()
        path.write_bytes(other.read_bytes())
        assert isinstance(refusal(read), DamagedError)
        path.write_bytes(before)


@pytest.mark.parametrize("kind", KINDS)
def test_no_value_in_a_header_escapes_as_another_exception(files, kind):
    """Each value of a header, replaced by one of another type, is refused or does no harm."""
    path, read = files[kind]
    good = path.read_bytes()
    for part in ("header", "notes"):
        names: list[str] = []
        edit_header(path, lambda values, names=names: names.extend(values), part)
        for name in names:
            for value in (*ODD_VALUES, "remove"):
                path.write_bytes(good)

                def change(values, name=name, value=value):
                    values.pop(name) if value == "remove" else values.update({name: value})

                edit_header(path, change, part)
                with contextlib.suppress(StoreError):
                    read()


def test_five_hundred_seeded_damages_crash_nothing(run):
    """Each raw and sealed again; `tests.store.fuzz` takes any number of further seeds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.store.fuzz", str(run.path), "0", "50"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 0, (done.stdout.splitlines()[-1:], done.stderr)
    assert len(done.stdout.splitlines()) == 250
