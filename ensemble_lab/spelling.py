"""Words that people type: numbers, patterns, and names that are nearly right."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ensemble_lab.exceptions import EnsembleLabError

__all__ = ["closest", "match_keys", "parse_seeds", "parse_whole", "render_count"]

_MAX_DIGITS = 40
_MAX_SEEDS = 100_000


def closest(word: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the choice most like `word`, or ``"."``.

    The only choice that begins with the word comes before any that merely resembles it.

    Examples
    --------
    >>> closest("epoch", ["epochs", "batch_size"])
    "; did you mean 'epochs'?"
    >>> closest("best", ["last", "best-validation"])
    "; did you mean 'best-validation'?"
    >>> closest("zzz", ["epochs"])
    '.'
    """
    # Here, where something was misspelt: difflib, shutil and csv are a twentieth of a query.
    import difflib

    names = list(choices)
    begun = [name for name in names if word and name.startswith(word)]
    near = begun if len(begun) == 1 else difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else "."


def parse_whole(text: str, *, name: str, error: type[EnsembleLabError]) -> int:
    """Return the whole number from 0 that a text is.

    Raises
    ------
    EnsembleLabError
        Of the type `error`: it is none.

    Examples
    --------
    >>> parse_whole("1901", name="index", error=EnsembleLabError)
    1901
    """
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS):
        shown = text if len(text) <= _MAX_DIGITS else f"{text[:20]}…"
        raise error(f"{name} must be a whole number from 0; got {shown!r}.")
    return int(text)


def parse_seeds(text: str, *, error: type[EnsembleLabError]) -> tuple[int, ...]:
    """Return the seeds that ``A:B`` (A to B − 1) or ``A,B,C`` names.

    Raises
    ------
    EnsembleLabError
        Of the type `error`: a number that is none, or a range that is empty or too long.

    Examples
    --------
    >>> parse_seeds("0:3", error=EnsembleLabError), parse_seeds("4,2", error=EnsembleLabError)
    ((0, 1, 2), (4, 2))
    """
    if ":" not in text:
        return tuple(parse_whole(each, name="seed", error=error) for each in text.split(","))
    first, last = (parse_whole(each, name="seed", error=error) for each in text.split(":", 1))
    if not 0 < last - first <= _MAX_SEEDS:
        raise error(
            f"seeds must be A:B with B above A, at most {_MAX_SEEDS:,} of them; got {text[:40]!r}. "
            "Write 0:3 for the seeds 0, 1 and 2."
        )
    return tuple(range(first, last))


def match_keys(
    keys: Sequence[str],
    patterns: Sequence[str],
    *,
    where: str,
    error: type[EnsembleLabError],
) -> tuple[str, ...]:
    """Return the keys that match a pattern (``bn-elu-*``), in their order; all for no pattern.

    A comma stands between patterns, as no key holds one.

    Raises
    ------
    EnsembleLabError
        Of the type `error`: a pattern that matches no key.

    Examples
    --------
    >>> match_keys(["a-0000", "b-0000"], ["b-*"], where="run", error=EnsembleLabError)
    ('b-0000',)
    """
    # One pattern is a word, not a row of letters.
    patterns = [patterns] if isinstance(patterns, str) else patterns
    patterns = [each for pattern in patterns for each in pattern.split(",")]
    for pattern in patterns:
        if not any(fnmatchcase(key, pattern) for key in keys):
            raise error(
                f"members must match a key of {where}; got {pattern!r}" + closest(pattern, keys)
            )
    return tuple(
        key for key in keys if not patterns or any(fnmatchcase(key, each) for each in patterns)
    )


def render_count(number: int, noun: str) -> str:
    """Return a number of things, in the singular where it is one.

    Examples
    --------
    >>> render_count(1, "error"), render_count(1000, "member")
    ('1 error', '1,000 members')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
