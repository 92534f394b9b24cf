"""Nets for images that lie anywhere on a large empty canvas."""

from ensemble_lab.spec.architecture import ArchitectureSpec, Cnn, Mlp
from ensemble_lab.spec.data import CanvasSpec
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import LESSON
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import Adam, TrainingSpec

__all__ = ["PRESETS"]

# The source draws offsets from 0 to 27, although 28 would still fit.
_CANVAS = CanvasSpec(size=56, largest_offset=27)
_SPLIT = (
    "The source draws one place for each image, once, and validates on half of test; here places "
    "are drawn once from the data's seed, and a tenth of the training images is the validation "
    "split."
)


def _build(
    name: str,
    summary: str,
    architecture: ArchitectureSpec,
    *,
    batch_size: int,
    figure: str,
    cells: str,
    notes: str = "",
) -> Preset:
    return Preset(
        name=name,
        summary=summary,
        source=LESSON,
        place=cells,
        architecture=architecture,
        training=TrainingSpec(
            epochs=20, batch_size=batch_size, optimizer=Adam(name="adam", rate=1e-3)
        ),
        input_shape=(56, 56, 1),
        canvas=_CANVAS,
        published=(
            Published(
                figure=figure,
                source=f"{LESSON.title}, {cells}",
                how_chosen="20 epochs fixed; half of test, used as validation",
            ),
        ),
        notes=f"{notes} {_SPLIT}".strip(),
    )


_STAGES = ((32,), (64,), (64,))

PRESETS = (
    _build(
        "uncentred-mlp",
        "3136-512-256-10, relu",
        Mlp(name="mlp", hidden=(512, 256)),
        batch_size=1024,
        figure="89.3 %",
        cells="cells 10–13",
    ),
    _build(
        "uncentred-cnn",
        "C3-32, pool, C3-64, pool, C3-64, pool, 64, 10",
        Cnn(name="cnn", stages=_STAGES, hidden=(64,)),
        batch_size=256,
        figure="98.1 %",
        cells="cells 10 and 15",
        notes="The source's last layer has 100 outputs, 90 of them dead; here it has 10.",
    ),
    _build(
        "uncentred-cnn-as-published",
        "C3-32, pool, C3-64, pool, C3-64, pool, 64, 100",
        Cnn(name="cnn", stages=_STAGES, hidden=(64,), outputs=100),
        batch_size=256,
        figure="98.1 %",
        cells="cells 10 and 15",
        notes="With the source's 100 outputs, 90 of which never have an image.",
    ),
)
