"""What the members said of a block of examples, and what rules score it by."""

from dataclasses import dataclass

from ensemble_lab.arrays import Floats, Probabilities, Votes
from ensemble_lab.store.predictions import Predictions

__all__ = ["Tally"]


@dataclass(frozen=True, eq=False)
class Tally:
    """Ballots and probabilities of a block of examples, added up.

    Attributes
    ----------
    vote_counts : unsigned (examples, classes)
        Ballots for each class: of members, or of groups.
    sums : float64 (examples, classes) or None
        Probabilities summed over members, near ties settled; None where only votes are known.
    block : Predictions
        What was added up.
    weights : float64 (members,)
        What each member weighs.
    """

    vote_counts: Votes
    sums: Floats | None
    block: Predictions
    weights: Floats

    @property
    def probabilities(self) -> Probabilities:
        """float32 (members, examples, classes), for the rules that use them."""
        assert self.block.probabilities is not None, "combine refuses these rules on votes alone"
        return self.block.probabilities
