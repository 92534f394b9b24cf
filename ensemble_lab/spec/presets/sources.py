"""Where the models come from, each named once."""

from typing import NamedTuple

__all__ = [
    "AN",
    "DEEP",
    "DEOTTE",
    "ELU",
    "LESSON",
    "MEETUP",
    "OURS",
    "POST",
    "SABOUR",
    "ZHAO",
    "Source",
]


class Source(NamedTuple):
    """A paper, page or notebook.

    Attributes
    ----------
    key : str
        A short name for tables.
    title : str
    """

    key: str
    title: str


MEETUP = Source("Meetup", "MNIST Digit Classification, notebook for PBDS Meetup, 2019-07-18")
ELU = Source("Achary", "S. Achary, MNIST using CNN Keras – Acc 0.997, notebook, 2018-05-17")
LESSON = Source("Lesson", "Lesson 08 – CNN for the MNIST Dataset, course notebook")
POST = Source("Post", "Post on the MNIST database with Keras's example MLP and CNN")
DEEP = Source("Kaggle", "MNIST – Deep Neural Network with Keras, Kaggle notebook")
SABOUR = Source(
    "Sabour",
    "S. Sabour, N. Frosst and G. Hinton, Dynamic Routing Between Capsules, arXiv:1710.09829, 2017",
)
ZHAO = Source(
    "Zhao",
    "Z. Zhao, A. Kleinhans, G. Sandhu, I. Patel and K. Unnikrishnan, Capsule Networks with "
    "Max-Min Normalization, arXiv:1903.09662, 2019",
)
AN = Source(
    "An",
    "S. An, M. Lee, S. Park, H. Yang and J. So, An Ensemble of Simple Convolutional Neural "
    "Network Models for MNIST Digit Recognition, arXiv:2008.10400, 2020",
)
DEOTTE = Source("Deotte", "C. Deotte, 25 Million Images! [0.99757] MNIST, Kaggle notebook, 2018")
OURS = Source("ours", "ours")
