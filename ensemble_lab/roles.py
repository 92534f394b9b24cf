"""What the labels of a split may decide."""

from typing import Literal

__all__ = ["Role"]

Role = Literal["choose", "report", "none"]
"""``choose`` validates and selects, ``report`` only reports, ``none`` is for learning."""
