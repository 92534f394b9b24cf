"""A condition on the columns of a catalogue, read word by word before SQLite sees it.

Every word must be a column, a function or an operator that is named here. So nothing is left for
SQLite to guess: no second statement, no subquery, no comment, and no misspelt column that it would
take for a text.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

__all__ = ["FUNCTIONS", "MAX_LETTERS", "TABLE", "Condition", "parse_condition"]

TABLE = "errors"
FUNCTIONS = ("abs", "coalesce", "iif", "length", "lower", "max", "min", "round", "upper")
"""What may be called; ``like`` and ``glob`` are operators."""
MAX_LETTERS = 2_000

_OPERATORS = (
    *("and", "or", "not", "in", "is", "null", "isnull", "notnull", "between", "like", "glob"),
    *("escape", "case", "when", "then", "else", "end", "true", "false"),
)
_COMPARISONS = ("<", "<=", ">", ">=", "=", "==", "!=", "<>")
_JOINTS = ("and", "or", "not", "case", "when", "then", "else", "end", ",")
"""What may stand between two comparisons."""

_TOKEN = re.compile(
    r"""
      (?P<comment>--|/\*)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<refused>->|\|\||&&|[;&|?:@$`\[\]~'"])
    | (?P<sign><=|>=|<>|!=|==|[-+*/%<>=(),])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_REFUSED = MappingProxyType(
    {
        "comment": "have no comment",
        ";": "be one condition, without ';'",
        "->": "have '->' in a text only, such as '4->9' in single quotes",
        "'": "close each quote; a single one is open",
        '"': "close each quote; a double one is open",
        "&": "join conditions by and",
        "&&": "join conditions by and",
        "|": "join conditions by or",
        "||": "join conditions by or",
    }
)
"""What a condition must do instead, by what was met."""
_USUAL = "be made of words, numbers, texts and the signs of SQL"


@dataclass(frozen=True)
class Condition:
    """A condition that was read.

    Attributes
    ----------
    text : str
        As it was asked.
    sql : str
        What SQLite is given: each column with its table and in quotes.
    columns : tuple of str
        The columns it reads, each once.
    """

    text: str
    sql: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Token:
    kind: str
    word: str


def parse_condition(
    text: str, columns: Sequence[str], *, numeric: Collection[str] = ()
) -> Condition:
    r"""Return a condition on columns, every word of it known.

    Names, functions and operators may be written in any case; texts stand in single quotes, a
    column may stand in double ones. What merely is no grammar is left to SQLite.

    Parameters
    ----------
    text : str
        Such as ``margin > -0.2 and label in (4, 9)``.
    columns : sequence of str
        All there are.
    numeric : collection of str
        Those of numbers, which no word equals: SQLite would find no row and say nothing.

    Raises
    ------
    PredictionError
        An unknown word (names the closest), a statement, a subquery, a comment, a bracket or
        quote without its other half, ``a < b < c``, a number beside a word, or more than
        `MAX_LETTERS` letters.

    Examples
    --------
    >>> parse_condition("Index > 5 and pair = '4->9'", ["index", "pair"]).sql
    'errors."index" > 5 and errors."pair" = \'4->9\''
    """
    if len(text) > MAX_LETTERS:
        raise PredictionError(
            f"where must have at most {MAX_LETTERS:,} letters; got {len(text):,}."
        )
    tokens = list(_split(text))
    if not tokens:
        raise PredictionError("where must be a condition, such as gap > 0.5; got none.")
    _check_brackets(tokens)
    _check_texts(tokens, columns, numeric)
    words, used = [], []
    followers = [*(token.word for token in tokens[1:]), ""]
    for token, follower in zip(tokens, followers, strict=True):
        if token.kind in ("word", "quoted"):
            name = _find(token, is_called=follower == "(", columns=columns)
            if name in columns:
                used.append(name)
                name = f'{TABLE}."{name}"'
            words.append(name)
        else:
            words.append(token.word)
    return Condition(text, " ".join(words), tuple(dict.fromkeys(used)))


def _split(text: str) -> Iterator[_Token]:
    place = _SPACE.match(text).end()  # type: ignore[union-attr] # It matches nothing, too.
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise PredictionError(_ask_for(_USUAL, text[place:]))
        kind, word = str(match.lastgroup), match[0]
        if kind in ("comment", "refused"):
            wanted = _REFUSED.get("comment" if kind == "comment" else word, _USUAL)
            raise PredictionError(_ask_for(wanted, text[place:]))
        if kind == "text" and not _is_plain(word):
            raise PredictionError(_ask_for("have texts that are UTF-8", text[place:]))
        yield _Token(kind, word)
        place = _SPACE.match(text, match.end()).end()  # type: ignore[union-attr]


def _is_plain(word: str) -> bool:
    """Whether SQLite can take a text: no NUL, and no half of a letter."""
    return "\0" not in word and not any("\ud800" <= letter <= "\udfff" for letter in word)


def _ask_for(wanted: str, rest: str) -> str:
    return f"where must {wanted}; got {rest[:30]!r}."


def _find(token: _Token, *, is_called: bool, columns: Sequence[str]) -> str:
    """Return a word as SQLite is to read it: the column, function or operator that it names."""
    if token.kind == "quoted":
        name = token.word[1:-1].replace('""', '"')
        if name.lower() in columns:
            return name.lower()
        raise PredictionError(
            f"a word in double quotes must be a column, of {', '.join(columns)}; got {name!r:.60}"
            f"{closest(name.lower(), columns)} A text stands in single quotes."
        )
    name = token.word.lower()
    if name in columns or name in _OPERATORS or (is_called and name in FUNCTIONS):
        return name
    if name == "select":
        raise PredictionError("where must be one condition on each row; got a SELECT.")
    if is_called:
        raise PredictionError(
            f"function must be one of {', '.join(FUNCTIONS)}; got {token.word!r:.60}"
            + closest(name, FUNCTIONS)
        )
    raise PredictionError(
        f"column must be one of {', '.join(columns)}; got {token.word!r:.60}"
        + closest(name, columns)
    )


def _check_texts(
    tokens: Sequence[_Token], columns: Sequence[str], numeric: Collection[str]
) -> None:
    """Refuse a text that is no number where it is compared with a column of numbers."""
    for place, token in enumerate(tokens):
        if token.kind != "text" or _is_number(token.word[1:-1]):
            continue
        for column in _find_compared(tokens, place):
            if column in numeric:
                named = f"{column}_name"
                hint = f" A class by its name is {named}." if named in columns else ""
                raise PredictionError(
                    f"{column} must be compared with numbers; got {token.word:.40}.{hint}"
                )


def _find_compared(tokens: Sequence[_Token], place: int) -> Iterator[str]:
    """Yield the words that a text is compared with: ``a = 'x'``, ``'x' = a``, ``a in ('x')``."""
    words = [token.word.lower().strip('"') for token in tokens]
    if place > 1 and words[place - 1] in _COMPARISONS:
        yield words[place - 2]
    if place + 2 < len(words) and words[place + 1] in _COMPARISONS:
        yield words[place + 2]
    start = place
    while start > 0 and (words[start] == "," or tokens[start].kind in ("text", "number")):
        start -= 1
    if words[start] == "(" and start > 1 and words[start - 1] == "in":
        yield words[start - 2] if words[start - 2] != "not" else words[start - 3]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _check_brackets(tokens: list[_Token]) -> None:
    """Refuse brackets without their other half, and comparisons of comparisons."""
    compared = [False]
    for token in tokens:
        word = token.word.lower()
        if word == "(":
            compared.append(False)
        elif word == ")":
            compared.pop()
            if not compared:
                raise PredictionError("where must open each bracket that it closes; got a ')'.")
        elif word in _JOINTS:
            compared[-1] = False
        elif word in _COMPARISONS:
            # SQL would compare the truth of the first comparison, 0 or 1, with the last number.
            if compared[-1]:
                raise PredictionError(
                    f"comparisons must be joined by and, such as 0 < gap and gap < 0.2; got "
                    f"another {word!r} after the first."
                )
            compared[-1] = True
    if len(compared) > 1:
        raise PredictionError("where must close each bracket that it opens; got a '(' left open.")
