"""What the labels of a split may decide."""

from collections.abc import Mapping
from typing import Literal

__all__ = ["PUBLISHED_ROLES", "Role"]

Role = Literal["choose", "report", "none"]
"""``choose`` validates and selects, ``report`` only reports, ``none`` is for learning."""

PUBLISHED_ROLES: Mapping[str, Role] = {"train": "none", "test": "report"}
"""Splits as most sources publish them, and the role of each."""
