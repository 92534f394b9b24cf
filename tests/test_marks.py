"""A missing optional part skips with its reason, or fails where everything must be there."""

import subprocess
import sys

import pytest

from tests.conftest import find_browser, find_mnist, miss, need
from tests.processes import make_environment


@pytest.mark.parametrize(("required", "outcome"), [("0", "skip"), ("1", "fail"), (None, "skip")])
def test_missing_part_skips_or_fails(monkeypatch, required, outcome):
    monkeypatch.delenv("ENSEMBLE_LAB_REQUIRE_ALL", raising=False)
    if required is not None:
        monkeypatch.setenv("ENSEMBLE_LAB_REQUIRE_ALL", required)
    with pytest.raises(getattr(pytest, outcome).Exception, match="the cake is missing"):
        miss("the cake is missing")


def test_missing_module_is_missed_by_name(monkeypatch):
    monkeypatch.setenv("ENSEMBLE_LAB_REQUIRE_ALL", "1")
    assert need("json").loads("1") == 1
    with pytest.raises(pytest.fail.Exception, match="cake_of_ours is not installed"):
        need("cake_of_ours")


@pytest.mark.parametrize(("required", "code"), [("0", 0), ("1", 1)])
def test_session_that_skipped_fails_where_all_is_required(tmp_path, required, code):
    (tmp_path / "test_cake.py").write_text(
        "import pytest\ndef test_cake():\n    pytest.importorskip('cake_of_ours')\n"
        "def test_tea():\n    pass\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "test_cake.py"],
        cwd=tmp_path,
        env=make_environment(ENSEMBLE_LAB_REQUIRE_ALL=required),
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == code, answer.stdout + answer.stderr
    assert "1 passed, 1 skipped" in answer.stdout
    assert ("1 skipped, and ENSEMBLE_LAB_REQUIRE_ALL is set" in answer.stdout) == bool(code)


@pytest.mark.parametrize("folder", [None, "", "nowhere"])
def test_missing_mnist_names_the_variable(monkeypatch, tmp_path, folder):
    monkeypatch.delenv("ENSEMBLE_LAB_REQUIRE_ALL", raising=False)
    monkeypatch.delenv("ENSEMBLE_LAB_DATA", raising=False)
    if folder is not None:
        monkeypatch.setenv("ENSEMBLE_LAB_DATA", str(tmp_path / folder) if folder else "")
    with pytest.raises(pytest.skip.Exception, match="ENSEMBLE_LAB_DATA"):
        find_mnist()


def test_mnist_folder_is_found(monkeypatch, tmp_path):
    (tmp_path / "mnist.npz").touch()
    monkeypatch.setenv("ENSEMBLE_LAB_DATA", str(tmp_path))
    assert find_mnist() == tmp_path


def test_missing_browser_names_what_was_looked_for(monkeypatch, tmp_path):
    monkeypatch.delenv("ENSEMBLE_LAB_REQUIRE_ALL", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pytest.skip.Exception, match="chromium, chromium-browser, google-chrome"):
        find_browser()


def test_browser_on_the_path_is_found(monkeypatch, tmp_path):
    program = tmp_path / "google-chrome"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_browser() == str(program)
