"""A missing optional part skips with its reason, or fails where everything must be there."""

import pytest

from tests.conftest import find_mnist, miss


@pytest.mark.parametrize(("required", "outcome"), [("0", "skip"), ("1", "fail"), (None, "skip")])
def test_missing_part_skips_or_fails(monkeypatch, required, outcome):
    monkeypatch.delenv("ENSEMBLE_LAB_REQUIRE_ALL", raising=False)
    if required is not None:
        monkeypatch.setenv("ENSEMBLE_LAB_REQUIRE_ALL", required)
    with pytest.raises(getattr(pytest, outcome).Exception, match="the cake is missing"):
        miss("the cake is missing")


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
