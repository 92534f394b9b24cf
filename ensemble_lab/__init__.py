"""ensemble_lab: train seeded ensembles, combine them by vote, and study the errors that remain.

The data's journey, and the room of each station::

    experiment.toml ─► data ─► training (one process a member) ─► member.weights.h5
        ─► predictions-test.h5 ─► vote ─► catalogue ─► filter ─► gallery · report

    spec       what is to be trained, as frozen values
    store      every file of a run
    data       images and labels from their sources, and how they are split
    training   the one room that knows Keras
    engines    start workers and listen to them
    analysis   votes and statistics on arrays
    errors     the catalogue of what the vote gets wrong
    figures    pictures
    workflows  one file a command: open, compute, save
    cli        one thin file a command: parse, call, print

The names below are loaded when they are first used; importing the package costs
next to nothing, and never loads a framework.
"""

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES = {
    "AugmentedCopies": "spec.variant",
    "Catalogue": "errors.catalogue",
    "Cluster": "engines.clusters",
    "Corruption": "spec.data",
    "CorruptionQuestion": "workflows.corruptions",
    "Decision": "decision",
    "Drawing": "workflows.drawings",
    "EnsembleLabError": "exceptions",
    "ExperimentSpec": "spec.experiment",
    "Explanation": "errors.explanation",
    "Facet": "figures.html.page",
    "MemberSpec": "spec.member",
    "Page": "figures.html.page",
    "Predictions": "store.predictions",
    "Preset": "spec.presets",
    "Question": "workflows.question",
    "Review": "store.review",
    "Run": "store.run",
    "ShiftedCopies": "spec.variant",
    "SliceQuestion": "workflows.slice_columns",
    "TestLabels": "store.labels",
    "ValidationLabels": "store.labels",
    "Vote": "analysis.votes.vote",
    "add_member": "workflows.add_member",
    "add_review": "workflows.review",
    "apply_temperature": "analysis.calibration.temperature",
    "audit_run": "workflows.audit",
    "augment_data": "workflows.augmented",
    "build_catalogue": "errors.catalogue",
    "build_class_means": "data.class_means",
    "build_curve": "workflows.curve",
    "build_diversity": "workflows.diversity",
    "build_experiment": "workflows.presets",
    "build_joint_errors": "errors.compare",
    "build_mosaic": "figures.mosaic",
    "build_page": "figures.html.page",
    "build_projection": "data.projection",
    "build_slices": "workflows.slices",
    "collect_results": "workflows.results",
    "clopper_pearson": "analysis.significance.intervals",
    "combine": "analysis.votes.vote",
    "compare_ensembles": "workflows.significance",
    "compare_member_errors": "workflows.recipes",
    "compare_runs": "workflows.compare",
    "corrupt_images": "data.corruptions",
    "count_band": "analysis.votes.bands",
    "count_confusion": "workflows.confusion",
    "draw_audit": "figures.audit",
    "draw_augmented": "figures.augmented",
    "draw_calibration": "figures.calibration",
    "draw_class_means": "figures.means",
    "draw_confusion": "figures.confusion",
    "draw_contested": "figures.contested",
    "draw_corruption_curves": "figures.corruptions",
    "draw_corruption_examples": "figures.corrupted_images",
    "draw_digit": "figures.digit",
    "draw_diversity": "figures.diversity",
    "draw_explanation": "figures.explanation",
    "draw_frontier": "figures.frontier",
    "draw_gallery": "figures.gallery",
    "draw_history": "figures.history",
    "draw_margins": "figures.margins",
    "draw_mosaic": "figures.mosaic",
    "draw_pairs": "figures.pairs",
    "draw_projection": "figures.projection",
    "draw_samples": "figures.samples",
    "draw_slices": "figures.slices",
    "draw_subset_curve": "figures.subset_curve",
    "draw_upset": "figures.upset",
    "examples_needed": "analysis.significance.paired",
    "explain_example": "workflows.why",
    "explain_examples": "workflows.why",
    "export_run": "workflows.export",
    "find_errors": "workflows.errors",
    "find_nearest": "errors.neighbours",
    "find_preset": "spec.presets",
    "find_results": "workflows.experiments",
    "find_runs": "store.runs",
    "fit_log_odds": "analysis.votes.weights",
    "fit_temperature": "analysis.calibration.temperature",
    "import_predictions": "workflows.import_",
    "import_reviews": "workflows.review",
    "join_ledgers": "workflows.ledger",
    "join_metadata": "workflows.metadata",
    "judge_run": "workflows.verdicts",
    "keep_errors": "workflows.errors",
    "least_significant": "analysis.significance.paired",
    "list_contested": "workflows.error_figures",
    "list_corruption_errors": "workflows.corruption_rows",
    "list_margins": "workflows.error_figures",
    "list_presets": "workflows.presets",
    "list_runs": "workflows.runs",
    "load_catalogue": "errors.files",
    "load_data": "workflows.data",
    "load_decision": "store.decisions",
    "load_epoch_votes": "store.epoch_votes",
    "load_experiment": "spec.experiment",
    "load_failure": "store.members",
    "load_histories": "workflows.history",
    "load_images": "workflows.images",
    "load_labels": "store.labels",
    "load_ledger": "store.ledger",
    "load_member": "store.members",
    "load_predictions": "store.predictions",
    "load_preset": "spec.presets",
    "load_results": "workflows.experiments",
    "load_reviews": "store.reviews",
    "load_validation_labels": "store.labels",
    "mcnemar_exact": "analysis.significance.paired",
    "open_predictions": "store.predictions",
    "open_run": "store.run",
    "parse_experiment": "spec.experiment",
    "parse_pair": "errors.pairs",
    "plan_experiment": "workflows.planning",
    "pool_runs": "workflows.pool",
    "predict": "workflows.predict",
    "predict_corruptions": "workflows.corruptions",
    "predict_variant": "workflows.variants",
    "rank_labels": "workflows.label_ranking",
    "render_digit": "figures.digit",
    "render_experiment": "spec.experiment",
    "render_summary": "workflows.summary_text",
    "repeat": "workflows.repeat",
    "run_demo": "workflows.demo",
    "sample_split": "data.sampling",
    "save_audit": "workflows.audit",
    "save_calibration": "workflows.calibration",
    "save_catalogue": "errors.files",
    "save_comparison": "workflows.compare",
    "save_confusion": "workflows.confusion",
    "save_corruption_curves": "workflows.corruption_figures",
    "save_corruption_examples": "workflows.corruption_figures",
    "save_curve": "workflows.curve",
    "save_decision": "store.decisions",
    "save_diagram": "workflows.presets",
    "save_diversity": "workflows.diversity",
    "save_drawing": "workflows.drawings",
    "save_explanations": "workflows.why",
    "save_error_figure": "workflows.error_figures",
    "save_gallery": "workflows.gallery",
    "save_history": "workflows.history",
    "save_page": "figures.html.files",
    "save_report": "workflows.report",
    "save_results": "workflows.results",
    "save_slices": "workflows.slices",
    "save_submission": "workflows.submission",
    "save_summary": "workflows.summarise",
    "score_calibration": "workflows.calibration",
    "score_committees": "workflows.committees",
    "score_corruptions": "workflows.corruptions",
    "score_vote": "workflows.vote",
    "score_vote_by_group": "workflows.vote",
    "select": "workflows.select",
    "select_members": "analysis.selection.methods",
    "size_preset": "workflows.presets",
    "summarise": "workflows.summarise",
    "summarise_data": "workflows.data",
    "summarise_run": "workflows.inspect",
    "tell_pairs": "workflows.significance_text",
    "tell_recipes": "workflows.significance_text",
    "trace_preset": "workflows.presets",
    "train": "workflows.train",
    "wilson": "analysis.significance.intervals",
}
"""Public names and the module of each."""

__all__ = ["__version__", *_NAMES]

if TYPE_CHECKING:
    from ensemble_lab.analysis.calibration.temperature import apply_temperature, fit_temperature
    from ensemble_lab.analysis.selection.methods import select_members
    from ensemble_lab.analysis.significance.intervals import clopper_pearson, wilson
    from ensemble_lab.analysis.significance.paired import (
        examples_needed,
        least_significant,
        mcnemar_exact,
    )
    from ensemble_lab.analysis.votes.bands import count_band
    from ensemble_lab.analysis.votes.vote import Vote, combine
    from ensemble_lab.analysis.votes.weights import fit_log_odds
    from ensemble_lab.data.class_means import build_class_means
    from ensemble_lab.data.corruptions import corrupt_images
    from ensemble_lab.data.projection import build_projection
    from ensemble_lab.data.sampling import sample_split
    from ensemble_lab.decision import Decision
    from ensemble_lab.engines.clusters import Cluster
    from ensemble_lab.errors.catalogue import Catalogue, build_catalogue
    from ensemble_lab.errors.compare import build_joint_errors
    from ensemble_lab.errors.explanation import Explanation
    from ensemble_lab.errors.files import load_catalogue, save_catalogue
    from ensemble_lab.errors.neighbours import find_nearest
    from ensemble_lab.errors.pairs import parse_pair
    from ensemble_lab.exceptions import EnsembleLabError
    from ensemble_lab.figures.audit import draw_audit
    from ensemble_lab.figures.augmented import draw_augmented
    from ensemble_lab.figures.calibration import draw_calibration
    from ensemble_lab.figures.confusion import draw_confusion
    from ensemble_lab.figures.contested import draw_contested
    from ensemble_lab.figures.corrupted_images import draw_corruption_examples
    from ensemble_lab.figures.corruptions import draw_corruption_curves
    from ensemble_lab.figures.digit import draw_digit, render_digit
    from ensemble_lab.figures.diversity import draw_diversity
    from ensemble_lab.figures.explanation import draw_explanation
    from ensemble_lab.figures.frontier import draw_frontier
    from ensemble_lab.figures.gallery import draw_gallery
    from ensemble_lab.figures.history import draw_history
    from ensemble_lab.figures.html.files import save_page
    from ensemble_lab.figures.html.page import Facet, Page, build_page
    from ensemble_lab.figures.margins import draw_margins
    from ensemble_lab.figures.means import draw_class_means
    from ensemble_lab.figures.mosaic import build_mosaic, draw_mosaic
    from ensemble_lab.figures.pairs import draw_pairs
    from ensemble_lab.figures.projection import draw_projection
    from ensemble_lab.figures.samples import draw_samples
    from ensemble_lab.figures.slices import draw_slices
    from ensemble_lab.figures.subset_curve import draw_subset_curve
    from ensemble_lab.figures.upset import draw_upset
    from ensemble_lab.spec.data import Corruption
    from ensemble_lab.spec.experiment import (
        ExperimentSpec,
        load_experiment,
        parse_experiment,
        render_experiment,
    )
    from ensemble_lab.spec.member import MemberSpec
    from ensemble_lab.spec.presets import Preset, find_preset, load_preset
    from ensemble_lab.spec.variant import AugmentedCopies, ShiftedCopies
    from ensemble_lab.store.decisions import load_decision, save_decision
    from ensemble_lab.store.epoch_votes import load_epoch_votes
    from ensemble_lab.store.labels import (
        TestLabels,
        ValidationLabels,
        load_labels,
        load_validation_labels,
    )
    from ensemble_lab.store.ledger import load_ledger
    from ensemble_lab.store.members import load_failure, load_member
    from ensemble_lab.store.predictions import Predictions, load_predictions, open_predictions
    from ensemble_lab.store.review import Review
    from ensemble_lab.store.reviews import load_reviews
    from ensemble_lab.store.run import Run, open_run
    from ensemble_lab.store.runs import find_runs
    from ensemble_lab.workflows.add_member import add_member
    from ensemble_lab.workflows.audit import audit_run, save_audit
    from ensemble_lab.workflows.augmented import augment_data
    from ensemble_lab.workflows.calibration import save_calibration, score_calibration
    from ensemble_lab.workflows.committees import score_committees
    from ensemble_lab.workflows.compare import compare_runs, save_comparison
    from ensemble_lab.workflows.confusion import count_confusion, save_confusion
    from ensemble_lab.workflows.corruption_figures import (
        save_corruption_curves,
        save_corruption_examples,
    )
    from ensemble_lab.workflows.corruption_rows import list_corruption_errors
    from ensemble_lab.workflows.corruptions import (
        CorruptionQuestion,
        predict_corruptions,
        score_corruptions,
    )
    from ensemble_lab.workflows.curve import build_curve, save_curve
    from ensemble_lab.workflows.data import load_data, summarise_data
    from ensemble_lab.workflows.demo import run_demo
    from ensemble_lab.workflows.diversity import build_diversity, save_diversity
    from ensemble_lab.workflows.drawings import Drawing, save_drawing
    from ensemble_lab.workflows.error_figures import (
        list_contested,
        list_margins,
        save_error_figure,
    )
    from ensemble_lab.workflows.errors import find_errors, keep_errors
    from ensemble_lab.workflows.experiments import find_results, load_results
    from ensemble_lab.workflows.export import export_run
    from ensemble_lab.workflows.gallery import save_gallery
    from ensemble_lab.workflows.history import load_histories, save_history
    from ensemble_lab.workflows.images import load_images
    from ensemble_lab.workflows.import_ import import_predictions
    from ensemble_lab.workflows.inspect import summarise_run
    from ensemble_lab.workflows.label_ranking import rank_labels
    from ensemble_lab.workflows.ledger import join_ledgers
    from ensemble_lab.workflows.metadata import join_metadata
    from ensemble_lab.workflows.planning import plan_experiment
    from ensemble_lab.workflows.pool import pool_runs
    from ensemble_lab.workflows.predict import predict
    from ensemble_lab.workflows.presets import (
        build_experiment,
        list_presets,
        save_diagram,
        size_preset,
        trace_preset,
    )
    from ensemble_lab.workflows.question import Question
    from ensemble_lab.workflows.recipes import compare_member_errors
    from ensemble_lab.workflows.repeat import repeat
    from ensemble_lab.workflows.report import save_report
    from ensemble_lab.workflows.results import collect_results, save_results
    from ensemble_lab.workflows.review import add_review, import_reviews
    from ensemble_lab.workflows.runs import list_runs
    from ensemble_lab.workflows.select import select
    from ensemble_lab.workflows.significance import compare_ensembles
    from ensemble_lab.workflows.significance_text import tell_pairs, tell_recipes
    from ensemble_lab.workflows.slice_columns import SliceQuestion
    from ensemble_lab.workflows.slices import build_slices, save_slices
    from ensemble_lab.workflows.submission import save_submission
    from ensemble_lab.workflows.summarise import save_summary, summarise
    from ensemble_lab.workflows.summary_text import render_summary
    from ensemble_lab.workflows.train import train
    from ensemble_lab.workflows.variants import predict_variant
    from ensemble_lab.workflows.verdicts import judge_run
    from ensemble_lab.workflows.vote import score_vote, score_vote_by_group
    from ensemble_lab.workflows.why import explain_example, explain_examples, save_explanations


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name not in _NAMES:
        # Who types a command's name is told what its workflow is called.
        twins = [each for each, module in _NAMES.items() if module == f"workflows.{name}"]
        hint = f"; see {', '.join(each for each in twins if each[0].islower())}" if twins else ""
        raise AttributeError(f"module 'ensemble_lab' has no attribute {name!r}{hint}")
    value = getattr(importlib.import_module(f"ensemble_lab.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_NAMES})
