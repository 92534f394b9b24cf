"""Errors as a range: all, and without those whose label people judge wrong."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ensemble_lab.arrays import Booleans, Index, check_axes
from ensemble_lab.spelling import render_count
from ensemble_lab.store.review import Review
from ensemble_lab.store.reviews import current_reviews

__all__ = ["Judged", "ReviewRange", "count_range", "judge_labels"]


@dataclass(frozen=True)
class Judged:
    """What people say of one example's label.

    Attributes
    ----------
    index : int
    reviews : tuple of Review
        The current one of each author.
    """

    index: int
    reviews: tuple[Review, ...]

    @property
    def counts(self) -> Counter[str]:
        """How many authors gave each verdict."""
        return Counter(review.verdict for review in self.reviews)

    @property
    def is_mislabelled(self) -> bool:
        """Whether more authors say ``label-error`` than anything else; a tie does not count."""
        n_wrong = self.counts["label-error"]
        return n_wrong > len(self.reviews) - n_wrong


@dataclass(frozen=True)
class ReviewRange:
    """How many errors there are, and how many without those that people judge mislabelled.

    The second number is a bound, no score: who looks at errors alone finds no wrong labels
    among the right examples, where they would make errors of them.

    Attributes
    ----------
    errors : int
        All errors of the vote.
    errors_without_label_errors : int
        Those on examples that are not judged mislabelled.
    n_label_errors : int
        Examples of the split that are judged mislabelled, wrong or right.
    n_reviewed : int
        Examples of the split that somebody reviewed.
    """

    errors: int
    errors_without_label_errors: int
    n_label_errors: int
    n_reviewed: int

    @property
    def text(self) -> str:
        """The range for a reader, never without the number of all errors.

        Examples
        --------
        >>> ReviewRange(26, 19, 15, 100).text
        '26 errors, 19 without 7 that people judge mislabelled (15 of 100 reviewed)'
        """
        n_left_out = self.errors - self.errors_without_label_errors
        errors = render_count(self.errors, "error")
        left = f"{self.errors_without_label_errors:,} without {n_left_out:,}"
        return (
            f"{errors}, {left} that people judge mislabelled ({self.n_label_errors:,} of "
            f"{self.n_reviewed:,} reviewed)"
        )


def judge_labels(reviews: Iterable[Review]) -> tuple[Judged, ...]:
    """Return what people say of each reviewed example, by index.

    Parameters
    ----------
    reviews : iterable of Review
        Of one split, in the order they were recorded; superseded ones do not count.

    Examples
    --------
    >>> told = [("Ada", "label-error"), ("Bea", "ambiguous"), ("Cy", "label-error")]
    >>> reviews = [
    ...     Review(split="test", index=947, labels_sha256="", verdict=verdict, author=author)
    ...     for author, verdict in told
    ... ]
    >>> [judge_labels(reviews[:n])[0].is_mislabelled for n in (1, 2, 3)]
    [True, False, True]
    """
    by_index: dict[int, list[Review]] = {}
    for review in current_reviews(reviews):
        by_index.setdefault(review.index, []).append(review)
    return tuple(Judged(index, tuple(by_index[index])) for index in sorted(by_index))


def count_range(reviews: Iterable[Review], is_wrong: Booleans, index: Index) -> ReviewRange | None:
    """Return the range of the errors on a split; None where nobody reviewed it.

    Parameters
    ----------
    reviews : iterable of Review
        Of that split: see `ensemble_lab.store.reviews.load_reviews`.
    is_wrong : bool (examples,)
        Where the vote is not the label.
    index : int64 (examples,)

    Examples
    --------
    >>> review = Review(split="test", index=7, labels_sha256="", verdict="label-error", author="A")
    >>> count_range([review], np.array([True, True, False]), np.array([3, 7, 8]))
    ReviewRange(errors=2, errors_without_label_errors=1, n_label_errors=1, n_reviewed=1)
    """
    judged = judge_labels(reviews)
    if not judged:
        return None
    check_axes(index, "examples", name="index", examples=len(is_wrong))
    mislabelled = [each.index for each in judged if each.is_mislabelled]
    is_kept = ~np.isin(index, np.asarray(mislabelled, np.int64))
    return ReviewRange(
        errors=int(np.count_nonzero(is_wrong)),
        errors_without_label_errors=int(np.count_nonzero(is_wrong & is_kept)),
        n_label_errors=len(mislabelled),
        n_reviewed=len(judged),
    )
