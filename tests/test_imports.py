"""What an import costs: nothing heavy comes along that was not asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import ensemble_lab as lab

ROOT = Path(__file__).parents[1]
FRAMEWORKS = {"keras", "tensorflow", "jax", "torch", "sklearn"}
HEAVY = FRAMEWORKS | {"matplotlib", "seaborn", "pandas", "scipy"}
LIGHT = sorted(
    f"ensemble_lab.store.{path.stem}"
    for path in (ROOT / "ensemble_lab" / "store").glob("*.py")
    if path.stem != "__init__"
)


def loaded_by(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after `code`."""
    report = "import sys, json; sys.stdout.write(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_the_package_costs_next_to_nothing():
    loaded = loaded_by("import ensemble_lab")
    assert not loaded & (HEAVY | {"numpy", "h5py", "pydantic", "rich"})


def test_public_names_are_listed_without_loading_them():
    loaded = loaded_by("import ensemble_lab as lab; names = dir(lab); lab.__version__; lab.__all__")
    assert not loaded & (HEAVY | {"numpy", "h5py", "pydantic"})


@pytest.mark.parametrize("module", LIGHT)
def test_store_needs_neither_frameworks_nor_pydantic(module):
    assert not loaded_by(f"import {module}") & (HEAVY | {"pydantic", "rich"})


@pytest.mark.parametrize("module", ["decision", "seeds", "analysis.votes.vote", "errors.filters"])
def test_arrays_in_arrays_out_needs_numpy_alone(module):
    assert not loaded_by(f"import ensemble_lab.{module}") & (HEAVY | {"pydantic"})


def test_spec_needs_no_framework():
    assert not loaded_by("import ensemble_lab.spec.experiment") & (HEAVY | {"h5py"})


def test_engines_never_import_a_framework():
    rooms = ", ".join(f"ensemble_lab.engines.{each}" for each in ("subprocesses", "transports"))
    assert not loaded_by(f"import ensemble_lab.engines, {rooms}") & (HEAVY | {"ray"})


def test_plan_and_architectures_need_no_framework():
    code = "import ensemble_lab.training.plan, ensemble_lab.training.architectures"
    assert not loaded_by(code) & FRAMEWORKS


@pytest.mark.parametrize("name", [name for name in lab.__all__ if name != "__version__"])
def test_public_name_is_there_and_documented(name):
    value = getattr(lab, name)
    assert value.__doc__


def test_no_public_name_is_a_submodules_name():
    """`lab.vote` would be the function or the module, by the order of imports."""
    package = ROOT / "ensemble_lab"
    modules = {path.stem for path in package.glob("*.py")}
    modules |= {path.name for path in package.iterdir() if path.is_dir()}
    assert not modules & set(lab.__all__)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        lab.nothing  # noqa: B018
