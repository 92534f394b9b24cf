"""Canonical JSON and digests: one text for one value, one hash for one text."""

import hashlib
import json
from typing import Any

import numpy as np

__all__ = ["array_sha256", "canonical_json", "digest_of"]


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces; NaN and infinity are refused.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [0.5]})
    '{"a":[0.5],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON-like value's canonical text, 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def array_sha256(array: np.ndarray[Any, Any]) -> str:
    """Return the SHA-256 of an array's type, shape and values, 64 hex digits.

    The values are hashed little-endian and in C order, so that the same numbers give
    the same digest on every machine and from every file format.
    """
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    header = canonical_json({"dtype": little.dtype.str, "shape": list(array.shape)})
    digest = hashlib.sha256(header.encode())
    digest.update(little.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
