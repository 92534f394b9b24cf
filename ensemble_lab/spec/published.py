"""What others state, to stand beside what we measured."""

from ensemble_lab.spec.frozen import FrozenSpec

__all__ = ["Published"]


class Published(FrozenSpec):
    """A figure that a paper or page states, to stand beside ours.

    Attributes
    ----------
    figure : str
        As printed, with its unit, such as ``"99.15 %"``.
    source : str
        Paper or page, and place in it.
    how_chosen : str
        How its authors chose what they report.
    """

    figure: str
    source: str
    how_chosen: str = "not stated"
