"""What may be typed behind a command, told by the function that runs it.

A command is a function whose parameters are ``Annotated[type, Argument(...)]``, typed by its
place, or ``Annotated[type, Option(...)]``, typed by its name. A type is str, int, float, Path,
bool (a flag), a Literal of words, a list of these (an option that is repeated), or one of them
or None. The standard library's argparse reads the words and writes the help: a query is to be
answered before a larger library for command lines is loaded.
"""

import argparse
import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, get_args, get_origin

from ensemble_lab.spelling import closest

__all__ = ["Argument", "Option", "UsageError", "call_command", "fill_paragraphs"]

_WIDTH = 80
_METAVARS = {str: "TEXT", int: "N", float: "X", Path: "PATH"}
_RULES = {int: "a whole number", float: "a number"}


class UsageError(Exception):
    """What was typed is no use of a command; the command line says so and exits with 2."""


class Argument:
    """How a parameter is typed that is known by its place.

    Parameters
    ----------
    metavar : str
        What stands for it in the help.
    help : str
    show_default : bool
        Whether the help tells the default.
    """

    def __init__(self, *, metavar: str, help: str, show_default: bool = True) -> None:
        self.metavar = metavar
        self.help = help
        self.show_default = show_default


class Option:
    """How a parameter is typed that is known by its name.

    Parameters
    ----------
    *names : str
        Such as ``-o`` and ``--output``.
    help : str
    metavar : str, optional
        What stands for its value in the help; the type's own word, or the choices, unless given.
    min, max : int, optional
        Bounds of a number, both included.
    show_default : bool
        Whether the help tells the default, where there is one.
    """

    def __init__(
        self,
        *names: str,
        help: str,
        metavar: str | None = None,
        min: int | None = None,
        max: int | None = None,
        show_default: bool = True,
    ) -> None:
        self.names = names
        self.help = help
        self.metavar = metavar
        self.min = min
        self.max = max
        self.show_default = show_default


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        lacking = message.partition("are required: ")[2]
        if lacking:
            raise UsageError(f"{lacking} must be given")
        raise UsageError(message.removeprefix("argument ").replace(": ", " ", 1))


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_find_width(), max_help_position=34)

    def add_usage(
        self, usage: str | None, actions: Any, groups: Any, prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, "Usage: ")

    def add_text(self, text: str | None) -> None:
        super().add_text(text and fill_paragraphs(text))


def call_command(
    command: Callable[..., None], words: Sequence[str], *, program: str, summary: str
) -> None:
    r"""Read the words behind a command's name and call its function, or print its help.

    Parameters
    ----------
    command : callable
    words : sequence of str
    program : str
        What comes before the words, such as ``ensemble-lab errors``.
    summary : str
        Paragraphs for the help; lines under a ``\b`` stay as they are.

    Raises
    ------
    UsageError
        An unknown option, a missing argument, or a value that its parameter does not take.
    """
    parameters = inspect.signature(command, eval_str=True).parameters.values()
    parser = _build_parser(parameters, program, summary)
    values, unknown = parser.parse_known_intermixed_args(list(words))
    if unknown:
        raise UsageError(_tell_unknown(unknown[0], parameters))
    command(**{each.name: _settle(getattr(values, each.name), each) for each in parameters})


def _build_parser(
    parameters: Iterable[inspect.Parameter], program: str, summary: str
) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=program,
        description=summary,
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
    )
    groups = parser.add_argument_group("Arguments"), parser.add_argument_group("Options")
    metavars = []
    for parameter in parameters:
        hint, mark = get_args(parameter.annotation)[:2]
        kind, is_list, choices = _read_type(hint)
        told = {"help": _tell(mark, parameter.default), "default": parameter.default}
        is_required = parameter.default is inspect.Parameter.empty
        if isinstance(mark, Argument):
            metavars.append(mark.metavar if is_required else f"[{mark.metavar}]")
            number = ("+" if is_required else "*") if is_list else None if is_required else "?"
            told |= {"nargs": number, "metavar": mark.metavar}
            groups[0].add_argument(parameter.name, type=_reader(kind, choices), **told)
            continue
        told |= {"dest": parameter.name, "required": is_required}
        if kind is bool:
            groups[1].add_argument(*mark.names, action="store_true", **told)
            continue
        read = _reader(kind, choices, mark.min, mark.max)
        metavar = mark.metavar or "|".join(map(str, choices)) or _METAVARS[kind]
        action = "append" if is_list else "store"
        groups[1].add_argument(*mark.names, type=read, action=action, metavar=metavar, **told)
    groups[1].add_argument("--help", action="help", help="Show this message and exit.")
    parser.usage = " ".join([program, "[OPTIONS]", *metavars])
    return parser


def _read_type(hint: Any) -> tuple[type, bool, tuple[str, ...]]:
    """Return the type of a value, whether there may be several, and the words that it may be.

    Examples
    --------
    >>> _read_type(list[Path] | None)
    (<class 'pathlib.Path'>, True, ())
    >>> _read_type(Literal["table", "json"])
    (<class 'str'>, False, ('table', 'json'))
    """
    members = get_args(hint)
    if get_origin(hint) is Literal:
        return str, False, members
    if get_origin(hint) is list:
        return members[0], True, ()
    if type(None) in members:
        return _read_type(members[0])
    return hint, False, ()


def _reader(
    kind: type, choices: tuple[str, ...], low: int | None = None, high: int | None = None
) -> Callable[[str], Any]:
    """Return a function that reads a value from what was typed."""

    def read(word: str) -> Any:
        if choices and word not in choices:
            raise argparse.ArgumentTypeError(
                f"must be one of {', '.join(choices)}; got {word!r}{closest(word, choices)}"
            )
        try:
            value = kind(word)
        except ValueError:
            raise argparse.ArgumentTypeError(f"must be {_RULES[kind]}; got {word!r}") from None
        if (low is not None and value < low) or (high is not None and value > high):
            bounds = f"from {low}" if high is None else f"from {low} to {high}"
            raise argparse.ArgumentTypeError(f"must be {bounds}; got {word}")
        return value

    return read


def _settle(value: Any, parameter: inspect.Parameter) -> Any:
    """Return a value as typed; of a list in which nothing was typed, the parameter's own default.

    argparse returns an empty list where None was to stand.
    """
    return parameter.default if value == [] else value


def _tell(mark: Argument | Option, default: Any) -> str:
    """Return the help of a parameter, with its default; argparse fills in what follows a ``%``."""
    absent = default in (None, False, inspect.Parameter.empty) or default == []
    if default is inspect.Parameter.empty:
        end = "  [required]"
    else:
        end = "" if absent or not mark.show_default else f"  [default: {default}]"
    return f"{mark.help}{end}".replace("%", "%%")


def _tell_unknown(word: str, parameters: Iterable[inspect.Parameter]) -> str:
    """Return what is wrong with a word that no parameter takes."""
    if not word.startswith("-"):
        return f"there must be no more arguments; got {word!r}"
    name = word.partition("=")[0]
    marks = [get_args(parameter.annotation)[1] for parameter in parameters]
    names = [name for mark in marks if isinstance(mark, Option) for name in mark.names]
    return f"no such option {name!r}{closest(name, names)}"


def _find_width() -> int:
    import shutil  # for help alone

    return min(shutil.get_terminal_size().columns, _WIDTH)


def fill_paragraphs(text: str) -> str:
    r"""Return paragraphs in lines of at most 80 letters, indented; those under a ``\b`` as is.

    Examples
    --------
    >>> print(fill_paragraphs("One line\nis filled.\n\n\\b\n  a  1\n  b  2"))
      One line is filled.
    <BLANKLINE>
        a  1
        b  2
    """
    width = _find_width() - 2
    filled = []
    for paragraph in text.split("\n\n"):
        if paragraph.startswith("\\b\n"):
            filled.append(textwrap.indent(paragraph.removeprefix("\\b\n"), "  "))
        else:
            filled.append(
                textwrap.fill(
                    " ".join(paragraph.split()),
                    width,
                    initial_indent="  ",
                    subsequent_indent="  ",
                    break_on_hyphens=False,
                )
            )
    return "\n\n".join(filled)
