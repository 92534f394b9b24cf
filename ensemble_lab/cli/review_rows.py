"""What review prints: a ranking of labels, and what people said of them."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ensemble_lab.cli.output import (
    RowFormatName,
    render_csv,
    render_json_rows,
    render_sentence,
    render_table,
)
from ensemble_lab.errors.review_range import judge_labels
from ensemble_lab.spelling import render_count
from ensemble_lab.store.review import VERDICTS, Review
from ensemble_lab.store.reviews import current_reviews

if TYPE_CHECKING:
    from ensemble_lab.errors.review_range import Judged
    from ensemble_lab.workflows.label_ranking import LabelRanking, RankedLabel
    from ensemble_lab.workflows.review import Imported

__all__ = ["describe_import", "list_review", "render_ranking", "render_reviews"]

_LONGEST_NAME = 12
_LONGEST_NOTE = 24
_LISTED = ("index", "verdict", "class", "author", "date", "note")
_RANKED = ("index", "label", "predicted", "score", "votes_for_label", "votes_for_predicted")


def render_ranking(found: "LabelRanking", format: RowFormatName) -> str:
    """Return the rows of a ranking in that format."""
    rows = [_rank_row(row) for row in found.rows]
    if format == "json":
        said = [row.judged.reviews if row.judged else () for row in found.rows]
        return render_json_rows(
            [
                row | {"reviews": [list_review(review) for review in reviews]}
                for row, reviews in zip(rows, said, strict=True)
            ]
        )
    if format == "csv":
        return render_csv(rows, [*_RANKED, *_count_names(), "is_mislabelled"])
    if format == "indices":
        return "\n".join(str(row.index) for row in found.rows)
    table = [
        {
            "index": row.index,
            "label": row.label,
            "predicted": row.predicted,
            "score": row.score,
            "for label": f"{row.votes_for_label} of {found.n_members}",
            "people": "" if row.judged is None else _summarise(row.judged),
        }
        for row in found.rows
    ]
    columns = ["index", "label", "predicted", "score", "for label"]
    columns += ["people"] if any(row["people"] for row in table) else []
    lines = [render_table(table, columns)] if table else []
    lines.append(render_sentence(_describe_ranking(found)))
    if found.reviewed is not None:
        lines.append(render_sentence(found.reviewed.text))
    return "\n".join(lines)


def _describe_ranking(found: "LabelRanking") -> str:
    n_examples = f"{found.n_examples:,} examples of {found.split}"
    if found.n_ranked < found.n_examples:
        n_examples = f"{found.n_ranked:,} flagged of {n_examples}"
    return (
        f"{len(found.rows):,} of {n_examples} by {found.score}, lower = more likely a wrong label; "
        f"vote of {found.n_members}, {found.decision.text}"
    )


def _rank_row(row: "RankedLabel") -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _RANKED}
    counts = row.judged.counts if row.judged else Counter[str]()
    values |= {
        name: counts[verdict] for name, verdict in zip(_count_names(), VERDICTS, strict=True)
    }
    return values | {"is_mislabelled": row.judged.is_mislabelled if row.judged else None}


def _count_names() -> list[str]:
    return ["n_" + verdict.replace("-", "_") for verdict in VERDICTS]


def _summarise(judged: "Judged") -> str:
    """Return what people say in a few words: one of them by name, several by number."""
    if len(judged.reviews) == 1:
        (review,) = judged.reviews
        return f"{review.verdict} ({_cut(review.author, _LONGEST_NAME)})"
    n_authors = len(judged.reviews)
    (verdict, n_agreed), *_ = judged.counts.most_common(1)
    if n_agreed * 2 > n_authors:
        return f"{verdict} {n_agreed} of {n_authors}"
    return f"divided: {judged.counts['label-error']} of {n_authors} label-error"


def render_reviews(reviews: Sequence[Review], split: str, format: RowFormatName) -> str:
    """Return what was said, in the order it was recorded; csv can be imported again."""
    current = set(map(id, current_reviews(reviews)))
    if format == "json":
        return render_json_rows(
            [list_review(each) | {"is_current": id(each) in current} for each in reviews]
        )
    if format == "csv":
        return render_csv([list_review(each) for each in reviews], _LISTED)
    if format == "indices":
        return "\n".join(map(str, dict.fromkeys(each.index for each in reviews)))
    rows = [
        {
            "index": each.index,
            "verdict": each.verdict if id(each) in current else f"({each.verdict})",
            "class": each.seen,
            "author": _cut(each.author, _LONGEST_NAME),
            "date": (each.date or "")[:10],
            "said": _cut(each.said, _LONGEST_NOTE),
        }
        for each in reviews
    ]
    table = [render_table(rows, list(rows[0]))] if rows else []
    return "\n".join([*table, render_sentence(_describe_reviews(reviews, split, len(current)))])


def _describe_reviews(reviews: Sequence[Review], split: str, n_current: int) -> str:
    judged = judge_labels(reviews)
    n_authors = len({review.author for review in reviews})
    n_mislabelled = sum(each.is_mislabelled for each in judged)
    text = (
        f"{render_count(len(reviews), 'review')} of {render_count(len(judged), 'example')} of "
        f"{split} by {render_count(n_authors, 'author')}; {n_mislabelled:,} judged mislabelled"
    )
    is_superseded = n_current < len(reviews)
    return f"{text}; in brackets what its author said otherwise later" if is_superseded else text


def describe_import(found: "Imported") -> str:
    """Return what a file held and what of it was new, in a sentence."""
    counts = Counter(review.verdict for review in found.reviews)
    told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in VERDICTS if counts[verdict])
    authors = list(dict.fromkeys(_cut(review.author, _LONGEST_NAME) for review in found.reviews))
    by = authors[0] if len(authors) == 1 else render_count(len(authors), "author")
    total = render_count(len(found.reviews), "review")
    return render_sentence(
        f"{total} by {by}: {told}; {len(found.added):,} new" if authors else total
    )


def list_review(review: Review) -> dict[str, Any]:
    """Return the values of a review as JSON takes them."""
    return {
        "index": review.index,
        "verdict": review.verdict,
        "class": review.seen,
        "author": review.author,
        "date": review.date,
        "note": review.note,
        "votes": [{"class": number, "count": count} for number, count in review.votes],
        "source": review.source,
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"
