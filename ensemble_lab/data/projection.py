"""Images as points of a plane: principal components, and t-SNE of the first fifty of them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ensemble_lab.arrays import Floats, Index, Labels
from ensemble_lab.data.dataset import Split
from ensemble_lab.data.sampling import sample_split
from ensemble_lab.exceptions import DataError, MissingExtraError

__all__ = ["LEAST_EXAMPLES", "Projection", "build_projection"]

LEAST_EXAMPLES = 5
"""Fewer points say nothing, and t-SNE has no neighbours to weigh."""

_PERPLEXITY = 30.0
_N_COMPONENTS = 50


@dataclass(frozen=True, eq=False)
class Projection:
    """Two maps of the same examples.

    Attributes
    ----------
    split : str
    n_in_split : int
        Examples from which those shown were drawn.
    seed : int
        Draws the examples and starts t-SNE.
    index : int64 (examples,)
    labels : int64 (examples,) or None
    components : float64 (examples, 2)
        First two principal components of the pixels in 0 … 1.
    explained : (float, float)
        Share of the variance that each explains.
    n_components : int
        Principal components that t-SNE saw.
    neighbours : float64 (examples, 2)
        The t-SNE map: who is near whom can be read from it, not how far clusters are apart.
    perplexity : float
    divergence : float
        Kullback-Leibler divergence that is left; lower is more faithful.
    """

    split: str
    n_in_split: int
    seed: int
    index: Index
    labels: Labels | None
    components: Floats
    explained: tuple[float, float]
    n_components: int
    neighbours: Floats
    perplexity: float
    divergence: float


def build_projection(
    split: Split, *, n_examples: int = 2000, seed: int = 0, perplexity: float | None = None
) -> Projection:
    """Return principal components and a t-SNE map of examples drawn from a split.

    Both are fitted to the examples drawn, not to the whole split. On one kind of processor the
    same arguments give the same maps; 2,000 examples take ten seconds or so, on one thread:
    another number of threads would add up in another order, and that turns into another map.

    Parameters
    ----------
    split : Split
    n_examples : int
        How many are drawn (see `sample_split`); all where there are fewer.
    seed : int
    perplexity : float, optional
        Neighbours that t-SNE weighs, about; 30, or a third of the examples where that is less.

    Raises
    ------
    DataError
        Fewer than `LEAST_EXAMPLES`, images that are all the same, or a perplexity that is not
        above 0 and below the number of examples.
    MissingExtraError
        Scikit-learn is not installed.

    References
    ----------
    L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008): section 4.2
    reduces to 30 principal components first, and table 1 names perplexities of 5 to 50.
    """
    methods = _load_methods()
    drawn = sample_split(split, n_examples, seed=seed)
    perplexity = _choose_perplexity(perplexity, drawn)
    pixels = drawn.images.reshape(drawn.n_examples, -1).astype(np.float32) / 255
    if pixels.shape[1] < 2 or not (pixels != pixels[0]).any():
        raise DataError(
            f"images to project must have several pixels and differ; those drawn from "
            f"{split.name} do not."
        )
    n_components = min(_N_COMPONENTS, *pixels.shape)
    reduction = methods.pca(n_components=n_components, random_state=_draw_state(seed))
    mapping = methods.tsne(perplexity=perplexity, init="pca", random_state=_draw_state(seed))
    with methods.limit_threads(limits=1):
        components = reduction.fit_transform(pixels)
        neighbours = mapping.fit_transform(components)
    first, second = reduction.explained_variance_ratio_[:2].tolist()
    return Projection(
        split=split.name,
        n_in_split=split.n_examples,
        seed=seed,
        index=drawn.index,
        labels=drawn.labels,
        components=components[:, :2].astype(np.float64),
        explained=(first, second),
        n_components=n_components,
        neighbours=neighbours.astype(np.float64),
        perplexity=perplexity,
        divergence=float(mapping.kl_divergence_),
    )


def _draw_state(seed: int) -> np.random.RandomState:
    """Return a state for scikit-learn, whose own seeds end at 32 bits."""
    return np.random.RandomState(np.random.MT19937(np.random.SeedSequence(seed)))


def _choose_perplexity(asked: float | None, drawn: Split) -> float:
    n_examples = drawn.n_examples
    if n_examples < LEAST_EXAMPLES:
        raise DataError(
            f"examples to project must be at least {LEAST_EXAMPLES}; got {n_examples}, of "
            f"{drawn.name}."
        )
    if asked is None:
        return min(_PERPLEXITY, n_examples / 3)
    if not 0 < asked < n_examples:
        raise DataError(
            f"perplexity must be above 0 and below the number of examples, {n_examples:,}; got "
            f"{asked:g}."
        )
    return asked


class _Methods(NamedTuple):
    """Scikit-learn's classes, and what keeps them to so many threads."""

    pca: Any
    tsne: Any
    limit_threads: Any


def _load_methods() -> _Methods:
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError:
        raise MissingExtraError(
            "a projection needs scikit-learn; it is not installed. "
            "Install it with: pip install 'ensemble-lab[train]'"
        ) from None
    return _Methods(PCA, TSNE, threadpool_limits)
