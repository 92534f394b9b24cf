"""The command line: one thin file a command, imported when that command is called.

A command parses, calls one workflow, and prints. Data go to stdout, progress and
messages to stderr; a refusal is one line and exit code 1, wrong usage 2.
"""

import importlib
import io
import keyword
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from ensemble_lab.exceptions import EnsembleLabError, InterruptedTraining
from ensemble_lab.spelling import closest

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "demo": "Train on embedded data, vote, and show what stays wrong.",
    "new": "Write a commented experiment file.",
    "data": "Look at a data set: counts, oddities, pictures.",
    "presets": "List the models of the zoo, or show one layer by layer.",
    "train": "Train the members of an experiment that are missing.",
    "repeat": "Train a member again, and with one random stream varied.",
    "history": "Show how the members learned, epoch by epoch.",
    "predict": "Predict on another data set, or on copies of a run's images.",
    "corruptions": "Count errors on corrupted images, or list corruptions.",
    "vote": "Count the errors of each member and of their vote.",
    "why": "Say why the vote decided as it did.",
    "confusion": "Count which classes are taken for which.",
    "errors": "List the examples that the vote gets wrong.",
    "slices": "Say which examples the errors belong to.",
    "gallery": "Draw the examples that the vote gets wrong.",
    "report": "Write the whole story of a vote as one HTML page.",
    "curve": "Count the errors of k members' votes, for every k.",
    "committees": "Score disjoint committees of members.",
    "calibration": "Say how far probabilities can be believed.",
    "compare": "Say which errors runs share, and what one fixes or breaks.",
    "significance": "Say whether ensembles differ by more than chance.",
    "select": "Select members on validation.",
    "review": "Rank labels by doubt, and keep what people say of them.",
    "audit": "Weigh what picking on the test set would buy.",
    "diversity": "Measure how differently the members err.",
    "pool": "Make one run of several.",
    "import": "Make members of predictions from anywhere.",
    "export": "Write predictions or errors for other programs.",
    "inspect": "Say what a run holds and what is missing.",
    "runs": "List the runs in a folder.",
    "ledger": "Tell which decisions were scored on which test sets.",
    "results": "Write a run's results as JSON.",
    "summarise": "Write one table of all experiments.",
}
"""Commands and what each does; the module of a command has its name (see `_find_module`)."""

# Typer keeps its usage errors private; one of them is public.
_UsageError: Any = typer.BadParameter.__mro__[1]


class _Commands(TyperGroup):
    """Commands that are imported when asked for, so that a query loads no other's code."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the journey."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ensemble_lab.cli.{_find_module(cmd_name)}")
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=cmd_name, help=_help_text(cmd_name, module))(module.command)
        return typer.main.get_command(app)


def _find_module(name: str) -> str:
    """Return the name of a command's module: a word that Python keeps has a line below after it."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _help_text(name: str, module: Any) -> str:
    # A backspace before a paragraph keeps its lines as they are.
    details = module.__doc__.split("\n", 1)[1].strip().replace("\\b", "\b")
    return f"{COMMANDS[name]}\n\n{details}"


def _show_version(asked: bool) -> None:
    if asked:
        from ensemble_lab import __version__

        print(f"ensemble-lab {__version__}")
        raise typer.Exit


def _build() -> Any:
    app = typer.Typer(cls=_Commands, add_completion=False, rich_markup_mode=None)

    @app.callback()
    def ensemble_lab(
        version: bool = typer.Option(
            False, "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ) -> None:
        """Train seeded ensembles, combine them by vote, and study the errors that remain."""

    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0, 1 (refused), 2 (usage) or 130 (stopped)."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" shows a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _build().main(
            args=list(sys.argv[1:] if arguments is None else arguments) or ["--help"],
            prog_name="ensemble-lab",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except InterruptedTraining as error:
        code = _say(str(error), 130)
    except EnsembleLabError as error:
        code = _say(str(error), 1)
    except _UsageError as error:
        code = _say(_describe_usage(error), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _say("stopped.", 130)
    except BrokenPipeError:
        # The reader (head, less) has gone; Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code or 0)


def _say(message: str, code: int) -> int:
    print("ensemble-lab: " + " ".join(message.split("\n")), file=sys.stderr)
    return code


def _describe_usage(error: Any) -> str:
    """Return what was wrong in one line, with the closest command and where to look."""
    message = error.format_message().strip().rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "ensemble-lab"
    if message.startswith("No such command"):
        name = message.split("'")[1]
        message += closest(name, COMMANDS).rstrip(".")
    end = "" if message.endswith("?") else "."
    return f"{message}{end} See: {path} --help"
