"""Risk and coverage: the errors that are left where only the surest answers are kept."""

import math
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Booleans, Floats, check_axes
from ensemble_lab.exceptions import PredictionError

__all__ = ["RiskCoverage", "build_risk_coverage", "count_referred"]


@dataclass(frozen=True, eq=False)
class RiskCoverage:
    """Errors among the surest answers, for every number of them.

    Attributes
    ----------
    errors : float64 (examples + 1,)
        Expected errors among the k surest, k = 0 … examples; of equally sure answers every order
        is as likely as any other, so numbers need not be whole.
    """

    errors: Floats

    @property
    def n_examples(self) -> int:
        """How many answers there are."""
        return len(self.errors) - 1

    @property
    def risks(self) -> Floats:
        """Share of errors among the k surest, k = 1 … examples: float64 (examples,)."""
        return self.errors[1:] / np.arange(1, len(self.errors))

    @property
    def aurc(self) -> float:
        """Area under the curve: the mean risk over k = 1 … examples, 0 … 1; lower = better."""
        return float(self.risks.mean())

    @property
    def best_aurc(self) -> float:
        """The least area that as many errors can have: all of them the least sure answers."""
        n_errors = round(float(self.errors[-1]))
        kept = np.arange(self.n_examples - n_errors + 1, self.n_examples + 1)
        return float(np.sum((kept - kept[:1] + 1) / kept) / self.n_examples)

    @property
    def excess_aurc(self) -> float:
        """`aurc` − `best_aurc`, 0 or more; lower = errors are less sure than right answers."""
        return max(0.0, self.aurc - self.best_aurc)

    def count_left(self, n_referred: int) -> float:
        """Return the expected errors left where the `n_referred` least sure go to a person.

        Raises
        ------
        PredictionError
            More than there are, or fewer than none.
        """
        if not 0 <= n_referred <= self.n_examples:
            raise PredictionError(
                f"n_referred must be from 0 to {self.n_examples:,}; got {n_referred:,}."
            )
        return float(self.errors[self.n_examples - n_referred])


def build_risk_coverage(sureness: Floats, is_right: Booleans) -> RiskCoverage:
    """Return how errors gather among the least sure answers.

    The risk at a coverage of k / n is the share of errors among the k surest of n answers. Among
    equally sure answers the number of errors kept is its expectation over their orders, which is
    linear in how many of them are kept: so the order of the examples changes nothing.

    The area depends on the number of errors at least as much as on their order (a net with fewer
    errors mostly has the smaller one): compare `excess_aurc` to ask about the order.

    Parameters
    ----------
    sureness : float64 (examples,)
        Confidence, or anything else that is larger where an answer is surer.
    is_right : bool (examples,)

    Raises
    ------
    PredictionError
        No example, other axes, or a sureness that is no number.

    References
    ----------
    R. El-Yaniv and Y. Wiener, "On the foundations of noise-free selective classification",
    Journal of Machine Learning Research 11 (2010), 1605-1641 (risk and coverage).
    Y. Geifman, G. Uziel and R. El-Yaniv, "Bias-reduced uncertainty estimation for deep neural
    classifiers", ICLR 2019 (AURC, excess AURC).

    Examples
    --------
    >>> curve = build_risk_coverage(np.array([0.9, 0.6, 0.6]), np.array([True, True, False]))
    >>> curve.errors.tolist()  # of the two at 0.6 either may be kept
    [0.0, 0.0, 0.5, 1.0]
    >>> round(curve.aurc, 4), curve.count_left(1)  # (0 + 1/4 + 1/3) / 3
    (0.1944, 0.5)
    """
    check_axes(sureness, "examples", name="sureness")
    n_examples = len(sureness)
    check_axes(is_right, "examples", name="is_right", examples=n_examples)
    if not n_examples or np.isnan(sureness).any():
        raise PredictionError("sureness must be a number for each of at least one example.")
    order = np.argsort(-sureness, kind="stable")
    ordered = sureness[order]
    # Where a run of equally sure answers ends; between ends the expectation is a line.
    ends = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]) + 1, n_examples)
    n_wrong = np.cumsum(~is_right[order])[ends - 1]
    errors = np.interp(
        np.arange(n_examples + 1), np.append(0, ends), np.append(0, n_wrong).astype(np.float64)
    )
    return RiskCoverage(errors)


def count_referred(n_examples: int, percent: float) -> int:
    """Return how many of the examples are that many percent of them, rounded down.

    Raises
    ------
    PredictionError
        Not from 0 to 100.

    Examples
    --------
    >>> count_referred(10_000, 0.5), count_referred(90, 0.5), count_referred(100, 29)
    (50, 0, 29)
    """
    if not 0 <= percent <= 100:
        raise PredictionError(f"refer must be from 0 to 100 per cent; got {percent:g}.")
    # 0.29 × 100 is a little below 29 in binary.
    return min(n_examples, math.floor(n_examples * percent / 100 + 1e-9))
