"""Cells and tables of a Markdown text."""

from collections.abc import Iterable, Sequence

__all__ = [
    "ABSENT",
    "escape",
    "render_amount",
    "render_ranges",
    "render_table",
    "render_values",
]

ABSENT = "–"


def render_amount(value: float | None) -> str:
    """Return a number with three digits that count, or all of them before the point; – for none.

    Examples
    --------
    >>> [render_amount(value) for value in (1234.5, 9.1748, 0.0461, 0.00001, 0.0)]
    ['1,234', '9.17', '0.0461', '< 0.001', '–']
    """
    if not value:
        return ABSENT
    if value < 0.001:
        return "< 0.001"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def render_values(value: int | str | tuple[int, ...] | tuple[str, ...] | None) -> str:
    """Return a value, or all that differ; – for none, and for 0.

    Examples
    --------
    >>> render_values(130890), render_values((10, 12, 10)), render_values(None)
    ('130,890', '10, 12', '–')
    """
    if value is None:
        return ABSENT
    values: Iterable[int | str] = value if isinstance(value, tuple) else (value,)
    return ", ".join(
        v if isinstance(v, str) else (f"{v:,}" if v else ABSENT) for v in dict.fromkeys(values)
    )


def render_ranges(seeds: Sequence[int]) -> str:
    """Return seeds in order, neighbours as a range.

    Examples
    --------
    >>> render_ranges((0, 1, 2, 7)), render_ranges((4,))
    ('0–2, 7', '4')
    """
    runs: list[list[int]] = []
    for seed in sorted(seeds):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def render_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, to_right: Iterable[int] = ()
) -> str:
    """Return a table; the columns whose numbers are in `to_right` end at one line."""
    right = set(to_right)
    rule = ["--:" if column in right else "---" for column in range(len(header))]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (header, rule, *rows))


def escape(text: str) -> str:
    r"""Return a text that Markdown shows as it is, on one line.

    Examples
    --------
    >>> print(escape("a|b *c*\n[d]"))
    a\|b \*c\* \[d\]
    """
    marked = "".join(f"\\{each}" if each in r"\`*_[]<>|~" else each for each in text)
    return " ".join(marked.split())
