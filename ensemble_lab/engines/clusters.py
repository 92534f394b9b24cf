"""On which machines workers run, and how they reach the run: for engines that have several."""

import math
from dataclasses import dataclass

from ensemble_lab.exceptions import SpecError

__all__ = ["Cluster"]


@dataclass(frozen=True)
class Cluster:
    """A cluster of machines, and what a member gets of it.

    Attributes
    ----------
    address : str or None
        ``HOST:PORT`` of a cluster that this machine is a node of, or ``auto`` for the one that
        runs here. None also starts one of this machine alone where there is none.
    fetch : bool
        Whether members come back over the network. Otherwise every machine must see the run's
        folder at the same path.
    gpus : float or None
        Share of a GPU for each member: 0.25 lets four train on one; from 1 on a whole number.
        None for one each where the cluster has any, and none where it has none.

    Raises
    ------
    SpecError
        A share that is none.

    Examples
    --------
    >>> Cluster(address="auto", fetch=True).gpus is None
    True
    >>> Cluster(gpus=1.5)
    Traceback (most recent call last):
    ensemble_lab.exceptions.SpecError: gpus must be a share from 0 to 1, or a whole number; got 1.5.
    """

    address: str | None = None
    fetch: bool = False
    gpus: float | None = None

    def __post_init__(self) -> None:
        """Refuse a share that no scheduler could give."""
        if self.gpus is None:
            return
        if not (0 <= self.gpus < math.inf) or (self.gpus > 1 and self.gpus % 1):
            raise SpecError(
                f"gpus must be a share from 0 to 1, or a whole number; got {self.gpus:g}."
            )
