"""The decision: by which rule which members were combined, and what chose it."""

import dataclasses
import math
import re
from dataclasses import dataclass
from typing import Any, Literal, Self

from ensemble_lab.canonical import digest_of
from ensemble_lab.exceptions import PredictionError
from ensemble_lab.spelling import closest

__all__ = ["DEFAULT", "RULES", "TIES", "Decision", "check_decision", "parse_ties"]

RULES = (
    "majority",
    "mean-probability",
    "two-level",
    "weighted-majority",
    "geometric-mean",
    "median",
    "trimmed-mean",
    "borda",
    "maximum",
)
"""Names of the rules; `ensemble_lab.analysis.votes.rules` holds a row for each."""
TIES = ("mean-probability", "lowest", "random")
"""Names of the tie policies; `ensemble_lab.analysis.votes.ties` holds a row for each."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,95}")


@dataclass(frozen=True, kw_only=True)
class Decision:
    """How votes become one class for each example.

    Attributes
    ----------
    rule : str
        Such as ``majority`` (most votes), ``mean-probability`` (largest mean) or
        ``two-level`` (most groups, each by the majority of its members).
    ties : str
        Among the classes that the rule leaves equal: ``mean-probability`` takes the
        highest mean probability and then the smaller class, ``lowest`` the smallest
        class, ``random`` one by `tie_seed` and the example's index alone.
    tie_seed : int
        Read by ``random`` only.
    members : tuple of str
        Keys of the members that vote, in order; empty for all that the predictions hold.
    weights : tuple of float
        What each of `members` weighs, in their order; empty where all weigh the same.
    chosen_on : {None, "validation", "test"}
        The split on which rule, members or weights were chosen; None if nothing was.
    chosen_among : int
        How many candidates were compared in choosing; 1 if nothing was.
    variant : str or None
        Which of the members' predictions vote, where it is not the plain ones.

    Raises
    ------
    PredictionError
        An unknown rule, tie policy or split, a seed or variant's name that is none, a member
        that would vote twice, or weights that are not one finite number a member.

    Examples
    --------
    >>> Decision(rule="majority").text
    'majority, ties by mean-probability'
    """

    rule: str = "majority"
    ties: str = "mean-probability"
    tie_seed: int = 0
    members: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    chosen_on: Literal["validation", "test"] | None = None
    chosen_among: int = 1
    variant: str | None = None

    def __post_init__(self) -> None:
        for name, value, choices in (("rule", self.rule, RULES), ("ties", self.ties, TIES)):
            if value not in choices:
                raise PredictionError(
                    f"{name} must be one of {', '.join(choices)}; got {value!r}"
                    + closest(str(value), choices)
                )
        if type(self.tie_seed) is not int or not 0 <= self.tie_seed < 2**63:
            raise PredictionError(
                f"tie_seed must be a whole number from 0 to 2**63 - 1; got {self.tie_seed!r}."
            )
        if isinstance(self.members, str) or len(set(self.members)) < len(self.members):
            raise PredictionError(f"members must be different keys; got {self.members!r}.")
        if self.weights and len(self.weights) != len(self.members):
            raise PredictionError(
                f"weights must be one for each of {len(self.members)} members; got "
                f"{len(self.weights)}."
            )
        if not all(math.isfinite(weight) for weight in self.weights):
            raise PredictionError(f"weights must be finite; got {self.weights!r:.80}.")
        if self.chosen_on not in (None, "validation", "test"):
            raise PredictionError(
                f"chosen_on must be None, 'validation' or 'test'; got {self.chosen_on!r}."
            )
        if self.variant is not None and not _NAME.fullmatch(str(self.variant)):
            raise PredictionError(
                "variant must be lower-case letters, digits and hyphens, or None; got "
                f"{self.variant!r:.80}."
            )

    @property
    def tie_policy(self) -> str:
        """The tie policy as one writes it: ``random:7`` carries its seed."""
        return f"random:{self.tie_seed}" if self.ties == "random" else self.ties

    @property
    def text(self) -> str:
        """The decision in words, with what chose it where something did."""
        words = f"{self.rule}, ties by {self.tie_policy}"
        if self.rule == self.ties == "mean-probability":
            # Equal means leave nothing but the order of the classes to go by.
            words = f"{self.rule}, ties to the smaller class"
        if self.chosen_on is not None and self.chosen_among > 1:
            words += f", chosen on {self.chosen_on} among {self.chosen_among:,}"
        elif self.chosen_on is not None:
            words += f", {'weights from' if self.weights else 'chosen on'} {self.chosen_on}"
        return words if self.variant is None else f"{words}, variant {self.variant}"

    @property
    def digest(self) -> str:
        """SHA-256 of the fields that differ from their defaults, 64 hex digits."""
        return digest_of(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults, and the rule."""
        fields = {f.name: f.default for f in dataclasses.fields(self)}
        values = {k: getattr(self, k) for k in fields if getattr(self, k) != fields[k]}
        if self.ties != "random":
            values.pop("tie_seed", None)
        return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()} | {
            "rule": self.rule
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Return the decision that `to_json` wrote."""
        plain: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        return cls(**plain)


DEFAULT = Decision()
"""Majority, ties by mean probability; nothing chosen."""


def check_decision(decision: object) -> None:
    """Refuse what is no decision, such as the name of a rule alone.

    Raises
    ------
    PredictionError
    """
    if not isinstance(decision, Decision):
        raise PredictionError(
            f"decision must be a Decision, such as Decision(rule='majority'); got {decision!r:.60}."
        )


def parse_ties(text: str) -> tuple[str, int]:
    """Return (tie policy, tie seed) of ``lowest``, ``mean-probability`` or ``random:SEED``.

    Raises
    ------
    PredictionError
        ``random`` without a whole seed. An unknown policy is left to `Decision`.

    Examples
    --------
    >>> parse_ties("random:7")
    ('random', 7)
    """
    name, colon, seed = text.partition(":")
    if name == "random":
        if not (seed.isascii() and seed.isdecimal() and len(seed) < 20):
            raise PredictionError(
                f"ties must name a whole seed after 'random:'; got {text[:40]!r}. "
                "Write random:0, say."
            )
        return name, int(seed)
    return (text if colon else name), 0
