"""Systems whose errors and cost others state, to be drawn beside what we measured."""

from dataclasses import dataclass

from ensemble_lab.spec.presets.sources import DEOTTE

__all__ = ["QUOTED", "Quoted"]


@dataclass(frozen=True, kw_only=True)
class Quoted:
    """Test errors of a net or of a vote, as its authors state them.

    Attributes
    ----------
    name : str
        Author and year.
    n_members : int
        Nets that vote; 1 for a single net.
    errors : float
        Mean number of misclassified MNIST test images, of 10,000.
    sd : float or None
        Standard deviation, where it is stated.
    epochs : int
    tflop_per_epoch : float
        Of one net: 6 floating-point operations a multiply-add of the published net and image.
    source, how_chosen : str
        Where it is stated, and how its authors chose it.
    """

    name: str
    n_members: int = 1
    errors: float
    sd: float | None = None
    epochs: int
    tflop_per_epoch: float
    source: str
    how_chosen: str

    @property
    def tflop(self) -> float:
        """Training of all its nets."""
        return self.n_members * self.epochs * self.tflop_per_epoch

    @property
    def label(self) -> str:
        """Name, and the number of nets where several vote."""
        return self.name if self.n_members == 1 else f"{self.name}, {self.n_members} nets"


_FIXED = "fixed epochs, nothing chosen on test"


def _quote_deotte(errors: float, sd: float, n_members: int = 1) -> Quoted:
    return Quoted(
        name="Deotte 2018",
        n_members=n_members,
        errors=errors,
        sd=sd,
        epochs=30,
        tflop_per_epoch=5.5,
        source=DEOTTE.title,
        how_chosen=_FIXED,
    )


def _quote_doucet(errors: float, n_members: int = 1) -> Quoted:
    return Quoted(
        name="Doucet 2019",
        n_members=n_members,
        errors=errors,
        epochs=11,
        tflop_per_epoch=119,
        source="T. Doucet, MNIST 99.82, github.com/ttdoucet/mnist, 2019",
        how_chosen=_FIXED,
    )


def _quote_matuzas(errors: float, sd: float, n_members: int = 1) -> Quoted:
    return Quoted(
        name="Matuzas 2020",
        n_members=n_members,
        errors=errors,
        sd=sd,
        epochs=20,
        tflop_per_epoch=240,
        source="Matuzas, MNIST-0.17, github.com/Matuzas77/MNIST-0.17, 2020",
        how_chosen=_FIXED,
    )


QUOTED = (
    _quote_deotte(35.9, 4.7),
    _quote_deotte(25.5, 2.0, n_members=15),
    _quote_doucet(25.2),
    _quote_doucet(20.5, n_members=5),
    _quote_doucet(18.2, n_members=15),
    _quote_doucet(17.7, n_members=35),
    _quote_doucet(16.0, n_members=250),
    _quote_matuzas(25.25, 2.8),
    _quote_matuzas(17.0, 0.85, n_members=20),
)
"""Only systems that chose nothing on test, and whose nets are published so that cost counts."""
