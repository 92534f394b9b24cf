"""How the words behind a command become the arguments of its function."""

from pathlib import Path
from typing import Annotated, Literal

import pytest

from ensemble_lab.cli.arguments import Argument, Option, UsageError, call_command

Run = Annotated[Path, Argument(metavar="RUN", help="Where.")]
More = Annotated[list[str], Argument(metavar="MORE", help="Several.")]
Extra = Annotated[list[int] | None, Argument(metavar="N", help="Or none.", show_default=False)]
Form = Annotated[Literal["table", "json"], Option("--form", help="How to print.")]
Draw = Annotated[Literal["a", "b"] | None, Option("--draw", help="What.")]
Output = Annotated[Path | None, Option("-o", "--output", metavar="FILE", help="100 % of it.")]
Limit = Annotated[int | None, Option("--limit", min=1, max=9, help="At most.")]
Gap = Annotated[float, Option("--gap", help="At least.")]
Keys = Annotated[list[str], Option("--keys", help="Of members; may be repeated.")]
Tied = Annotated[bool, Option("--tied", help="Only ties.")]
Name = Annotated[str, Option("--as", help="Its name.")]


@pytest.fixture
def read(monkeypatch):
    """Return the values that a command gets for words."""
    monkeypatch.setenv("COLUMNS", "80")
    got = {}

    def query(
        run: Run,
        form: Form = "table",
        draw: Draw = None,
        output: Output = None,
        limit: Limit = None,
        gap: Gap = 0.5,
        keys: Keys = [],  # noqa: B006
        tied: Tied = False,
    ) -> None:
        got.update(locals())

    def gather(first: Run, more: More, name: Name) -> None:
        got.update(locals())

    def perhaps(extra: Extra = None) -> None:
        got.update(locals())

    commands = {"query": query, "gather": gather, "perhaps": perhaps}

    def ask(line: str, *words: str) -> dict:
        name, *rest = line.split()
        got.clear()
        call_command(commands[name], [*rest, *words], program=f"lab {name}", summary="Do it.")
        return {key: value for key, value in got.items() if key != "got"}

    return ask


USUAL = {
    "run": Path("r"), "form": "table", "draw": None, "output": None, "limit": None, "gap": 0.5,
    "keys": [], "tied": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("query r", {}),
        ("query --form json r", {"form": "json"}),
        ("query r --form=json", {"form": "json"}),
        ("query r --draw b", {"draw": "b"}),
        ("query r -o x.png", {"output": Path("x.png")}),
        ("query r -ox.png", {"output": Path("x.png")}),
        ("query r --output=x.png", {"output": Path("x.png")}),
        ("query r --limit 1", {"limit": 1}),
        ("query r --limit 9 --limit 2", {"limit": 2}),
        ("query r --gap -0.25", {"gap": -0.25}),
        ("query r --gap=-1e-3", {"gap": -0.001}),
        ("query r --keys a-* --keys b,c", {"keys": ["a-*", "b,c"]}),
        ("query --tied r", {"tied": True}),
    ],
)
def test_words_become_values_of_their_types(read, line, wanted):
    assert read(line) == USUAL | wanted


def test_value_with_blanks_may_begin_with_a_minus(read):
    assert read("query r", "--keys", "-gap > 0.5")["keys"] == ["-gap > 0.5"]


def test_arguments_may_stand_between_options(read):
    wanted = {"first": Path("a"), "more": ["b", "c"], "name": "x"}
    for line in ("gather a b c --as x", "gather a b --as x c", "gather --as x a b c"):
        assert read(line) == wanted


def test_list_of_nothing_is_the_default(read):
    assert read("perhaps") == {"extra": None}
    assert read("perhaps 3 1") == {"extra": [3, 1]}


def test_a_call_leaves_nothing_to_the_next(read):
    read("query r --keys a")
    assert read("query r")["keys"] == []


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("query", "RUN must be given"),
        ("gather a --as x", "MORE must be given"),
        ("gather a b", "--as must be given"),
        ("query r s", "no more arguments; got 's'"),
        ("query r --frm json", "no such option '--frm'; did you mean '--form'?"),
        ("query r --for json", "no such option '--for'; did you mean '--form'?"),
        ("query r --limt=3", "no such option '--limt'; did you mean '--limit'?"),
        ("query r --form jsn", "--form must be one of table, json; got 'jsn'; did you mean 'json'"),
        ("query r --limit 0", "--limit must be from 1 to 9; got 0"),
        ("query r --limit 10", "--limit must be from 1 to 9; got 10"),
        ("query r --limit x", "--limit must be a whole number; got 'x'"),
        ("query r --gap x", "--gap must be a number; got 'x'"),
        ("query r --gap", "--gap expected one argument"),
        ("perhaps 1.5", "N must be a whole number; got '1.5'"),
    ],
)
def test_refusal_names_the_word_and_the_rule(read, line, fact):
    with pytest.raises(UsageError) as refused:
        read(line)
    assert fact in str(refused.value)


def test_help_tells_every_parameter_once(read, capsys):
    with pytest.raises(SystemExit) as stop:
        read("query --help")
    assert not stop.value.code
    text = capsys.readouterr().out
    assert text.startswith("Usage: lab query [OPTIONS] RUN\n\n  Do it.\n\nArguments:\n")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for line in (
        "RUN Where. [required]",
        "--form table|json How to print. [default: table]",
        "--draw a|b What.",
        "--output FILE 100 % of it.",
        "--gap X At least. [default: 0.5]",
        "--keys TEXT Of members; may be repeated.",
        "--tied Only ties.",
        "--help Show this message and exit.",
    ):
        # "-o FILE, --output FILE" is "-o, --output FILE" from Python 3.13 on.
        assert sum(each.endswith(line) for each in lines) == 1, text
