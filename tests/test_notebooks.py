"""Every notebook runs from top to bottom, holds no output, and defines no function."""

import ast
import os
from pathlib import Path

import pytest

from tests.conftest import need

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path):
    return need("nbformat").read(path, as_version=4)


def code_of(path):
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_committed_without_outputs(path):
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_defines_nothing_that_belongs_in_the_package(path):
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    for source in code_of(path):
        lines = "\n".join(line for line in source.splitlines() if not line.startswith("%"))
        assert not [node for node in ast.walk(ast.parse(lines)) if isinstance(node, definitions)]


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path, monkeypatch):
    nbclient = need("nbclient")
    need("ipykernel")
    # The kernel is a process of its own: it must find this package, installed or not.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    client = nbclient.NotebookClient(
        read(path), timeout=240, resources={"metadata": {"path": str(tmp_path)}}
    )
    done = client.execute()
    shown = [output for cell in done.cells for output in cell.get("outputs", [])]
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert not [output.text for output in shown if output.get("name") == "stderr"]
