"""The plan of the house, as rules that the code must keep."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "ensemble_lab"

LAYERS = {
    "exceptions": 0,
    "arrays": 1,
    "canonical": 1,
    "argmax": 2,
    "precision": 1,
    "roles": 1,
    "spelling": 1,
    "decision": 2,
    "seeds": 2,
    "spec": 2,
    "store": 3,
    "data": 3,
    "training": 4,
    "engines": 4,
    "analysis": 4,
    "errors": 5,
    "figures": 6,
    "workflows": 7,
    "cli": 8,
    "__main__": 9,
    "__init__": 9,
}
"""A room imports itself and the rooms below it: never one beside it, never one above."""

ROOMS_OF = {
    "h5py": ("store/hdf5.py",),
    "keras": ("training/",),
    "tensorflow": ("training/steps_tensorflow.py",),
    # One file for a member's steps, one for a stack's, the step that both compile, and what
    # memory that takes.
    "jax": (
        "training/steps_jax.py",
        "training/steps_memory.py",
        "training/steps_pure.py",
        "training/steps_stacked.py",
    ),
    "matplotlib": ("figures/",),
    "PIL": ("figures/",),
    "seaborn": ("figures/",),
    "rich": ("cli/",),
}
"""Where in the package a library may be imported at all."""

FORBIDDEN = {"utils", "util", "helpers", "common", "misc", "base", "manager"}
MAX_LINES_OF_FILE = 400
MAX_LINES_OF_FUNCTION = 60

JSON = {
    "canonical.py": {"digest_of"},
    "data/sources/npz.py": {"load_arrays"},
    "decision.py": {"from_json", "to_json"},
    "spec/frozen.py": {"to_json"},
    "spec/data.py": {"parse_data"},
    "spec/groups.py": {"merge_groups"},
    "store/files.py": {"check_field", "load_json", "parse_json", "save_json"},
    "store/ledger.py": {"load_ledger", "read_ledger", "tell_look"},
    "store/lines.py": {"append_lines", "load_lines"},
    "store/members.py": {"epoch_record", "save_member"},
    "training/architectures/layers.py": {"describe"},
    "training/backends.py": {"describe_device"},
    "training/environment.py": {"describe_environment", "plan_environment"},
    "training/steps_jax.py": {"describe_device"},
    "training/steps_tensorflow.py": {"describe_device"},
    "workflows/results.py": {"collect_results", "save_results"},
    "workflows/vote.py": {"to_json"},
}
"""Functions whose dict is an object as it stands in a file, or a process's environment."""


@dataclass(frozen=True)
class Import:
    """What a file imports, and where."""

    file: str
    line: int
    name: str


def files_of(package: Path) -> Iterator[tuple[str, ast.Module, int]]:
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text, str(path))
        yield path.relative_to(package).as_posix(), tree, len(text.splitlines())


def imports_of(file: str, tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import, in functions and under TYPE_CHECKING too, by its full name."""
    parents = [package, *file.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(file, node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            yield from (Import(file, node.lineno, f"{module}.{a.name}") for a in node.names)
        elif isinstance(node, ast.Call) and _is_import_call(node):
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Import(file, node.lineno, name.value)


def _is_import_call(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in {"import_module", "__import__"}


def room_of(file: str) -> str:
    return file.split("/")[0].removesuffix(".py")


def upward_edges(package: Path) -> list[str]:
    found = []
    for file, tree, _ in files_of(package):
        here = room_of(file)
        if here not in LAYERS:
            found.append(f"{file}: the room {here!r} is not in the plan")
            continue
        for imported in imports_of(file, tree, package.name):
            first, *rest = imported.name.split(".")
            if first != package.name or rest in ([], ["__version__"]):
                continue
            if rest[0] != here and LAYERS.get(rest[0], 99) >= LAYERS[here]:
                found.append(f"{file}:{imported.line} imports {imported.name}")
    return found


def strayed_libraries(package: Path) -> list[str]:
    return [
        f"{file}:{imported.line} imports {imported.name}"
        for file, tree, _ in files_of(package)
        for imported in imports_of(file, tree, package.name)
        if (rooms := ROOMS_OF.get(imported.name.split(".")[0])) and not file.startswith(rooms)
    ]


def overlong(package: Path) -> list[str]:
    found = []
    for file, tree, n_lines in files_of(package):
        if n_lines > MAX_LINES_OF_FILE:
            found.append(f"{file} has {n_lines} lines")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                # Not the docstring: what a reader needs there is not to be cut to fit.
                said = node.body[0] if ast.get_docstring(node) is not None else None
                length = (node.end_lineno or 0) - node.lineno + 1
                length -= (said.end_lineno or 0) - said.lineno + 1 if said else 0
                if length > MAX_LINES_OF_FUNCTION:
                    found.append(f"{file}:{node.lineno} {node.name} has {length} lines")
    return found


def forbidden_names(package: Path) -> list[str]:
    return [
        file
        for file, _, _ in files_of(package)
        if {part.removesuffix(".py").strip("_") for part in file.split("/")} & FORBIDDEN
    ]


def bare_dicts(package: Path) -> list[str]:
    """Public functions with a dict in the signature that `JSON` does not name."""
    found = []
    for file, tree, _ in files_of(package):
        if room_of(file) == "cli":
            continue
        for node in _public_functions(tree):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            notes = [node.returns, *(a.annotation for a in arguments)]
            if any(note and _holds_dict(note) for note in notes) and (
                node.name not in JSON.get(file, ())
            ):
                found.append(f"{file}:{node.lineno} {node.name}")
    return found


def _public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (
                item
                for item in node.body
                if isinstance(item, ast.FunctionDef) and not item.name.startswith("_")
            )
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def _holds_dict(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = ast.parse(annotation.value, mode="eval").body
    return any(
        (isinstance(node, ast.Name) and node.id in {"dict", "Dict"})
        or (isinstance(node, ast.Attribute) and node.attr == "Dict")
        for node in ast.walk(annotation)
    )


ARRAYS = {
    node.targets[0].id
    for node in ast.parse((PACKAGE / "arrays.py").read_text(encoding="utf-8")).body
    if isinstance(node, ast.Assign) and "NDArray" in ast.unparse(node.value)
}
"""Names of `ensemble_lab.arrays` for arrays."""


def compared_arrays(package: Path) -> list[str]:
    """Values with an array that ``==`` would compare field by field: two arrays have no truth."""
    found: list[str] = []
    for file, tree, _ in files_of(package):
        holders: set[str] = set()
        for node in tree.body:
            if not isinstance(node, ast.ClassDef):
                continue
            fields = [each.annotation for each in node.body if isinstance(each, ast.AnnAssign)]
            bases = {each.id for each in node.bases if isinstance(each, ast.Name)}
            if not (bases & holders or any(map(_holds_array, fields))):
                continue
            holders.add(node.name)
            for call in node.decorator_list:
                name = call.func if isinstance(call, ast.Call) else call
                if isinstance(name, ast.Name) and name.id == "dataclass":
                    options = call.keywords if isinstance(call, ast.Call) else []
                    if not any(each.arg == "eq" for each in options):
                        found.append(f"{file}:{node.lineno} {node.name}")
    return found


def _holds_array(annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value) == "Callable":
        return False
    if isinstance(annotation, ast.Name):
        return annotation.id in ARRAYS
    return any(_holds_array(e) for e in ast.iter_child_nodes(annotation) if isinstance(e, ast.expr))


RULES = {
    "imports go down": upward_edges,
    "a library has its room": strayed_libraries,
    "files and functions are short": overlong,
    "modules have names that say something": forbidden_names,
    "no bare dict crosses a border": bare_dicts,
    "values that hold arrays are not compared": compared_arrays,
}


@pytest.mark.parametrize("rule", RULES)
def test_house_keeps_the_rule(rule):
    assert RULES[rule](PACKAGE) == []


def test_every_room_of_the_plan_has_its_layer():
    rooms = {room_of(file) for file, _, _ in files_of(PACKAGE)}
    assert rooms <= set(LAYERS)
    assert {"store", "data", "training", "analysis", "cli"} <= rooms


def test_named_json_functions_are_there():
    """A name that is left behind here would excuse a later function of that name."""
    for file, names in JSON.items():
        tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
        assert names <= {node.name for node in _public_functions(tree)}, file


SYNTHETIC = {
    "store/run.py": (
        "from ensemble_lab.arrays import closest\n"
        "from ensemble_lab import __version__\n"
        "def find(x: int) -> list[int]:\n    return [x]\n"
        "def _own(x: dict[str, int]) -> dict: ...\n"
    ),
    "data/ahead.py": "def f():\n    from ensemble_lab.store.run import find\n",
    "analysis/vote.py": "import ensemble_lab.training.fit\n",
    "errors/above.py": "from ..figures import gallery\n",
    "training/fit.py": "import keras, tensorflow as tf\nfrom ensemble_lab.analysis import vote\n",
    "training/steps_jax.py": "import jax.numpy as jnp\n",
    "engines/start.py": 'import importlib\nimportlib.import_module("keras")\n',
    "workflows/read.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import h5py\n    from ensemble_lab.cli import output\n"
        'def load(a: "dict[str, int]") -> None: ...\n'
        "class Kept:\n    def rows(self) -> list[dict[str, int]]: ...\n"
    ),
    "store/utils.py": "",
    "spec/long.py": "x = 1\n" * 401,
    "spec/function.py": "def f():\n" + "    x = 1\n" * 60,
    "spec/words.py": 'def f():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * 59,
    "attic/old.py": "",
    "store/values.py": (
        "@dataclass(frozen=True)\nclass Plain:\n    f: Callable[[Index], Index]\n"
        "@dataclass(frozen=True, eq=False)\nclass Held:\n    index: Index | None\n"
        "@dataclass(frozen=True)\nclass Heir(Held):\n    name: str\n"
        "@dataclass\nclass Many:\n    parts: tuple[Votes, ...]\n"
    ),
    "cli/output.py": "def show(values: dict[str, int]) -> None: ...\n",
}
CAUGHT = {
    "imports go down": [
        "analysis/vote.py:1 imports ensemble_lab.training.fit",
        "attic/old.py: the room 'attic' is not in the plan",
        "data/ahead.py:2 imports ensemble_lab.store.run.find",
        "errors/above.py:1 imports ensemble_lab.figures.gallery",
        "training/fit.py:2 imports ensemble_lab.analysis.vote",
        "workflows/read.py:4 imports ensemble_lab.cli.output",
    ],
    "a library has its room": [
        "engines/start.py:2 imports keras",
        "training/fit.py:1 imports tensorflow",
        "workflows/read.py:3 imports h5py",
    ],
    "files and functions are short": [
        "spec/function.py:1 f has 61 lines",
        "spec/long.py has 401 lines",
    ],
    "modules have names that say something": ["store/utils.py"],
    "no bare dict crosses a border": ["workflows/read.py:5 load", "workflows/read.py:7 rows"],
    "values that hold arrays are not compared": [
        "store/values.py:8 Heir",
        "store/values.py:11 Many",
    ],
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_catches_what_breaks_it(rule, tmp_path):
    package = tmp_path / "ensemble_lab"
    for name, text in SYNTHETIC.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert RULES[rule](package) == CAUGHT[rule]
