"""Random numbers as a function of (root seed, stream, epoch, step).

Nothing here holds state: the same four values always give the same numbers,
so a member that is killed and continued, or trained beside others in any
order, draws what it would have drawn alone. The streams are independent by
the construction of `numpy.random.SeedSequence` (spawn keys), after
M. E. O'Neill, "Developing a seed_seq Alternative" (2015).
"""

# Types of numpy.random are quoted: named, they would load it, a twentieth of a command's start.
import numpy as np
import numpy.typing as npt

from ensemble_lab.arrays import Floats, Index

__all__ = ["STREAMS", "draw_generator", "draw_state", "draw_uniform", "seed_sequence"]

STREAMS = {
    "init": 0,
    "order": 1,
    "augment": 2,
    "dropout": 3,
    "validation": 4,
    "canvas": 5,
    "elastic": 6,
    "erase": 7,
    "corruption": 8,
    "writers": 9,
    "subsets": 10,
    "committees": 11,
    "resampling": 12,
    "selection": 13,
    "halves": 14,
    "copies": 15,
}
"""Stream names and their spawn keys. A number is never reused: stored members depend on it."""

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def seed_sequence(
    seed: int, stream: str, *, epoch: int = 0, step: int = 0
) -> "np.random.SeedSequence":
    """Return the seed sequence of one stream at one epoch and step.

    Parameters
    ----------
    seed : int
        Root seed, 0 or more.
    stream : str
        One of `STREAMS`.
    epoch, step : int
        Where training is, both from 0. A stream without steps leaves them 0.

    Examples
    --------
    >>> seed_sequence(7, "order", epoch=2).spawn_key
    (1, 2, 0)
    """
    return np.random.SeedSequence(entropy=seed, spawn_key=(STREAMS[stream], epoch, step))


def draw_generator(
    seed: int, stream: str, *, epoch: int = 0, step: int = 0
) -> "np.random.Generator":
    """Return a fresh PCG64 generator on that sequence (see `seed_sequence`)."""
    return np.random.Generator(np.random.PCG64(seed_sequence(seed, stream, epoch=epoch, step=step)))


def draw_state(
    seed: int, stream: str, n_words: int, *, epoch: int = 0, step: int = 0
) -> npt.NDArray[np.uint32]:
    """Return `n_words` uint32 of that sequence: a state for another library's generator."""
    sequence = seed_sequence(seed, stream, epoch=epoch, step=step)
    return sequence.generate_state(n_words).astype(np.uint32)


def draw_uniform(seed: int, index: Index) -> Floats:
    """Return one number in [0, 1) for each index, whatever else is asked for beside it.

    The SplitMix64 finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom
    number generators", OOPSLA 2014) of the seed and the index: vectorised, and the
    number of an index never depends on the other indices in the array.

    Parameters
    ----------
    seed : int
        0 or more, below 2**64.
    index : int64 (examples,)

    Examples
    --------
    >>> bool(draw_uniform(3, np.array([5, 9]))[1] == draw_uniform(3, np.array([9]))[0])
    True
    """
    with np.errstate(over="ignore"):
        z = _mix(np.full(1, seed, np.uint64) + _GOLDEN) ^ index.astype(np.uint64) * _GOLDEN
        z = _mix(z + _GOLDEN)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(
    z: npt.NDArray[np.uint64],
) -> npt.NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
