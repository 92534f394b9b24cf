"""Nets that their authors combined: M3, M5, M7 and cdeotte's."""

from ensemble_lab.spec.architecture import Cdeotte, MNet
from ensemble_lab.spec.augmentation import AffineWarp
from ensemble_lab.spec.presets.preset import Preset
from ensemble_lab.spec.presets.sources import AN, DEOTTE
from ensemble_lab.spec.published import Published
from ensemble_lab.spec.training import Adam, Exponential, TrainingSpec

__all__ = ["PRESETS"]


def _build_m_net(name: str, architecture: MNet, filters: str) -> Preset:
    return Preset(
        name=name,
        summary=f"C{architecture.size} × {filters}; batch norm, relu, no pool; 10, batch norm",
        source=AN,
        place="section 2",
        architecture=architecture,
        training=TrainingSpec(
            epochs=150,
            batch_size=120,
            optimizer=Adam(name="adam", rate=1e-3),
            schedule=Exponential(name="exponential", factor=0.98),
            augmentation=(
                AffineWarp(name="affine", rotation_degrees=20, shift=0.2, fill="constant"),
            ),
            keep="average",
            average_decay=0.999,
        ),
        published=(
            Published(
                figure="votes of several 99.87–99.91 %",
                source=f"{AN.title}, tables 1–3",
                how_chosen="best test epoch, then best of the combinations on test",
            ),
        ),
        notes="Kept are the running averages of the last epoch, not the best epoch on test.",
    )


PRESETS = (
    _build_m_net("m3", MNet(name="m_net", size=3), "32, 48 … 176"),
    _build_m_net("m5", MNet(name="m_net", size=5), "32, 64 … 160"),
    _build_m_net("m7", MNet(name="m_net", size=7), "48, 96, 144, 192"),
    Preset(
        name="cdeotte",
        summary="C3-32, C3-32, C5s2-32, C3-64, C3-64, C5s2-64, C4-128, 10; batch norm, dropout .4",
        source=DEOTTE,
        architecture=Cdeotte(name="cdeotte"),
        training=TrainingSpec(
            epochs=30,
            batch_size=64,
            optimizer=Adam(name="adam", rate=1e-3),
            schedule=Exponential(name="exponential", factor=0.95),
            augmentation=(AffineWarp(name="affine", rotation_degrees=15, zoom=0.15, shift=0.1),),
        ),
        published=(
            Published(
                figure="35.9 ± 4.7 errors; 15 nets 25.5 ± 2.0",
                source=DEOTTE.title,
                how_chosen="nothing chosen on test (1,500 nets)",
            ),
        ),
    ),
)
