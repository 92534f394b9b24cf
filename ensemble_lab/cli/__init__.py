"""The command line: one thin file a command, imported when that command is called.

A command parses, calls one workflow, and prints. Data go to stdout, progress and
messages to stderr; a refusal is one line and exit code 1, wrong usage 2.
"""

import errno
import importlib
import io
import keyword
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from ensemble_lab.cli.arguments import UsageError, call_command, fill_paragraphs
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

_PROGRAM = "ensemble-lab"
_SUMMARY = "Train seeded ensembles, combine them by vote, and study the errors that remain."
_OPTIONS = {"--version": "Show the version.", "--help": "Show this message and exit."}


_OF_OUTPUT = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a write to stdout may end with; of files the system says the name besides."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with 0, 1 (refused), 2 (usage) or 130 (stopped)."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that knows no "–" shows a question mark, not a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    code = 0
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _run(words)
        if sys.stdout is not None:  # the shell may have closed it (>&-)
            sys.stdout.flush()
    except InterruptedTraining as error:
        code = _say(str(error), 130)
    except EnsembleLabError as error:
        code = _say(str(error), 1)
    except UsageError as error:
        code = _say(_describe_usage(error, words), 2)
    except KeyboardInterrupt:
        code = _say("stopped.", 130)
    except OSError as error:
        code = _end_refused(error)
    sys.exit(code)


def _end_refused(error: OSError) -> int:
    """Say what the system refused, where nobody knew better; return the exit code."""
    if error.filename is not None:
        return _say(f"{error.filename} must be yours to use; got {error.strerror}.", 1)
    if error.errno not in _OF_OUTPUT:
        raise error
    # Nowhere is where the rest of the output goes: Python would complain once more on exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):  # the reader (head, less) has gone
        return 0
    return _say(f"output must have room where it goes; got {error.strerror or error}.", 1)


def _run(words: Sequence[str]) -> None:
    """Run the command that the first word names, importing no other's code."""
    name, *rest = words or ["--help"]
    if name == "--help":
        print(_render_help())
    elif name == "--version":
        from ensemble_lab import __version__

        print(f"{_PROGRAM} {__version__}")
    elif name in COMMANDS:
        module = importlib.import_module(f"ensemble_lab.cli.{_find_module(name)}")
        summary = _tell_command(name, module)
        call_command(module.command, rest, program=f"{_PROGRAM} {name}", summary=summary)
    elif name.startswith("-"):
        raise UsageError(f"no such option {name!r}{closest(name, _OPTIONS)}")
    else:
        raise UsageError(f"no such command {name!r}{closest(name, COMMANDS)}")


def _find_module(name: str) -> str:
    """Return the name of a command's module: a word that Python keeps has a line below after it."""
    return f"{name}_" if keyword.iskeyword(name) else name


def _tell_command(name: str, module: ModuleType) -> str:
    """Return what a command does and, in the words of its module, how."""
    details = (module.__doc__ or "").partition("\n")[2].strip()
    return f"{COMMANDS[name]}\n\n{details}"


def _render_help() -> str:
    lines = [f"Usage: {_PROGRAM} [OPTIONS] COMMAND [ARGS]...", "", fill_paragraphs(_SUMMARY)]
    for title, rows in (("Options", _OPTIONS), ("Commands", COMMANDS)):
        width = max(map(len, rows))
        lines += ["", f"{title}:", *(f"  {row:{width}}  {rows[row]}" for row in rows)]
    return "\n".join(lines)


def _say(message: str, code: int) -> int:
    print(f"{_PROGRAM}: " + " ".join(message.split("\n")), file=sys.stderr)
    return code


def _describe_usage(error: UsageError, words: Sequence[str]) -> str:
    """Return what was wrong in one line, and where to look."""
    message = str(error).strip().rstrip(".")
    end = "" if message.endswith("?") else "."
    asked = f" {words[0]}" if words and words[0] in COMMANDS else ""
    return f"{message}{end} See: {_PROGRAM}{asked} --help"
