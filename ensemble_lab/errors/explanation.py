"""Why an example was decided as it was: everything that bears on it, in one value."""

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ensemble_lab.analysis.subsets.joining import settled_at
from ensemble_lab.arrays import Array, Floats, Images, Index
from ensemble_lab.decision import Decision
from ensemble_lab.store.ledger import Look
from ensemble_lab.store.review import Review

__all__ = [
    "Answer",
    "Explanation",
    "Fact",
    "Joining",
    "Neighbour",
    "Neighbourhood",
    "Outlook",
    "RuleAnswer",
]


@dataclass(frozen=True)
class Answer:
    """What one member says.

    Attributes
    ----------
    key : str
    vote : int
    p_vote, p_label : float or None
        Its probabilities of its vote and of the label; None where only votes are known.
    is_right : bool
    """

    key: str
    vote: int
    p_vote: float | None
    p_label: float | None
    is_right: bool


@dataclass(frozen=True)
class RuleAnswer:
    """What the members say by one rule.

    Attributes
    ----------
    rule : str
    predicted : int or None
        None where the rule cannot be asked.
    is_right, is_tied : bool or None
        `is_tied`: a tie policy chose among several classes.
    why_not : str
        What the rule lacks; empty where it was asked.
    """

    rule: str
    predicted: int | None
    is_right: bool | None
    is_tied: bool | None
    why_not: str = ""


@dataclass(frozen=True, eq=False)
class Joining:
    """How the decision moves as members join, in their order.

    Attributes
    ----------
    majority : int64 (members,)
        The class with most votes of the first 1, 2, … members.
    mean : int64 (members,) or None
        The class with their largest mean probability; None where only votes are known.
    chances : float64 (members,)
        The probability that the majority of 1, 2, … members errs, drawn from all of them and
        ties settled at random: the same in every order.
    """

    majority: Index
    mean: Index | None
    chances: Floats

    @property
    def majority_settled(self) -> int:
        """The number of members at which the majority changed for the last time."""
        return settled_at(self.majority)

    @property
    def mean_settled(self) -> int | None:
        """The number of members at which the mean rule changed for the last time."""
        return None if self.mean is None else settled_at(self.mean)


@dataclass(frozen=True)
class Outlook:
    """Whether more members of the kind would decide otherwise.

    Attributes
    ----------
    verdict : {"right", "irreducible", "undecided"}
        Every member is right; the strongest wrong class beats the label among members at 5 %;
        or neither. See `ensemble_lab.analysis.subsets.verdicts.judge_examples`.
    rival : int or None
        The wrong class with most votes; None where no member is wrong.
    p : float or None
        Of the sign test between rival and label.
    """

    verdict: Literal["right", "irreducible", "undecided"]
    rival: int | None = None
    p: float | None = None


@dataclass(frozen=True)
class Fact:
    """What is known of the example besides its label, such as its writer."""

    name: str
    value: int | float | str


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A training example that looks like the one explained.

    Attributes
    ----------
    index : int
        Its position in the training split as published.
    label : int
    distance : float
        Euclidean, of pixels from 0 to 1; 0 is the very same picture.
    image : uint8 (height, width, channels)
    """

    index: int
    label: int
    distance: float
    image: Images


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """The nearest training examples in pixels.

    Attributes
    ----------
    training : str
        Whose examples they are, in words.
    n_training : int
        How many were searched.
    nearest : tuple of Neighbour
        The nearest first; equally near ones by ascending index.
    near_labels : tuple of int
        Of the 20 nearest, whether shown or not; of all where there are fewer.
    n_label, n_predicted : int
        How many of these are the example's label, and the class that the vote chose.
    """

    training: str
    n_training: int
    nearest: tuple[Neighbour, ...]
    near_labels: tuple[int, ...]
    n_label: int
    n_predicted: int

    @property
    def label_counts(self) -> tuple[tuple[int, int], ...]:
        """How many of the near examples have each label: (label, count), most frequent first."""
        return tuple(Counter(self.near_labels).most_common())


@dataclass(frozen=True, eq=False)
class Explanation:
    """All that bears on the decision about one example.

    Attributes
    ----------
    run, split : str
    index : int
        Position in the split as published.
    class_names : tuple of str
    label, predicted : int
        The true class, and the one that the vote chose.
    decision : Decision
        The vote's; its members are those that voted.
    is_tied : bool
    confidence, gap, margin : float or None
        Of the mean probabilities, as in `ensemble_lab.errors.catalogue`; None where only votes
        are known.
    rank : int or None
        Place among the errors by descending gap, from 1; None where it is right, or has no gap.
    n_errors, n_examples : int
        Of the vote on the split.
    vote_counts : unsigned (classes,)
        Members that chose each class.
    means : float64 (classes,) or None
        Mean probabilities, by the members' weights where the decision has some.
    members : tuple of Answer
        In the order in which they join: the run's, or that of the decision that names them.
    probabilities : float32 (members, classes) or None
    rules : tuple of RuleAnswer
        Every rule, of the same members; the decision's own with its weights, others without.
    joining : Joining
    outlook : Outlook
    facts : tuple of Fact
    facts_note : str
        How files were read that have no index, and why nothing is known that the source should
        know.
    reviews : tuple of Review
        What people say of the label now, in the order they said it.
    image : uint8 (height, width, channels) or None
    neighbourhood : Neighbourhood or None
    images_note : str
        Why there is no image, or no neighbourhood.
    look : Look or None
        What the ledger did.
    """

    run: str
    split: str
    index: int
    class_names: tuple[str, ...]
    label: int
    predicted: int
    decision: Decision
    is_tied: bool
    confidence: float | None
    gap: float | None
    margin: float | None
    rank: int | None
    n_errors: int
    n_examples: int
    vote_counts: Array
    means: Floats | None
    members: tuple[Answer, ...]
    probabilities: Array | None
    rules: tuple[RuleAnswer, ...]
    joining: Joining
    outlook: Outlook
    facts: tuple[Fact, ...]
    facts_note: str
    reviews: tuple[Review, ...]
    image: Images | None
    neighbourhood: Neighbourhood | None
    images_note: str
    look: Look | None

    @property
    def is_right(self) -> bool:
        """Whether the vote chose the label."""
        return self.predicted == self.label

    @property
    def is_named(self) -> bool:
        """Whether classes have names other than their numbers."""
        return self.class_names != tuple(map(str, range(len(self.class_names))))

    def name(self, number: int) -> str:
        """Return a class's number, and its name where it has one: ``9 (ankle boot)``."""
        return f"{number} ({self.class_names[number]})" if self.is_named else str(number)
