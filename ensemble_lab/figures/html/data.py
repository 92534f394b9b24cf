"""The data of a page as its script reads them: columns of bytes in one JSON text."""

import base64
import json
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from ensemble_lab.arrays import Array
from ensemble_lab.errors.table import Catalogue
from ensemble_lab.figures.html.page import Facet, Page
from ensemble_lab.figures.html.sprite import Sprite

__all__ = ["escape_json", "number_values", "pack", "render_data"]

Packed: TypeAlias = Mapping[str, str]

_NUMBERS = ("gap", "margin", "confidence", "p_predicted", "p_label")
_COUNTS = ("label", "predicted", "votes_for_predicted", "votes_for_label")
_MEAN_STEPS, _STEPS = 65_535, 100
"""Of mean probabilities, and of members' own: these take a byte, and are hundredths because two
decimals of them are shown, which another step would get wrong."""
# What would end the element that holds the text, or begin another.
_ESCAPES = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}


def render_data(page: Page, sprite: Sprite) -> str:
    """Return the JSON text of a page, which may stand in a ``script`` element as it is."""
    rows, voices = page.catalogue, page.voices
    return escape_json(
        {
            "split": rows.split,
            "name": page.name,
            "members": rows.members,
            "classNames": page.class_names,
            "isNamed": page.class_names != tuple(map(str, range(len(page.class_names)))),
            "columns": _pack_columns(rows),
            "votes": pack(_shrink(voices.votes)),
            "classes": None if voices.classes is None else pack(_shrink(voices.classes)),
            "means": None
            if voices.means is None
            else pack(_scale(voices.means, _MEAN_STEPS).astype(np.uint16)),
            "kept": pack(voices.kept.astype(np.uint32)),
            "probabilities": pack(_scale(voices.probabilities, _STEPS).astype(np.uint8)),
            "nShown": voices.probabilities.shape[2],
            "facets": [_pack_facet(facet) for facet in page.facets],
            "notes": page.notes,
            "sprite": {
                "height": sprite.height,
                "width": sprite.width,
                "nColumns": sprite.n_columns,
                "nPerSheet": sprite.n_per_sheet,
            },
        }
    )


def escape_json(values: Any) -> str:
    r"""Return JSON in letters that end no element and no line of a script.

    NaN is refused; letters outside ASCII, and ``<``, ``>`` and ``&``, are written as ``\uXXXX``.

    Examples
    --------
    >>> print(escape_json(["</script>", "猫"]))
    ["\u003c/script\u003e","\u732b"]
    """
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def pack(values: Array) -> Packed:
    """Return an array's numbers row by row: their type, and their little-endian bytes in base64.

    Examples
    --------
    >>> pack(np.array([1, 2], np.uint16))
    {'type': 'uint16', 'base64': 'AQACAA=='}
    """
    little = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    return {
        "type": str(values.dtype),
        "base64": base64.b64encode(little.tobytes()).decode("ascii"),
    }


def number_values(facet: Facet) -> tuple[tuple[str, ...], Array]:
    """Return a facet's different values in order, numbers by size, and each row's place in them.

    Examples
    --------
    >>> values, places = number_values(Facet("series", ("10", "9", "10")))
    >>> values, places.tolist()
    (('9', '10'), [1, 0, 1])
    """
    values = tuple(sorted(set(facet.values), key=_by_size))
    places = {value: place for place, value in enumerate(values)}
    return values, np.array([places[value] for value in facet.values], np.uint32)


def _by_size(value: str) -> tuple[bool, int, str]:
    # Eighteen digits and no more: int() takes what is longer for an attack.
    is_number = value.isascii() and value.isdecimal() and len(value) <= 18
    return not is_number, int(value) if is_number else 0, value


def _pack_columns(rows: Catalogue) -> dict[str, Packed]:
    columns = {name: getattr(rows, name).astype(np.uint16) for name in _COUNTS}
    # Whole numbers up to 2**53 are exact.
    columns |= {name: getattr(rows, name).astype(np.float64) for name in ("index", *_NUMBERS)}
    columns["tied"] = rows.is_tied.astype(np.uint8)
    return {name: pack(column) for name, column in columns.items()}


def _pack_facet(facet: Facet) -> dict[str, Any]:
    values, places = number_values(facet)
    return {"name": facet.name, "values": values, "places": pack(_shrink(places))}


def _shrink(values: Array) -> Array:
    """Return whole numbers in the smallest unsigned type that holds them."""
    return values.astype(np.min_scalar_type(int(values.max(initial=0))))


def _pack_means(means: Array | None) -> Packed | None:
    return None if means is None else pack(_scale(means, _MEAN_STEPS).astype(np.uint16))


def _scale(shares: Array, n_steps: int) -> Array:
    """Return shares from 0 to 1 in so many steps."""
    steps: Array = np.rint(np.clip(shares, 0, 1) * n_steps)
    return steps
