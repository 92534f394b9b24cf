"""The layers of a net as boxes, in Graphviz's language; drawn where Graphviz is installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ensemble_lab.exceptions import MissingExtraError, SpecError, StoreError
from ensemble_lab.store.files import replacing

__all__ = ["Box", "draw_diagram", "render_dot"]

_DRAWN = ("svg", "png", "pdf")


class Box(NamedTuple):
    """One layer.

    Attributes
    ----------
    title : str
        Kind and arguments.
    shape : tuple of int
        What leaves it.
    parameters : int
    """

    title: str
    shape: tuple[int, ...]
    parameters: int


def render_dot(boxes: Sequence[Box]) -> str:
    r"""Return a directed graph in the DOT language, one box a layer, from top to bottom.

    Examples
    --------
    >>> print(render_dot([Box("Images", (2, 2, 1), 0), Box("Flatten", (4,), 0)]))
    digraph net {
      node [shape=box, fontname="Helvetica", fontsize=10];
      0 [label="Images\n2×2×1"];
      1 [label="Flatten\n4"];
      0 -> 1;
    }
    """
    lines = ['  node [shape=box, fontname="Helvetica", fontsize=10];']
    for number, box in enumerate(boxes):
        shape = "×".join(map(str, box.shape))
        size = f" · {box.parameters:,} parameters" if box.parameters else ""
        title = box.title.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  {number} [label="{title}\\n{shape}{size}"];')
    lines += [f"  {number} -> {number + 1};" for number in range(len(boxes) - 1)]
    return "digraph net {\n" + "\n".join(lines) + "\n}"


def draw_diagram(boxes: Sequence[Box], path: Path) -> Path:
    """Write the diagram to ``.svg``, ``.png`` or ``.pdf`` (by Graphviz), or to ``.dot``.

    Raises
    ------
    SpecError
        Another ending.
    MissingExtraError
        Graphviz's program ``dot`` is not installed.
    StoreError
        The file could not be written.
    """
    ending = path.suffix.lower().removeprefix(".")
    if ending not in (*_DRAWN, "dot"):
        raise SpecError(
            f"a diagram's file must end in {', '.join('.' + each for each in _DRAWN)} or .dot; "
            f"got {path}."
        )
    text = render_dot(boxes) + "\n"
    drawn = text.encode() if ending == "dot" else _run_dot(text, ending, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            partial.write_bytes(drawn)
    except OSError as error:
        raise StoreError(f"{path} could not be written: {error.strerror}.") from None
    return path


def _run_dot(text: str, ending: str, path: Path) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise MissingExtraError(
            f"a diagram in .{ending} needs Graphviz's program dot; it is not installed. Install "
            f"Graphviz, or write {path.with_suffix('.dot')}."
        )
    done = subprocess.run([program, f"-T{ending}"], input=text.encode(), capture_output=True)
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())
        raise StoreError(f"{path} could not be drawn: Graphviz says {reason!r}.")
    return done.stdout
